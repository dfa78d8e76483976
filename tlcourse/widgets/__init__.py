"""Widgets: what a learner moves to see what happens; no widget holds a method of its own."""

from tlcourse.widgets.augmentation import augmentation_tuner
from tlcourse.widgets.budgets import budget_slider
from tlcourse.widgets.draws import draw_explorer
from tlcourse.widgets.explorer import Explorer
from tlcourse.widgets.freezing import freezing_panel
from tlcourse.widgets.gap import gap_viewer
from tlcourse.widgets.kernels import kernel_explorer
from tlcourse.widgets.latent import blend_explorer, latent_explorer
from tlcourse.widgets.layers import layer_explorer
from tlcourse.widgets.pad import DigitPad, digit_pad
from tlcourse.widgets.playgrounds import activation_playground, pooling_playground
from tlcourse.widgets.progress import TrainingProgress
from tlcourse.widgets.quiz import quiz
from tlcourse.widgets.ranking import Ranking, ranking
from tlcourse.widgets.rerun import Rerun, rerun
from tlcourse.widgets.schedules import schedule_explorer
from tlcourse.widgets.thresholds import threshold_slider

__all__ = [
    "DigitPad",
    "Explorer",
    "Ranking",
    "Rerun",
    "TrainingProgress",
    "activation_playground",
    "augmentation_tuner",
    "blend_explorer",
    "budget_slider",
    "digit_pad",
    "draw_explorer",
    "freezing_panel",
    "gap_viewer",
    "kernel_explorer",
    "latent_explorer",
    "layer_explorer",
    "pooling_playground",
    "quiz",
    "ranking",
    "rerun",
    "schedule_explorer",
    "threshold_slider",
]
