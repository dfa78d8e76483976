"""Plots: every figure of the course, each with alt text, readable without colour vision."""

from tlcourse.plots.accuracy import scoreboard, summary
from tlcourse.plots.comparisons import claims, forest, guess_against_result
from tlcourse.plots.experiment import (
    accuracy_by_cpu,
    accuracy_by_labels,
    grid_overview,
    parameters,
)
from tlcourse.plots.features import accuracy_by_layer, feature_scatter, near_against_far
from tlcourse.plots.images import images, labelled_draw, side_by_side
from tlcourse.plots.picture import MARKERS, PALETTE, Picture, drawing
from tlcourse.plots.tuning import forgetting, frozen_blocks, learning_rates, paired_seeds

__all__ = [
    "MARKERS",
    "PALETTE",
    "Picture",
    "accuracy_by_cpu",
    "accuracy_by_labels",
    "accuracy_by_layer",
    "claims",
    "drawing",
    "feature_scatter",
    "forest",
    "forgetting",
    "frozen_blocks",
    "grid_overview",
    "guess_against_result",
    "images",
    "labelled_draw",
    "learning_rates",
    "near_against_far",
    "paired_seeds",
    "parameters",
    "scoreboard",
    "side_by_side",
    "summary",
]
