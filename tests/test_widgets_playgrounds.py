"""Playgrounds of notebook 02: activations at any input, pooling with any window and stride."""

import numpy as np
import pytest
from figure_checks import faults, move_to_ends

from tlcourse.widgets.playgrounds import activation_playground, pooling_playground

VALUES = np.random.default_rng(0).random((9, 9))


def test_activation_playground_at_its_ends():
    low, high = move_to_ends(activation_playground())
    assert "at -6: sigmoid 0.002" in low.alt
    assert "ReLU 0.000, gradient 0.000" in low.alt
    assert "ReLU 6.000, gradient 1.000" in high.alt
    assert not [*faults(low), *faults(high)]


def test_pooling_playground_shows_what_is_set():
    explorer = pooling_playground(VALUES)
    assert explorer.figure.alt.startswith("Max pooling, windows of 2 × 2, stride 2, makes 4 × 4")
    explorer.controls["how"].value = "average"
    explorer.controls["size"].value = 3
    explorer.controls["stride"].value = 1
    assert explorer.figure.alt.startswith("Average pooling, windows of 3 × 3, stride 1, makes 7 ×")


@pytest.mark.parametrize("values", [VALUES, VALUES[:3, :3], np.zeros((6, 6))])
def test_pooling_playground_at_its_ends(values):
    pictures = move_to_ends(pooling_playground(values))
    assert len(pictures) == 8
    assert not [fault for picture in pictures for fault in faults(picture)]


@pytest.mark.parametrize("make", [activation_playground, lambda: pooling_playground(VALUES)])
def test_controls_are_named_and_drawn_when_let_go(make):
    for control in make().controls.values():
        assert control.description
        assert not getattr(control, "continuous_update", False)
