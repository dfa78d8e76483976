"""Notebook 06: its checks, what its figures say, and the layer explorer."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from figure_checks import faults

import tlcourse as tl
from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.plots import accuracy_by_layer, feature_scatter, near_against_far

RNG = np.random.default_rng(0)
FUNCTIONS = {"06.1": "head_parameters", "06.2": "nearest_mean", "06.3": "average_quarters"}


def distances(features, labels, new):
    """Return the classes, and how far each new point lies from the mean of each."""
    classes = np.unique(labels)
    means = np.stack([features[labels == k].mean(axis=0) for k in classes])
    return classes, np.linalg.norm(new[:, None] - means[None], axis=-1)


def farthest(*given):
    classes, found = distances(*given)
    return classes[found.argmax(axis=1)]


def nearest_example(features, labels, new):
    return labels[np.linalg.norm(new[:, None] - features[None], axis=-1).argmin(axis=1)]


def quarters(maps, reduce=np.mean):
    half = maps.shape[1] // 2
    rows = [maps[:, :half], maps[:, half:]]
    parts = [part for row in rows for part in (row[:, :, :half], row[:, :, half:])]
    return np.stack([reduce(part, axis=(1, 2)) for part in parts], axis=1)


def strips(maps):
    return maps.reshape(len(maps), 4, -1, maps.shape[-1]).mean(axis=2).reshape(3, -1)


MISTAKES = [
    *((name, 3850, "Expected a function") for name in FUNCTIONS),
    ("06.1", lambda d, k: d * k, "biases are still missing"),
    ("06.1", lambda d, k: d * k + d, "one bias for each feature"),
    ("06.1", lambda d, k: d * k + 1, "one bias for the whole head"),
    ("06.1", lambda d, k: tl.models.build_base().count_params() + d * k + k, "base is frozen"),
    ("06.1", lambda d, k: d + k, "394 is not the number for 384 features and 10 classes"),
    ("06.1", lambda d, k: [d * k, k], "got an array of shape"),
    ("06.2", lambda *given: distances(*given)[1].argmin(axis=1), "the class that stands there"),
    ("06.2", farthest, "farthest away"),
    ("06.2", nearest_example, "nearest example"),
    ("06.2", lambda *given: distances(*given)[1], "distances instead of classes"),
    ("06.2", lambda features, labels, new: np.full(len(new), 3), r"should get \[7, 3, 7\]"),
    ("06.3", lambda maps: maps.mean(axis=(1, 2)), "over the whole map"),
    ("06.3", quarters, "one row of numbers for each image"),
    ("06.3", strips, "strips of rows"),
    ("06.3", lambda maps: quarters(maps, np.sum).reshape(3, -1), "add up"),
    ("06.3", lambda maps: quarters(maps, np.max).reshape(3, -1), "largest"),
    ("06.3", lambda maps: maps.reshape(len(maps), -1), r"should have the shape \(3, 20\)"),
    ("06.3", lambda maps: np.zeros((3, 20)), "not the means of the four quarters"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_the_solution_passes_and_the_stub_does_not(name, function):
    assert check_answer(name, run_code(EXERCISES[name].solution, function))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(EXERCISES[name].stub, function))


def test_solutions_agree_with_keras_scikit_learn_and_the_base():
    count, nearest, average = (run_code(EXERCISES[n].solution, f) for n, f in FUNCTIONS.items())
    base = tl.models.letters_base()
    assert count(384, 10) == tl.models.add_head(base, 10).get_layer("head").count_params()
    assert check_answer("06.2", nearest).endswith("predicted the same class 200 times.")
    images = RNG.random((2, 28, 28, 1), dtype=np.float32)
    maps = tl.models.features._cut(base, "block_5").predict(images, verbose=0)
    features = tl.models.extract_features(base, images, cached=False)
    np.testing.assert_allclose(average(maps), features, atol=1e-5)


def test_quarters_may_come_in_any_order():
    assert check_answer("06.3", lambda maps: quarters(maps).transpose(0, 2, 1).reshape(3, -1))


# ------------------------------------------------------------------------------------ figures


def table(means: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Return five splits around each layer's means (0 to 1) with 10 and with 100 labels."""
    rows = [
        (layer, labels, mean + offset)
        for layer, pair in means.items()
        for labels, mean in zip((10, 100), pair, strict=True)
        for offset in (-0.02, -0.01, 0, 0.01, 0.02)
    ]
    return pd.DataFrame(rows, columns=["layer", "labels", "accuracy"])


NEAR = table({"pixels": (0.45, 0.77), "block_1": (0.24, 0.33), "features": (0.75, 0.94)})
FAR = table({"block_3_expand_relu": (0.26, 0.41), "out_relu": (0.40, 0.74)})
ACCURACIES = (
    "with 10 labels pixels 45 %, block_1 24 %, features 75 %; with 100 labels pixels 77 %, "
    "block_1 33 %, features 94 %"
)


def scatter():
    labels, places = np.arange(40) % 10, RNG.normal(size=(40, 2))
    return feature_scatter(places, labels, (0.2, 0.1), NEAR, layer="features", budget=100)


@pytest.mark.parametrize(
    ("draw", "texts"),
    [
        (lambda: accuracy_by_layer(NEAR), [ACCURACIES]),
        (lambda: near_against_far(NEAR, FAR), [ACCURACIES, "block_3_expand_relu 26 %"]),
        (lambda: near_against_far(NEAR, None), [ACCURACIES, "ImageNet's photographs are missing"]),
        (scatter, ["40 digits", "features (30 % of the variance)", "100 labels: 94 %"]),
    ],
)
def test_a_figure_says_what_is_in_its_table_and_is_readable(draw, texts):
    figure = draw()
    assert [text for text in texts if text not in figure.alt] == []
    assert not [*faults(figure)]


def test_both_bases_are_compared_with_the_same_pixels():
    for axes in near_against_far(NEAR, FAR).figure.axes:
        dotted = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert dotted == pytest.approx([45, 77])


@pytest.mark.parametrize(
    ("layer", "budget", "text"),
    [
        ("pixels", 10, "Beside it the accuracy of a head trained on 10 labels: 45 %"),
        ("features", 100, "Beside it the accuracy of a head trained on 100 labels: 94 %"),
    ],
)
def test_layer_explorer_shows_what_its_controls_say(layer, budget, text):
    features = {name: RNG.random((400, 8)) for name in ("pixels", "block_1", "features")}
    explorer = tl.widgets.layer_explorer(features, np.arange(400) % 10, NEAR)
    explorer.controls["layer"].value = layer
    explorer.controls["budget"].value = budget
    assert explorer.figure.alt.startswith("300 digits"), "more would hide each other"
    assert f"from {layer} (" in explorer.figure.alt
    assert text in explorer.figure.alt
