"""Figures of training and of what is inside a network: the numbers that they tell."""

import numpy as np
import pytest
from figure_checks import faults
from scipy import stats

from tlcourse.plots import inside, training

RNG = np.random.default_rng(0)
IMAGES = RNG.random((12, 28, 28, 1), np.float32)
STEEPNESS = np.array([1.0, 20.0])
MATRIX = np.array([[50, 0, 2], [7, 40, 0], [1, 0, 1_000]])


def history(loss: list[float], accuracy: list[float]) -> dict[str, list[float]]:
    """Return a history whose validation loss is 0.1 higher, its accuracy 0.1 lower."""
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": [x + 0.1 for x in loss],
        "val_accuracy": [x - 0.1 for x in accuracy],
    }


def seeds(name: str, n: int, shift: float = 0.0) -> dict:
    """Return histories of ``n`` seeds; their losses differ by 0.1 from one to the next."""
    losses = np.array([2.0, 1.0]) + shift
    return {(name, k): history([*(losses + 0.1 * k)], [0.5, 0.9]) for k in range(n)}


def probabilities(*rows: tuple[int, float, int, float]) -> np.ndarray:
    """Return probabilities: of each row the predicted class and its p, the true one and its p."""
    p = np.zeros((len(rows), 10))
    for values, (predicted, high, true, low) in zip(p, rows, strict=True):
        values[:] = (1 - high - low) / 8
        values[true], values[predicted] = low, high
    return p


RISING = {("Adam", 0): history([1.0, 0.5, 0.6, 0.7], [0.5, 0.6, 0.6, 0.6])}
UNEVEN = seeds("SGD", 2) | {("SGD", 1): history([2.0], [0.5])}
LABELS = np.array([0, 1, 2, 3])
FOUR = probabilities((0, 0.99, 0, 0), (7, 0.6, 1, 0.001), (8, 0.9, 2, 0.05), (9, 0.7, 3, 0.02))
TWELVE = probabilities(*[(1, 0.9, 0, 0.01)] * 12)
SILENT = RNG.random((28, 28, 6))
SILENT[..., 2] = 0
CAMS = np.zeros((3, 28, 28))
CAMS[0, 2, 25] = CAMS[1, 14, 14] = 1
KERNELS = {"before": np.full((5, 5, 1, 6), 0.1), "trained": np.full((5, 5, 1, 6), -0.4)}
ONES = np.ones(12, int)

FIGURES = {
    "cross-entropy": (
        lambda: training.cross_entropy({"before": np.array([0.1, 0.5, 0]), "after": [0.9]}),
        "before, 3 images have a mean probability of 0.20 and a mean loss of 6.37; after, 1 images "
        "have a mean probability of 0.90 and a mean loss of 0.11",
    ),
    "descent": (
        lambda: training.descent(np.array([[-8.0, 1.5], [-4.0, 0]]), STEEPNESS, "SGD"),
        "SGD: a path of 1 steps through a narrow valley; the loss is 54.5 at the start and 8 at",
    ),
    "explosion": (
        lambda: training.descent(np.array([[-8.0, 1.5], [-8e8, 0]]), STEEPNESS, "SGD"),
        "54.5 at the start and 3.2e+17 at the end",
    ),
    "curves": (
        lambda: training.learning_curves(seeds("SGD", 3)),
        "Means over 3 seeds. SGD, training: loss 2.10 after epoch 1 and 1.10 after epoch 2, "
        "accuracy 50 and 90 %; SGD, validation: loss 2.20 after epoch 1 and 1.20 after epoch 2, "
        "accuracy 40 and 80 %; the lowest validation loss is that of epoch 2.",
    ),
    "lowest": (lambda: training.learning_curves(RISING), "One seed. Adam, training: loss 1.00"),
    "variants": (
        lambda: training.learning_curves(
            seeds("SGD", 3) | seeds("Adam", 3, -0.5), sets=["validation"]
        ),
        "SGD, validation: loss 2.20 after epoch 1 and 1.20 after epoch 2, accuracy 40 and 80 %; "
        "Adam, validation: loss 1.70 after epoch 1 and 0.70 after epoch 2, accuracy 40 and 80 %.",
    ),
    "uneven": (
        lambda: training.learning_curves(UNEVEN),
        "SGD, training: loss 2.00 after epoch 1 and 2.00 after epoch 1, accuracy",
    ),
    "confusion": (
        lambda: training.confusion_matrix(MATRIX, "abc"),
        "1,090 of 1,100 right. Most frequent errors: b taken for a (7 times), a taken for c "
        "(2 times), c taken for a (1 times).",
    ),
    "no confusion": (
        lambda: training.confusion_matrix(np.eye(3, dtype=int), "abc"),
        "3 of 3 right. Most frequent errors: none.",
    ),
    "top losses": (
        lambda: training.top_losses(IMAGES[:4], LABELS, FOUR),
        "3 of 3 wrong predictions for 4 digits, with the probabilities of all classes: 1 taken for "
        "7 (loss 6.91); 3 taken for 9 (loss 3.91); 2 taken for 8 (loss 3.00).",
    ),
    "top losses of many": (
        lambda: training.top_losses(IMAGES, 0 * ONES, TWELVE),
        "10 of 12 wrong predictions",
    ),
    "top losses of none": (
        lambda: training.top_losses(IMAGES, ONES, TWELVE),
        "0 of 0 wrong predictions for 12 digits, with the probabilities of all classes: none.",
    ),
    "a drawing": (
        lambda: training.digit_predictions(
            IMAGES[0], {"first CNN": FOUR[2], "letters, frozen": FOUR[1]}
        ),
        "Predictions: first CNN: 8 (90%), letters, frozen: 7 (60%).",
    ),
    "a drawing, many networks": (
        lambda: training.digit_predictions(
            IMAGES[0], {f"network number {k}": FOUR[0] for k in range(10)}
        ),
        "network number 9: 0 (99%).",
    ),
    "a drawing, no network": (
        lambda: training.digit_predictions(IMAGES[0], {}),
        "Predictions: none",
    ),
    "nothing drawn": (
        lambda: training.digit_predictions(0 * IMAGES[0], {}),
        "The digit pad is empty",
    ),
    "filters": (
        lambda: inside.filters(KERNELS),
        "before: 6 filters of 5×5 with weights from 0.10 to 0.10; trained: 6 filters of 5×5 with "
        "weights from -0.40 to -0.40.",
    ),
    "feature maps": (
        lambda: inside.feature_maps(IMAGES[0], {"conv_1": SILENT, "conv_2": IMAGES[0]}),
        "conv_1: 6 maps, 1 of them black everywhere, largest activation 1.00; conv_2: 1 maps, 0 of",
    ),
    "heat maps": (
        lambda: inside.heat_maps(IMAGES[:3], CAMS, ["a", "b", "c"]),
        "Outlines of 3 digits over heat maps. Hottest places: a: top right; b: middle; c: nowhere.",
    ),
    "heat maps of an empty image": (
        lambda: inside.heat_maps(0 * IMAGES[:1], CAMS[:1], ["empty"]),
        "empty: top right.",
    ),
}


@pytest.mark.parametrize(("draw", "alt"), FIGURES.values(), ids=FIGURES)
def test_the_alt_text_tells_the_numbers_and_all_can_read_the_figure(draw, alt):
    shown = draw()
    assert alt in shown.alt
    assert not [*faults(shown)]


def test_the_lowest_validation_loss_is_named_where_it_is():
    assert training.learning_curves(RISING).alt.endswith("validation loss is that of epoch 2.")
    assert "lowest" not in training.learning_curves(RISING, sets=["training"]).alt


@pytest.mark.parametrize("n", [2, 3])
def test_bands_are_student_t_intervals_of_three_seeds_or_more(n):
    left, _ = training.learning_curves(seeds("SGD", n), sets=["training"]).figure.axes
    paths = left.collections[0].get_paths()
    if n < 3:
        assert not paths
        return
    band = paths[0].vertices
    first = band[np.isclose(band[:, 0], 1), 1]
    half = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert (first.min(), first.max()) == pytest.approx((2.1 - half, 2.1 + half))


def test_every_count_of_a_confusion_matrix_stands_in_its_row_and_column():
    (axes,) = training.confusion_matrix(MATRIX, "abc").figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["50", "", "2", "7", "40", "", "1", "", "1,000"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_filters_share_one_scale_with_zero_in_its_middle():
    figure = inside.filters(KERNELS).figure
    assert {axes.images[0].get_clim() for axes in figure.axes if axes.images} == {(-0.4, 0.4)}
