"""Figures of training: the numbers that they tell."""

import numpy as np
import pytest
from figure_checks import faults

from tlcourse.plots import descent, digit_predictions

IMAGE = np.random.default_rng(0).random((28, 28, 1), np.float32)
STEEPNESS = np.array([1.0, 20.0])
EIGHT, SEVEN = np.full((2, 10), 0.01)
EIGHT[8], SEVEN[7] = 0.9, 0.6

FIGURES = {
    "descent": (
        lambda: descent(np.array([[-8.0, 1.5], [-4.0, 0]]), STEEPNESS, "SGD"),
        "SGD: a path of 1 steps through a narrow valley; the loss is 54.5 at the start and 8 at",
    ),
    "explosion": (
        lambda: descent(np.array([[-8.0, 1.5], [-8e8, 0]]), STEEPNESS, "SGD"),
        "54.5 at the start and 3.2e+17 at the end",
    ),
    "a drawing": (
        lambda: digit_predictions(IMAGE, {"first CNN": EIGHT, "letters, frozen": SEVEN}),
        "Predictions: first CNN: 8 (90%), letters, frozen: 7 (60%).",
    ),
    "a drawing, many networks": (
        lambda: digit_predictions(IMAGE, {f"network number {k}": EIGHT for k in range(10)}),
        "network number 9: 8 (90%).",
    ),
    "a drawing, no network": (lambda: digit_predictions(IMAGE, {}), "Predictions: none"),
    "nothing drawn": (lambda: digit_predictions(0 * IMAGE, {}), "The digit pad is empty"),
}


@pytest.mark.parametrize(("draw", "alt"), FIGURES.values(), ids=FIGURES)
def test_the_alt_text_tells_the_numbers_and_all_can_read_the_figure(draw, alt):
    shown = draw()
    assert alt in shown.alt
    assert not [*faults(shown)]
