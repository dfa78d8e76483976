"""The figure of two methods at every label budget: what it shows and says, on made-up data."""

import pytest
from figure_checks import faults
from synthetic import row, table

from tlcourse.methods import METHODS
from tlcourse.plots import at_budget

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
