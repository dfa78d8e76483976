"""Figures of notebook 05: what they draw and tell, on made-up data."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
from matplotlib.text import Text
from synthetic import row, table

from tlcourse.data import Dataset, Examples
from tlcourse.methods import METHODS
from tlcourse.plots.transfer import (
    accuracy_by_transferred,
    at_budget,
    paired_differences,
    score_against_accuracy,
    source_and_target,
)


def dataset(name: str, class_names: tuple[str, ...], ink: float) -> Dataset:
    """Return 20 images, all grey alike."""
    images = np.full((20, 28, 28, 1), ink, dtype=np.float32)
    examples = Examples(images, np.arange(20) % len(class_names))
    return Dataset(name, examples, examples, class_names, "made up", "none")


def texts(picture) -> str:
    return "\n".join(text.get_text() for text in picture.figure.findobj(Text))


# --------------------------------------------------------------------------- source and target


def test_source_and_target_tells_both_sides_in_the_notation_of_the_field():
    letters = dataset("letters", tuple("ABCDE"), 0.25)
    picture = source_and_target(letters, dataset("digits", ("0", "1"), 0.15))
    assert picture.alt == (
        "Images, domain and task of two datasets: source letters, 5 classes (A, B, ..., E), mean "
        "ink 0.25; target digits, 2 classes (0, 1), mean ink 0.15."
    )
    shown = texts(picture)
    for side in "ST":
        assert rf"\mathcal{{D}}_{side} = \{{\mathcal{{X}}_{side}, P_{side}(X)\}}" in shown
        assert rf"\mathcal{{T}}_{side} = \{{\mathcal{{Y}}_{side}, P_{side}(Y|X)\}}" in shown
    assert not [*faults(picture)]


def test_source_and_target_shows_whole_images_side_by_side():
    numbered = np.zeros((20, 28, 28, 1), dtype=np.float32)
    numbered[:, 3, 5, 0] = np.arange(20) / 20
    examples = Examples(numbered, np.arange(20) % 2)
    side = Dataset("marks", examples, examples, ("0", "1"), "made up", "none")
    picture = source_and_target(side, side)
    montage = next(axes for axes in picture.figure.axes if axes.images).images[0].get_array()
    assert montage.shape == (3 * 28, 6 * 28)
    assert np.allclose(montage[3::28, 5::28], np.arange(18).reshape(3, 6) / 20)


def test_ink_of_each_side_adds_up_to_all_of_its_images():
    sides = dataset("dark", ("0", "1"), 0.05), dataset("light", ("0", "1"), 0.31)
    below = source_and_target(*sides).figure.axes[-1]
    dark, light = (line.get_xydata() for line in below.get_lines())
    for line, ink in ((dark, 0.05), (light, 0.31)):
        assert line[:, 1].sum() == pytest.approx(100)
        assert abs(line[line[:, 1].argmax(), 0] - ink) <= 0.02


# -------------------------------------------------------------------------- paired differences


def runs(accuracies: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(name, seed, a) for name, values in accuracies.items() for seed, a in enumerate(values)]
    return pd.DataFrame(rows, columns=["variant", "seed", "accuracy"])


def test_differences_are_taken_seed_by_seed():
    results = runs({"none": [0.5, 0.6, 0.7], "good": [0.6, 0.72, 0.77], "bad": [0.4, 0.5, 0.6]})
    picture = paired_differences(results.sample(frac=1, random_state=0), against="none")
    (axes,) = picture.figure.axes
    drawn = [sorted(marks.get_offsets()[:, 0]) for marks in axes.collections[:]]
    assert any(np.allclose(xs, [7, 10, 12]) for xs in drawn if len(xs) == 3)
    assert any(np.allclose(xs, [-10, -10, -10]) for xs in drawn if len(xs) == 3)
    assert 'over "none", 3 seeds, paired' in picture.alt
    assert "good +9.7" in picture.alt
    assert "bad -10.0" in picture.alt
    assert not [*faults(picture)]


def test_zero_stands_in_the_middle_and_both_directions_are_named():
    picture = paired_differences(runs({"none": [0.5] * 3, "good": [0.6, 0.7, 0.8]}), "none")
    (axes,) = picture.figure.axes
    low, high = axes.get_xlim()
    assert low == pytest.approx(-high)
    assert "negative transfer" in texts(picture)
    assert "positive transfer" in texts(picture)


def test_two_seeds_give_no_interval():
    picture = paired_differences(runs({"none": [0.5, 0.5], "good": [0.6, 0.8]}), "none")
    assert "good +20.0" in picture.alt
    assert picture.png


# ---------------------------------------------------------------------------- number of blocks


def by_depth() -> pd.DataFrame:
    means = {(0, "from scratch"): 0.6, (1, "tuned"): 0.65, (5, "tuned"): 0.9}
    means |= {(1, "frozen"): 0.55, (5, "frozen"): 0.92}
    rows = [
        (blocks, variant, seed, mean + 0.01 * (seed - 1))
        for (blocks, variant), mean in means.items()
        for seed in range(3)
    ]
    return pd.DataFrame(rows, columns=["blocks", "variant", "seed", "accuracy"])


def test_every_line_begins_where_nothing_was_transferred():
    picture = accuracy_by_transferred(by_depth())
    (axes,) = picture.figure.axes
    lines = [bars.lines[0].get_ydata(orig=False) for bars in axes.containers]
    assert np.allclose(lines, [[60, 65, 90], [60, 55, 92]])
    marks = {bars.lines[0].get_marker() for bars in axes.containers}
    assert len(marks) == 2, "not by colour alone"
    assert "tuned: 0: 60 %, 1: 65 %, 5: 90 %; frozen: 0: 60 %, 1: 55 %, 5: 92 %" in picture.alt
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["tuned", "frozen"]
    assert not [*faults(picture)]


# -------------------------------------------------------------------- score against accuracy


def by_source(scores: dict[str, float], accuracies: dict[str, float]) -> pd.DataFrame:
    rows = [
        (name, seed, score + 0.01 * seed, accuracies[name] + 0.01 * (seed - 1))
        for name, score in scores.items()
        for seed in range(3)
    ]
    return pd.DataFrame(rows, columns=["source", "seed", "score", "accuracy"])


ACCURACIES = {"near": 0.9, "far": 0.7, "none": 0.5}


@pytest.mark.parametrize(
    ("scores", "tau"),
    [
        ({"near": 0.5, "far": 0.2, "none": -0.1}, "+1.00"),
        ({"near": -0.5, "far": 0.2, "none": 0.3}, "-1.00"),
        ({"near": 0.5, "far": 0.2, "none": 0.3}, "+0.33"),
    ],
)
def test_rank_correlation_is_that_of_the_means(scores, tau):
    picture = score_against_accuracy(by_source(scores, ACCURACIES), score="LogME")
    assert f"Kendall's tau {tau}" in picture.alt
    (axes,) = picture.figure.axes
    assert axes.get_title().endswith(tau)
    assert axes.get_xlabel() == "LogME"


def test_every_source_is_at_its_score_and_named():
    scores = {"near": 0.5, "far": 0.2, "none": -0.1}
    picture = score_against_accuracy(by_source(scores, ACCURACIES))
    (axes,) = picture.figure.axes
    places = sorted(tuple(bars.lines[0].get_xydata()[0]) for bars in axes.containers)
    assert np.allclose(places, [(-0.09, 50), (0.21, 70), (0.51, 90)])
    for words in ("near  90 %", "far  70 %", "none  50 %"):
        assert words in texts(picture)
    assert "near 0.51 and 90 %" in picture.alt
    assert not [*faults(picture)]


# -------------------------------------------------------------------------------------- budgets


def results() -> pd.DataFrame:
    rows = [row("letters_frozen", 10, s, 0.70 + 0.02 * s) for s in range(3)]
    rows += [row("scratch", 10, s, 0.40 + 0.01 * s) for s in range(3)]
    rows += [row("letters_frozen", 1000, s, 0.95) for s in range(3)]
    rows += [row("scratch", 1000, s, 0.96 + 0.001 * s) for s in range(3)]
    rows += [row("letters_frozen", 100, 0, 0.9), row("scratch", 100, 0, 0.85)]
    return table([*rows, row("scratch", 3000, 0, 0.98)])


FROZEN, SCRATCH = METHODS["letters_frozen"].title, METHODS["scratch"].title


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        # Differences 30, 31, 32: Student's t of 4.303 times 1 / √3 is 2.48.
        (10, f"10 labels: {FROZEN} 72.0 %, {SCRATCH} 41.0 %; difference +31.0 points, 95 % "),
        (10, "interval +28.5 to +33.5: better"),
        (1000, ": worse"),
        (100, "difference +5.0 points, 1 seed only: undecided"),
        (3000, f"3,000 labels: {FROZEN} not run, {SCRATCH} 98.0 %; difference no seed in common"),
    ],
)
def test_a_budget_is_told_with_its_difference(labels, said):
    picture = at_budget(results(), "letters_frozen", "scratch", labels)
    assert said in picture.alt
    assert "nan" not in picture.alt
    assert not [*faults(picture)]


def test_the_differences_of_all_budgets_are_drawn_with_different_marks():
    picture = at_budget(results(), "letters_frozen", "scratch", 10)
    above, below = picture.figure.axes
    points = {
        round(float(bars.lines[0].get_xdata()[0])): bars.lines[0] for bars in below.containers
    }
    assert {n: float(line.get_ydata()[0]) for n, line in points.items()} == {
        10: pytest.approx(31),
        100: pytest.approx(5),
        1000: pytest.approx(-1.1),
    }
    assert [points[n].get_marker() for n in (10, 100, 1000)] == ["^", "o", "v"]
    assert points[10].get_markersize() > points[100].get_markersize()
    assert len(above.containers) == 2


def test_a_method_against_itself():
    picture = at_budget(results(), "scratch", "scratch", 10)
    assert len(picture.figure.axes[0].containers) == 1
    assert "difference +0.0 points" in picture.alt
