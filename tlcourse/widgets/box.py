"""AccessibleBox: what every widget of the course is built in, for keyboards and screen readers."""

from pathlib import Path

import anywidget
import ipywidgets


class _Helper(anywidget.AnyWidget):
    """Unseen in the box; its code in the browser looks after the widgets beside it."""

    _esm = Path(__file__).with_name("box.js")
    # In a narrow page, ipywidgets would print the lines of long answers over each other.
    _css = """
    .tl-widget .widget-radio-box label {
      display: flex; flex-direction: row-reverse; justify-content: flex-end;
      height: auto; line-height: 1.5;
    }
    .tl-widget .widget-radio-box input { flex: none; height: 1.5em; }
    """


class AccessibleBox(ipywidgets.VBox):
    """Widgets one below the other that can be worked by keyboard and are named.

    Keys pressed inside stay inside; only Tab, Escape, Shift+Enter and shortcuts with Ctrl, Alt or
    Cmd reach JupyterLab, which takes single letters and arrows for commands to the notebook.
    Sliders, radio buttons and toggle buttons are named for screen readers by their
    ``description``, or by their ``tooltip`` where that is empty; an HTML widget of the class
    ``tl-status`` is read out when it changes.

    Args:
        widgets: from top to bottom.
    """

    def __init__(self, *widgets: ipywidgets.Widget) -> None:
        super().__init__()
        self.add_class("tl-widget")
        self._helper = _Helper(layout={"display": "none"})
        self.stack(*widgets)

    def stack(self, *widgets: ipywidgets.Widget) -> None:
        """Show these widgets, from top to bottom, instead of those before."""
        self.children = (*widgets, self._helper)
