"""Plots: every figure of the course, each with alt text, readable without colour vision."""

from tlcourse.plots.accuracy import scoreboard, summary
from tlcourse.plots.arrays import (
    changed_images,
    class_counts,
    fold_accuracies,
    image_numbers,
    pipeline_costs,
    suspicious_labels,
    value_histogram,
)
from tlcourse.plots.autoencoders import blends, code_plane, error_curves, gains, reconstructions
from tlcourse.plots.comparisons import claims, guess_against_result
from tlcourse.plots.convolution import (
    activations,
    gradients_by_layer,
    kernel_at_work,
    kernel_maps,
    network_costs,
    pooling,
    receptive_fields,
)
from tlcourse.plots.domains import domain_plane, gap_closed
from tlcourse.plots.experiment import (
    accuracy_by_cpu,
    accuracy_by_labels,
    grid_overview,
)
from tlcourse.plots.features import feature_scatter
from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, set_style, show, subplots, t95
from tlcourse.plots.images import labelled_split_accuracies, show_images, side_by_side
from tlcourse.plots.pseudo_labels import (
    class_mismatch,
    class_sizes,
    label_transitions,
    neighbour_graph,
    pseudo_label_confusion,
    pseudo_labels_kept,
    pseudo_labels_over_time,
)
from tlcourse.plots.regularisation import schedule_and_curves
from tlcourse.plots.training import descent, digit_predictions
from tlcourse.plots.transfer import at_budget
from tlcourse.plots.tuning import frozen_blocks, paired_seeds

__all__ = [
    "MARKERS",
    "PALETTE",
    "AltFigure",
    "accuracy_by_cpu",
    "accuracy_by_labels",
    "activations",
    "at_budget",
    "blends",
    "changed_images",
    "claims",
    "class_counts",
    "class_mismatch",
    "class_sizes",
    "code_plane",
    "descent",
    "digit_predictions",
    "domain_plane",
    "error_curves",
    "feature_scatter",
    "fold_accuracies",
    "frozen_blocks",
    "gains",
    "gap_closed",
    "gradients_by_layer",
    "grid_overview",
    "guess_against_result",
    "image_numbers",
    "kernel_at_work",
    "kernel_maps",
    "label_transitions",
    "labelled_split_accuracies",
    "neighbour_graph",
    "network_costs",
    "paired_seeds",
    "pipeline_costs",
    "pooling",
    "pseudo_label_confusion",
    "pseudo_labels_kept",
    "pseudo_labels_over_time",
    "receptive_fields",
    "reconstructions",
    "schedule_and_curves",
    "scoreboard",
    "set_style",
    "show",
    "show_images",
    "side_by_side",
    "subplots",
    "summary",
    "suspicious_labels",
    "t95",
    "value_histogram",
]
