"""Figures of training and of what is inside a network: what they draw, and what they say."""

import numpy as np
import pytest
from figure_checks import faults
from matplotlib.collections import PathCollection
from scipy import stats

from tlcourse.plots import inside, training

RNG = np.random.default_rng(0)
IMAGES = RNG.random((12, 28, 28, 1), np.float32)


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
    return {
        (name, k): history([2.0 + 0.1 * k + shift, 1.0 + 0.1 * k + shift], [0.5, 0.9])
        for k in range(n)
    }


# ------------------------------------------------------------------------------- cross-entropy


def test_cross_entropy_puts_every_image_on_the_curve():
    values = np.array([0.1, 0.5, 0.0])
    picture = training.cross_entropy({"before": values, "after": np.array([0.9])})
    (axes,) = picture.figure.axes
    marks = [part for part in axes.collections if isinstance(part, PathCollection)]
    x, y = marks[0].get_offsets().T
    np.testing.assert_allclose(y, -np.log(x))
    np.testing.assert_allclose(x[:2], [0.1, 0.5])
    assert len(marks[1].get_offsets()) == 1
    assert "before, 3 images have a mean probability of 0.20" in picture.alt
    assert "after, 1 images have a mean probability of 0.90 and a mean loss of 0.11" in picture.alt
    assert not [*faults(picture)]


# -------------------------------------------------------------------------------------- descent


@pytest.mark.parametrize("factor", [0.5, 1e8])
def test_descent_draws_the_path_and_says_where_it_ends(factor):
    path = np.array([[-8.0, 1.5], [-8.0 * factor, 0.0]])
    picture = training.descent(path, np.array([1.0, 20.0]), "SGD, rate 0.1")
    left, right = picture.figure.axes
    assert left.get_xlim() == (-10, 10)
    assert len(right.lines[0].get_xdata()) == 2
    assert "a path of 1 steps" in picture.alt
    assert "54.5 at the start" in picture.alt
    assert f"{(8 * factor) ** 2 / 2:.2g} at the end" in picture.alt
    assert not [*faults(picture)]


# ------------------------------------------------------------------------------ learning curves


def test_learning_curves_are_means_with_student_t_intervals():
    picture = training.learning_curves(seeds("SGD", 3), parts=["training"])
    left, right = picture.figure.axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [2.1, 1.1])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [50, 90])
    half = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    corners = left.collections[0].get_paths()[0].vertices
    first = corners[np.isclose(corners[:, 0], 1), 1]
    assert (first.min(), first.max()) == pytest.approx((2.1 - half, 2.1 + half))
    assert picture.alt.startswith("Learning curves. Means over 3 seeds. SGD, training: loss 2.10")
    assert not [*faults(picture)]


def test_two_seeds_have_no_interval():
    left, _ = training.learning_curves(seeds("SGD", 2)).figure.axes
    assert not len(left.collections)


def test_training_and_validation_differ_without_colour():
    left, _ = training.learning_curves(seeds("SGD", 3)).figure.axes
    train, validation = left.lines[:2]
    assert (train.get_linestyle(), validation.get_linestyle()) == ("--", "-")
    assert train.get_marker() != validation.get_marker()
    np.testing.assert_allclose(validation.get_ydata() - train.get_ydata(), 0.1)


def test_one_variant_has_its_lowest_validation_loss_marked():
    rising = {("Adam", 0): history([1.0, 0.5, 0.6, 0.7], [0.5, 0.6, 0.6, 0.6])}
    left, _ = training.learning_curves(rising).figure.axes
    assert left.texts[0].get_text() == "lowest validation loss:\nepoch 2"
    assert left.lines[-1].get_xdata()[0] == 2
    left, _ = training.learning_curves(rising, parts=["training"]).figure.axes
    assert not left.texts


def test_variants_are_named_and_told_apart_without_colour():
    both = {**seeds("SGD", 3), **seeds("Adam", 3, shift=-0.5)}
    picture = training.learning_curves(both, parts=["validation"])
    left, _ = picture.figure.axes
    assert [line.get_label() for line in left.lines] == ["SGD", "Adam"]
    assert len({line.get_marker() for line in left.lines}) == 2
    assert "Adam, validation: loss 1.70" in picture.alt
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["SGD", "Adam"]
    assert not [*faults(picture)]


def test_curves_end_where_the_first_seed_ends():
    uneven = seeds("SGD", 2)
    uneven["SGD", 1] = history([2.0], [0.5])
    left, _ = training.learning_curves(uneven).figure.axes
    assert len(left.lines[0].get_xdata()) == 1


# ----------------------------------------------------------------------------- confusion matrix


def test_confusion_matrix_shows_all_counts_and_tells_the_most_frequent_errors():
    matrix = np.array([[50, 0, 2], [7, 40, 0], [1, 0, 1_000]])
    picture = training.confusion_matrix(matrix, "abc")
    (axes,) = picture.figure.axes
    shown = {(*map(round, text.get_position()[::-1]),): text.get_text() for text in axes.texts}
    assert shown == {
        (0, 0): "50",
        (0, 2): "2",
        (1, 0): "7",
        (1, 1): "40",
        (2, 0): "1",
        (2, 2): "1,000",
    }
    assert picture.alt == (
        "Confusion matrix: 1,090 of 1,100 right. Most frequent errors: b taken for a (7 times), "
        "a taken for c (2 times), c taken for a (1 times)."
    )
    assert axes.get_ylabel() == "right answer"
    assert not [*faults(picture)]


def test_confusion_matrix_without_errors():
    assert (
        "Most frequent errors: none." in training.confusion_matrix(np.eye(3, dtype=int), "abc").alt
    )


# ----------------------------------------------------------------------------- mistakes, answers


def certain(classes: list[int], sure: list[float]) -> np.ndarray:
    """Return probabilities that give ``sure`` to these classes."""
    p = np.repeat((1 - np.array(sure))[:, None] / 9, 10, axis=1)
    p[np.arange(len(classes)), classes] = sure
    return p


def test_mistakes_come_with_the_surest_first():
    labels = np.array([0, 1, 2, 3])
    picture = training.mistakes(IMAGES[:4], labels, certain([0, 7, 8, 9], [0.99, 0.6, 0.9, 0.7]))
    titles = [axes.get_title() for axes in picture.figure.axes if axes.get_title()]
    assert titles == ["2 taken for 8", "3 taken for 9", "1 taken for 7"]
    assert picture.alt.startswith("3 of 3 wrong answers among 4 digits")
    assert "2 taken for 8 (90% sure); 3 taken for 9 (70% sure)" in picture.alt
    bars = next(axes.patches for axes in picture.figure.axes if axes.patches)
    assert bars[8].get_height() == pytest.approx(0.9)
    assert bars[2].get_hatch(), "the right class is hatched, not only coloured"
    assert not [*faults(picture)]


@pytest.mark.parametrize(("wrong", "shown"), [(0, 0), (12, 10)])
def test_mistakes_that_are_none_or_too_many(wrong, shown):
    labels = np.zeros(12, int)
    picture = training.mistakes(IMAGES, labels, certain([int(wrong > 0)] * 12, [0.9] * 12))
    assert picture.alt.startswith(f"{shown} of {wrong} wrong answers among 12 digits")
    assert not [*faults(picture)]


def test_answers_stand_beside_the_drawing():
    guesses = {
        "first CNN": certain([3], [0.98])[0],
        "letters, fine-tuned": certain([8], [0.5])[0],
    }
    picture = training.answers(IMAGES[0], guesses)
    _, right = picture.figure.axes
    assert [label.get_text() for label in right.get_yticklabels()] == list(guesses)
    heights = right.get_yticks()
    assert heights[0] > heights[1], "the first one stands at the top"
    assert [text.get_text() for text in right.texts] == ["98%", "50%"]
    assert picture.alt.endswith("Answers: first CNN: 3 (98%), letters, fine-tuned: 8 (50%).")
    assert not [*faults(picture)]


def test_answers_of_many_and_of_none():
    many = {f"network number {k}": certain([k], [0.9])[0] for k in range(10)}
    assert not [*faults(training.answers(IMAGES[0], many))]
    assert "Answers: none" in training.answers(IMAGES[0], {}).alt
    assert "empty" in training.answers(0 * IMAGES[0], {}).alt


# --------------------------------------------------------------------------------------- inside


def test_filters_share_one_scale():
    kernels = {"before": np.full((5, 5, 1, 6), 0.1), "trained": np.full((5, 5, 1, 6), -0.4)}
    picture = inside.filters(kernels)
    shown = [axes.images[0] for axes in picture.figure.axes if axes.images]
    assert {image.get_clim() for image in shown} == {(-0.4, 0.4)}
    assert "before: 6 filters of 5×5 with weights from 0.10 to 0.10" in picture.alt
    assert not [*faults(picture)]


def test_feature_maps_show_every_map_and_count_the_black_ones():
    first, second = RNG.random((28, 28, 6)), RNG.random((10, 10, 16))
    first[..., 2] = 0
    picture = inside.feature_maps(IMAGES[0], {"conv_1": first, "conv_2": second})
    sheets = [axes.images[0].get_array() for axes in picture.figure.axes if axes.images][1:]
    drawn = [np.isfinite(np.ma.filled(sheet, np.nan)).sum() for sheet in sheets]
    assert drawn == [6 * 28 * 28, 16 * 10 * 10]
    assert "conv_1: 6 maps, 1 of them black everywhere" in picture.alt
    assert "conv_2: 16 maps, 0 of them" in picture.alt
    assert not [*faults(picture)]


def test_tiles_stand_in_reading_order():
    images = np.arange(10)[:, None, None] * np.ones((10, 3, 3))
    sheet = inside._tiled(images)
    assert sheet[0, 4] == 1
    assert sheet[4, 0] == 8
    assert np.isnan(sheet[3]).all()


def test_heat_maps_say_where_they_are_hottest():
    heat = np.zeros((3, 28, 28))
    heat[0, 2, 25] = heat[1, 14, 14] = 1
    picture = inside.heat_maps(IMAGES[:3], heat, ["a", "b", "c"])
    assert picture.alt.endswith("Hottest places: a: top right; b: middle; c: nowhere.")
    filled = [axes for axes in picture.figure.axes if axes.images]
    assert all(axes.collections for axes in filled), "each digit has its outline"
    assert not [*faults(picture)]


def test_heat_maps_of_an_empty_image_have_no_outline():
    picture = inside.heat_maps(0 * IMAGES[:1], np.ones((1, 28, 28)), ["empty"])
    assert not [*faults(picture)]
