"""Figures of notebook 05: what they show and say, on made-up data."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
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


def dataset(name: str, classes: str, ink: float) -> Dataset:
    """Return 20 images, all grey alike but for one numbered pixel."""
    images = np.full((20, 28, 28, 1), ink, dtype=np.float32)
    images[:, 3, 5, 0] = np.arange(20) / 20
    examples = Examples(images, np.arange(20) % len(classes))
    return Dataset(name, examples, examples, tuple(classes), "made up", "none")


def runs(names: list[str], accuracies: dict, others: dict | None = None) -> pd.DataFrame:
    """Return a row for each key of ``accuracies`` and seed, ``others`` beside it."""
    rows = [
        (*(key if isinstance(key, tuple) else (key,)), seed, *(others or {}).get(key, ()), accuracy)
        for key, values in accuracies.items()
        for seed, accuracy in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=names)


VARIANTS = runs(
    ["variant", "seed", "accuracy"],
    {"none": (0.5, 0.6, 0.7), "good": (0.6, 0.72, 0.77), "bad": (0.4, 0.5, 0.6)},
).sample(frac=1, random_state=0)
DEPTHS = runs(
    ["blocks", "variant", "seed", "accuracy"],
    {
        (0, "from scratch"): (0.59, 0.6, 0.61),
        (1, "fine-tuned"): (0.64, 0.65, 0.66),
        (5, "fine-tuned"): (0.89, 0.9, 0.91),
        (1, "frozen"): (0.54, 0.55, 0.56),
        (5, "frozen"): (0.91, 0.92, 0.93),
    },
)


def by_source(near: float, far: float, none: float) -> pd.DataFrame:
    accuracies = {"near": (0.9, 0.9), "far": (0.69, 0.71), "none": (0.4, 0.6)}
    scores = {"near": (near,), "far": (far,), "none": (none,)}
    return runs(["source", "seed", "score", "accuracy"], accuracies, scores)


RESULTS = table(
    [row("letters_frozen", 10, s, 0.70 + 0.02 * s) for s in range(3)]
    + [row("scratch", 10, s, 0.40 + 0.01 * s) for s in range(3)]
    + [row("letters_frozen", 1000, s, 0.95) for s in range(3)]
    + [row("scratch", 1000, s, 0.96 + 0.001 * s) for s in range(3)]
    + [row("letters_frozen", 50, s, (0.61, 0.63, 0.59)[s]) for s in range(3)]
    + [row("scratch", 50, s, 0.6) for s in range(3)]
    + [row("letters_frozen", 100, 0, 0.9), row("scratch", 100, 0, 0.85)]
    + [row("scratch", 3000, 0, 0.98)]
)
FROZEN, SCRATCH = METHODS["letters_frozen"].title, METHODS["scratch"].title


def budget(labels: int, method: str = "letters_frozen"):
    return lambda: at_budget(RESULTS, method, "scratch", labels)


FIGURES = [
    (
        lambda: source_and_target(dataset("letters", "ABCDE", 0.25), dataset("bits", "01", 0.15)),
        "source letters, 5 classes (A, B, ..., E), mean ink 0.25; target bits, 2 classes (0, 1), "
        "mean ink 0.15.",
    ),
    (
        lambda: paired_differences(VARIANTS, against="none"),
        'over "none", 3 seeds, paired: bad -10.0; good +9.7.',
    ),
    (
        lambda: paired_differences(VARIANTS.query("seed < 2"), against="none"),
        "2 seeds, paired: ",  # too few for an interval
    ),
    (
        lambda: accuracy_by_transferred(DEPTHS),
        "fine-tuned: 0: 60 %, 1: 65 %, 5: 90 %; frozen: 0: 60 %, 1: 55 %, 5: 92 %. 0: no transfer",
    ),
    (
        lambda: score_against_accuracy(by_source(0.5, 0.2, -0.1), score="LogME"),
        "LogME and measured accuracy of sources, Kendall's tau +1.00: near 0.50 and 90 %; far 0.20 "
        "and 70 %; none -0.10 and 50 %.",
    ),
    (lambda: score_against_accuracy(by_source(-0.5, 0.2, 0.3)), "tau -1.00"),
    (lambda: score_against_accuracy(by_source(0.5, 0.2, 0.3)), "tau +0.33"),
    # Differences 30, 31, 32: Student's t of 4.303 times 1 / √3 is 2.48.
    (
        budget(10),
        f"10 labels: {FROZEN} 72.0 %, {SCRATCH} 41.0 %; difference +31.0 points, 95 % interval "
        "+28.5 to +33.5: better.",
    ),
    (budget(1000), ": worse."),
    (budget(50), "difference +1.0 points, 95 % interval -4.0 to +6.0: undecided."),
    (budget(100), "difference +5.0 points, 1 seed only: undecided."),
    (
        budget(3000),
        f"3,000 labels: {FROZEN} not run, {SCRATCH} 98.0 %; difference no seed in common.",
    ),
    (budget(10, "scratch"), "difference +0.0 points"),
]


@pytest.mark.parametrize(("draw", "text"), FIGURES)
def test_a_figure_says_what_is_in_its_table_and_is_readable(draw, text):
    figure = draw()
    assert text in figure.alt
    assert "nan" not in figure.alt
    assert not [*faults(figure)]


def test_images_stand_whole_side_by_side_and_ink_counts_all_of_them():
    sides = dataset("dark", "01", 0.05), dataset("light", "01", 0.31)
    first, *_, below = source_and_target(*sides).figure.axes
    montage = first.images[0].get_array()
    assert montage.shape == (3 * 28, 6 * 28)
    np.testing.assert_allclose(montage[3::28, 5::28], np.arange(18).reshape(3, 6) / 20, rtol=1e-6)
    for line, ink in zip(below.get_lines(), (0.05, 0.31), strict=True):
        places, percent = line.get_xydata().T
        assert percent.sum() == pytest.approx(100)
        assert abs(places[percent.argmax()] - ink) <= 0.02


def test_gains_stand_on_a_symmetric_axis_and_both_directions_are_named():
    (axes,) = paired_differences(VARIANTS, "none").figure.axes
    low, high = axes.get_xlim()
    assert low == pytest.approx(-high)
    assert [text.get_text() for text in axes.texts] == [
        "← negative transfer",
        "positive transfer →",
    ]
