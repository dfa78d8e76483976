"""Notebook 06: its checks, what its figures say, and the layer explorer at its ends."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.plots import accuracy_by_layer, feature_scatter, near_against_far

RNG = np.random.default_rng(0)


# ---------------------------------------------------------------------------------- exercises

FUNCTIONS = {"06.1": "head_parameters", "06.2": "nearest_mean", "06.3": "average_quarters"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 3850)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda d, k: d * k, "biases are still missing"),
        (lambda d, k: d * k + d, "one bias for each feature"),
        (lambda d, k: d * k + 1, "one bias for the whole head"),
        (lambda d, k: tl.models.build_base().count_params() + d * k + k, "base is frozen"),
        (lambda d, k: d + k, "394 is not the number for 384 features and 10 classes"),
        (lambda d, k: [d * k, k], "got an array of shape"),
    ],
)
def test_mistakes_in_counting_a_head(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("06.1", mistake)


def test_the_count_is_that_of_keras():
    model = tl.models.add_head(tl.models.build_base(), 10)
    solution = run_code(EXERCISES["06.1"].solution, "head_parameters")
    assert solution(384, 10) == model.get_layer("head").count_params()


def means_and_distances(features, labels, new):
    classes = np.unique(labels)
    means = np.stack([features[labels == k].mean(axis=0) for k in classes])
    return classes, np.linalg.norm(new[:, None] - means[None], axis=-1)


def place(features, labels, new):
    return means_and_distances(features, labels, new)[1].argmin(axis=1)


def farthest(features, labels, new):
    classes, distances = means_and_distances(features, labels, new)
    return classes[distances.argmax(axis=1)]


def nearest_example(features, labels, new):
    return labels[np.linalg.norm(new[:, None] - features[None], axis=-1).argmin(axis=1)]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (place, "return the class that stands there"),
        (farthest, "farthest away"),
        (nearest_example, "nearest example"),
        (lambda *given: means_and_distances(*given)[1], "distances instead of classes"),
        (lambda features, labels, new: np.full(len(new), 3), r"should get \[7, 3, 7\]"),
    ],
)
def test_mistakes_with_the_nearest_mean(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("06.2", mistake)


def test_the_nearest_of_single_examples_is_what_a_linear_svm_finds():
    solution = run_code(EXERCISES["06.2"].solution, "nearest_mean")
    assert check_answer("06.2", solution).endswith("gave the same answer 200 times.")


def quarters(maps, reduce=np.mean):
    half = maps.shape[1] // 2
    rows = [maps[:, :half], maps[:, half:]]
    parts = [part for row in rows for part in (row[:, :, :half], row[:, :, half:])]
    return np.stack([reduce(part, axis=(1, 2)) for part in parts], axis=1)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda maps: maps.mean(axis=(1, 2)), "over the whole map"),
        (quarters, "one row of numbers for each image"),
        (
            lambda maps: maps.reshape(len(maps), 4, -1, maps.shape[-1]).mean(axis=2).reshape(3, -1),
            "strips of rows",
        ),
        (lambda maps: quarters(maps, np.sum).reshape(3, -1), "add up"),
        (lambda maps: quarters(maps, np.max).reshape(3, -1), "largest"),
        (lambda maps: maps.reshape(len(maps), -1), r"should have the shape \(3, 20\)"),
        (lambda maps: np.zeros((3, 20)), "not the means of the four quarters"),
    ],
)
def test_mistakes_with_quarters(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("06.3", mistake)


def test_quarters_may_come_in_any_order():
    channels_first = quarters(RNG.random((3, 6, 6, 5))).transpose(0, 2, 1).reshape(3, -1)
    assert channels_first.shape == (3, 20)
    assert check_answer("06.3", lambda maps: quarters(maps).transpose(0, 2, 1).reshape(3, -1))


def test_quarters_are_those_of_the_base():
    base = tl.models.letters_base()
    images = RNG.random((2, 28, 28, 1), dtype=np.float32)
    maps = tl.models.features._cut(base, "block_5").predict(images, verbose=0)
    features = tl.models.extract_features(base, images, cached=False)
    solution = run_code(EXERCISES["06.3"].solution, "average_quarters")
    np.testing.assert_allclose(solution(maps), features, atol=1e-5)


# ------------------------------------------------------------------------------------ figures


def table(means: dict[tuple[str, int], float]) -> pd.DataFrame:
    """Return five draws around each mean (0 to 1) of a layer and a budget."""
    return pd.DataFrame(
        [
            {"layer": layer, "labels": labels, "accuracy": mean + spread}
            for (layer, labels), mean in means.items()
            for spread in (-0.02, -0.01, 0, 0.01, 0.02)
        ]
    )


NEAR = table(
    {
        ("pixels", 10): 0.45,
        ("block_1", 10): 0.24,
        ("features", 10): 0.75,
        ("pixels", 100): 0.77,
        ("block_1", 100): 0.33,
        ("features", 100): 0.94,
    }
)
FAR = table(
    {
        ("block_3_expand_relu", 10): 0.26,
        ("out_relu", 10): 0.40,
        ("block_3_expand_relu", 100): 0.41,
        ("out_relu", 100): 0.74,
    }
)


def test_accuracy_by_layer_says_the_means_in_order():
    picture = accuracy_by_layer(NEAR)
    assert "with 10 labels pixels 45 %, block_1 24 %, features 75 %" in picture.alt
    assert "with 100 labels pixels 77 %, block_1 33 %, features 94 %" in picture.alt
    assert list(faults(picture)) == []


def test_accuracy_by_layer_draws_layers_as_curves_and_pixels_as_lines():
    (axes,) = accuracy_by_layer(NEAR).figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["block_1", "features"]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_ydata()[0] for line in dotted] == pytest.approx([45, 77])
    ten, hundred = [bars.lines[0].get_ydata(orig=False) for bars in axes.containers]
    np.testing.assert_allclose(ten, [24, 75])
    np.testing.assert_allclose(hundred, [33, 94])


def interval_widths(table: pd.DataFrame) -> np.ndarray:
    (axes,) = accuracy_by_layer(table).figure.axes
    segments = [line for bars in axes.containers for line in bars.lines[2][0].get_segments()]
    return np.array([line[1, 1] - line[0, 1] for line in segments if len(line)])


def test_intervals_need_three_draws():
    # Student's t for five draws, 4 degrees of freedom: 2.776.
    expected = 2 * 2.776 * np.std([-2, -1, 0, 1, 2], ddof=1) / np.sqrt(5)
    np.testing.assert_allclose(interval_widths(NEAR), [expected] * 4, rtol=1e-3)
    two = NEAR.groupby(["layer", "labels"], sort=False).head(2)
    assert not len(interval_widths(two))


def test_near_against_far_shows_both_with_the_same_pixels():
    picture = near_against_far(NEAR, FAR)
    left, right = picture.figure.axes
    assert [text.get_text() for text in right.get_xticklabels()] == ["block_3", "out_relu"]
    assert "block_3_expand_relu 26 %, out_relu 40 %" in picture.alt
    for axes in (left, right):
        dotted = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert dotted == pytest.approx([45, 77])
    assert list(faults(picture)) == []


def test_near_against_nothing_says_so():
    picture = near_against_far(NEAR, None)
    assert len(picture.figure.axes) == 1
    assert "ImageNet's photographs are missing" in picture.alt
    assert list(faults(picture)) == []


def test_feature_scatter_draws_each_class_as_its_digit():
    labels = np.arange(40) % 10
    picture = feature_scatter(
        RNG.normal(size=(40, 2)), labels, (0.2, 0.1), NEAR, layer="features", budget=100
    )
    plane, bars = picture.figure.axes
    assert len(plane.collections) == 10
    assert sum(len(marks.get_offsets()) for marks in plane.collections) == 40
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([77, 33, 94])
    assert "40 digits" in picture.alt
    assert "30 % of the variance" in picture.alt
    assert "100 labels: 94 %" in picture.alt
    assert list(faults(picture)) == []


# ------------------------------------------------------------------------------------- widget


@pytest.fixture
def explorer():
    features = {
        name: RNG.random((400, numbers))
        for name, numbers in (("pixels", 784), ("block_1", 32), ("features", 384))
    }
    return tl.widgets.layer_explorer(features, np.arange(400) % 10, NEAR)


def test_layer_explorer_at_its_ends(explorer):
    first, second, third, fourth = [picture.alt for picture in move_to_ends(explorer)]
    assert "from pixels" in first
    assert "10 labels: 45 %" in first
    assert "100 labels: 77 %" in second
    assert "from features" in third
    assert "10 labels: 75 %" in third
    assert "100 labels: 94 %" in fourth


def test_layer_explorer_shows_no_more_digits_than_can_be_told_apart(explorer):
    assert explorer.figure.alt.startswith("300 digits")


def test_layer_explorer_can_be_worked_by_keyboard_and_is_named(explorer):
    assert {control.description for control in explorer.controls.values()} == {"Layer", "Labels"}
    assert not explorer.controls["layer"].continuous_update
