"""Widgets: what a learner moves to see what happens; no widget holds a method of its own."""

from tlcourse.widgets.explorer import Explorer
from tlcourse.widgets.freezing import freezing_panel
from tlcourse.widgets.label_budget import label_budget
from tlcourse.widgets.layers import layer_explorer

__all__ = ["Explorer", "freezing_panel", "label_budget", "layer_explorer"]
