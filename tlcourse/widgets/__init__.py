"""Widgets: what a learner moves to see what happens; no widget holds a method of its own."""

from tlcourse.widgets.convolution import activation_playground, kernel_explorer, pooling_playground
from tlcourse.widgets.experiment import (
    Ranking,
    Rerun,
    budget_slider,
    ranking,
    rerun,
    split_explorer,
)
from tlcourse.widgets.explorer import Explorer
from tlcourse.widgets.features import blend_explorer, gap_viewer, latent_explorer, layer_explorer
from tlcourse.widgets.pad import DigitPad, digit_pad
from tlcourse.widgets.photos import PhotoClassifier, photo_classifier
from tlcourse.widgets.quiz import quiz
from tlcourse.widgets.sign import SignPad, sign_pad
from tlcourse.widgets.training import (
    augmentation_tuner,
    freezing_panel,
    schedule_explorer,
    threshold_slider,
)

__all__ = [
    "DigitPad",
    "Explorer",
    "PhotoClassifier",
    "Ranking",
    "Rerun",
    "SignPad",
    "activation_playground",
    "augmentation_tuner",
    "blend_explorer",
    "budget_slider",
    "digit_pad",
    "freezing_panel",
    "gap_viewer",
    "kernel_explorer",
    "latent_explorer",
    "layer_explorer",
    "photo_classifier",
    "pooling_playground",
    "quiz",
    "ranking",
    "rerun",
    "schedule_explorer",
    "sign_pad",
    "split_explorer",
    "threshold_slider",
]
