"""Plots: every figure of the course, each with alt text, readable without colour vision."""

from tlcourse.plots.accuracy import scoreboard
from tlcourse.plots.arrays import changed_images
from tlcourse.plots.autoencoders import blends, code_plane
from tlcourse.plots.comparisons import claims, guess_against_result
from tlcourse.plots.convolution import activations, kernel_at_work, pooling
from tlcourse.plots.domains import domain_plane
from tlcourse.plots.experiment import (
    accuracy_by_cpu,
    grid_overview,
)
from tlcourse.plots.features import feature_scatter
from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, set_style, show, subplots, t95
from tlcourse.plots.images import labelled_split_accuracies, show_images, side_by_side
from tlcourse.plots.pseudo_labels import (
    neighbour_graph,
    pseudo_labels_kept,
)
from tlcourse.plots.regularisation import schedule_and_curves
from tlcourse.plots.training import descent, digit_predictions
from tlcourse.plots.transfer import at_budget
from tlcourse.plots.tuning import frozen_blocks

__all__ = [
    "MARKERS",
    "PALETTE",
    "AltFigure",
    "accuracy_by_cpu",
    "activations",
    "at_budget",
    "blends",
    "changed_images",
    "claims",
    "code_plane",
    "descent",
    "digit_predictions",
    "domain_plane",
    "feature_scatter",
    "frozen_blocks",
    "grid_overview",
    "guess_against_result",
    "kernel_at_work",
    "labelled_split_accuracies",
    "neighbour_graph",
    "pooling",
    "pseudo_labels_kept",
    "schedule_and_curves",
    "scoreboard",
    "set_style",
    "show",
    "show_images",
    "side_by_side",
    "subplots",
    "t95",
]
