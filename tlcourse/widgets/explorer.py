"""Explorer: controls above a figure that is drawn anew whenever one of them is moved."""

from collections.abc import Callable

import ipywidgets

from tlcourse.plots import AltFigure
from tlcourse.widgets.box import AccessibleBox


class Explorer(AccessibleBox):
    """Controls and a figure of what they are set to.

    Where no kernel runs (a web page, a slide) the first figure is shown by itself.

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
        super().__init__(*controls.values(), self._screen)
        for control in controls.values():
            control.observe(self._update, names="value")
        self._update()

    def _update(self, change: dict | None = None) -> None:
        self.figure = self._draw(**{name: x.value for name, x in self.controls.items()})
        self._screen.value = self.figure.html

    def __repr__(self) -> str:
        return f"Explorer: {self.figure.alt}"

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        data, metadata = self.figure._repr_mimebundle_()
        return {**data, **super()._repr_mimebundle_(**kwargs), "text/plain": repr(self)}, metadata


def slider(
    description: str, value: float, low: float, high: float, step: float = 1
) -> ipywidgets.IntSlider | ipywidgets.FloatSlider:
    """Return a slider that reports its value once it is let go, since figures take their time.

    Args:
        description: what stands beside it.
        value: where it stands at first.
        low: the least value.
        high: the greatest value.
        step: between two values; an int for a slider of whole numbers.
    """
    kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    return kind(
        value,
        min=low,
        max=high,
        step=step,
        description=description,
        continuous_update=False,
        style={"description_width": "initial"} if len(description) > 10 else {},
    )


def choice_slider(description: str, options: list) -> ipywidgets.SelectionSlider:
    """Return a slider over a list of options, which reports its value once it is let go."""
    return ipywidgets.SelectionSlider(
        options=options, description=description, continuous_update=False
    )
