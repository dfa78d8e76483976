"""Playgrounds of notebook 02: activation functions with their gradients, and pooling."""

import ipywidgets
import numpy as np

from tlcourse.plots import AltFigure
from tlcourse.plots.convolution import activations, pooling
from tlcourse.widgets.explorer import Explorer


def activation_playground() -> Explorer:
    """Return a slider for the input of sigmoid, tanh and ReLU, with outputs and gradients."""
    slider = ipywidgets.FloatSlider(
        1.0, min=-6, max=6, step=0.25, description="Input", continuous_update=False
    )
    return Explorer(activations, x=slider)


def pooling_playground(values: np.ndarray) -> Explorer:
    """Return controls for max and average pooling of a small map: window and stride.

    Args:
        values: shape ``(height, width)``, 3 to about 12 numbers a side.
    """

    def draw(how: str, size: int, stride: int) -> AltFigure:
        return pooling(values, size, stride, how)

    largest = min(4, *values.shape)
    return Explorer(
        draw,
        how=ipywidgets.ToggleButtons(options=["max", "average"], description="Pooling"),
        size=_slider("Window", largest),
        stride=_slider("Stride", largest),
    )


def _slider(name: str, largest: int) -> ipywidgets.IntSlider:
    return ipywidgets.IntSlider(2, min=1, max=largest, description=name, continuous_update=False)
