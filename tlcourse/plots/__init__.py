"""Plots: every figure of the course, each with alt text, readable without colour vision."""

from tlcourse.plots.accuracy import scoreboard, summary
from tlcourse.plots.features import accuracy_by_layer, feature_scatter, near_against_far
from tlcourse.plots.images import images, side_by_side
from tlcourse.plots.picture import MARKERS, PALETTE, Picture, drawing
from tlcourse.plots.tuning import forgetting, learning_curves, learning_rates

__all__ = [
    "MARKERS",
    "PALETTE",
    "Picture",
    "accuracy_by_layer",
    "drawing",
    "feature_scatter",
    "forgetting",
    "images",
    "learning_curves",
    "learning_rates",
    "near_against_far",
    "scoreboard",
    "side_by_side",
    "summary",
]
