"""Explorer: controls above a picture that is drawn anew whenever one of them is moved."""

import base64
import html
from collections.abc import Callable

import ipywidgets

from tlcourse.plots import AltFigure


class Explorer(ipywidgets.VBox):
    """Controls and a picture of what they are set to.

    Where no kernel runs (a web page, a slide) the first picture is shown by itself.

    Args:
        draw: called with the controls' values by name; returns the AltFigure to show.
        controls: widgets with a ``value``, by the name of ``draw``'s parameter. Give sliders
            ``continuous_update=False`` if drawing takes longer than 0.1 s.

    Attributes:
        controls: the same widgets, by name.
        figure: the AltFigure shown now.
    """

    def __init__(self, draw: Callable[..., AltFigure], **controls: ipywidgets.ValueWidget) -> None:
        self.controls = controls
        self._draw = draw
        # HTML and not ipywidgets.Image, which cannot carry an alt text.
        self._screen = ipywidgets.HTML()
        super().__init__([*controls.values(), self._screen])
        for control in controls.values():
            control.observe(self._update, names="value")
        self._update()

    def _update(self, change: dict | None = None) -> None:
        self.figure = self._draw(**{name: x.value for name, x in self.controls.items()})
        code = base64.b64encode(self.figure.png).decode()
        self._screen.value = (
            f'<img src="data:image/png;base64,{code}" alt="{html.escape(self.figure.alt)}">'
        )

    def __repr__(self) -> str:
        return f"Explorer: {self.figure.alt}"

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        data, metadata = self.figure._repr_mimebundle_()
        return {**data, **super()._repr_mimebundle_(**kwargs), "text/plain": repr(self)}, metadata
