"""Widgets: what a learner moves to see what happens; no widget holds a method of its own."""

from tlcourse.widgets.draws import draw_explorer
from tlcourse.widgets.explorer import Explorer
from tlcourse.widgets.freezing import freezing_panel
from tlcourse.widgets.layers import layer_explorer
from tlcourse.widgets.ranking import Ranking, ranking
from tlcourse.widgets.rerun import Rerun, rerun

__all__ = [
    "Explorer",
    "Ranking",
    "Rerun",
    "draw_explorer",
    "freezing_panel",
    "layer_explorer",
    "ranking",
    "rerun",
]
