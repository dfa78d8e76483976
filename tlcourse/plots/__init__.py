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
from tlcourse.plots.features import accuracy_by_layer, feature_scatter, near_against_far
from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, set_style, show, subplots, t95
from tlcourse.plots.images import labelled_split_accuracies, show_images, side_by_side
from tlcourse.plots.inside import feature_maps, filters, heat_maps
from tlcourse.plots.pseudo_labels import (
    class_mismatch,
    class_sizes,
    label_transitions,
    neighbour_graph,
    pseudo_label_confusion,
    pseudo_labels_kept,
    pseudo_labels_over_time,
)
from tlcourse.plots.regularisation import (
    early_stopping,
    optimism,
    regularisers,
    schedule_and_curves,
    search_results,
    training_and_validation,
    weight_histograms,
)
from tlcourse.plots.training import (
    confusion_matrix,
    cross_entropy,
    descent,
    digit_predictions,
    learning_curves,
    top_losses,
)
from tlcourse.plots.transfer import (
    accuracy_by_transferred,
    at_budget,
    paired_differences,
    score_against_accuracy,
    source_and_target,
)
from tlcourse.plots.tuning import frozen_blocks, paired_seeds

__all__ = [
    "MARKERS",
    "PALETTE",
    "AltFigure",
    "accuracy_by_cpu",
    "accuracy_by_labels",
    "accuracy_by_layer",
    "accuracy_by_transferred",
    "activations",
    "at_budget",
    "blends",
    "changed_images",
    "claims",
    "class_counts",
    "class_mismatch",
    "class_sizes",
    "code_plane",
    "confusion_matrix",
    "cross_entropy",
    "descent",
    "digit_predictions",
    "domain_plane",
    "early_stopping",
    "error_curves",
    "feature_maps",
    "feature_scatter",
    "filters",
    "fold_accuracies",
    "frozen_blocks",
    "gains",
    "gap_closed",
    "gradients_by_layer",
    "grid_overview",
    "guess_against_result",
    "heat_maps",
    "image_numbers",
    "kernel_at_work",
    "kernel_maps",
    "label_transitions",
    "labelled_split_accuracies",
    "learning_curves",
    "near_against_far",
    "neighbour_graph",
    "network_costs",
    "optimism",
    "paired_differences",
    "paired_seeds",
    "pipeline_costs",
    "pooling",
    "pseudo_label_confusion",
    "pseudo_labels_kept",
    "pseudo_labels_over_time",
    "receptive_fields",
    "reconstructions",
    "regularisers",
    "schedule_and_curves",
    "score_against_accuracy",
    "scoreboard",
    "search_results",
    "set_style",
    "show",
    "show_images",
    "side_by_side",
    "source_and_target",
    "subplots",
    "summary",
    "suspicious_labels",
    "t95",
    "top_losses",
    "training_and_validation",
    "value_histogram",
    "weight_histograms",
]
