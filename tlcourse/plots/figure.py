"""AltFigure: a figure with its alt text; the one style of all figures; intervals for seaborn."""

import base64
import contextlib
import functools
import html
import io
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from tlcourse.experiment.analysis import interval
from tlcourse.plots.describe import describe

_DPI = 100
_COLOURS = 256  # of a PNG file; with more it would be three times as large, and look the same
_NARROWEST = 0.6  # of its width: narrower than this, no page makes an image

# Seaborn's colour-blind safe colours; markers differ too, so that no figure needs colour.
PALETTE = sns.color_palette("colorblind").as_hex()
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


class AltFigure:
    """A finished figure and the sentence that says what it shows to those who cannot see it.

    Attributes:
        figure: the matplotlib figure, for those who want to change it.
        alt: the alt text.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure = figure
        self.alt = alt

    @functools.cached_property
    def png(self) -> bytes:
        """The figure as a PNG file; drawn once, since a second drawing may move its parts."""
        drawn, file = io.BytesIO(), io.BytesIO()
        self.figure.savefig(drawn, format="png", dpi=_DPI)
        Image.open(drawn).convert("RGB").quantize(_COLOURS).save(file, "PNG")
        return file.getvalue()

    @property
    def html(self) -> str:
        """The figure as HTML."""
        return image_html(self.png, self.alt)

    def __repr__(self) -> str:
        return f"AltFigure: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        png = self.png
        # HTML for all that can show it; the bare image for LaTeX and PDF.
        shown = {"text/html": image_html(png, self.alt), "image/png": png}
        return {**shown, "text/plain": repr(self)}, {"image/png": {"alt": self.alt}}


def image_html(png: bytes, alt: str) -> str:
    """Return HTML that shows an image and reads its alt text to those who cannot see it.

    JupyterLab and nbconvert show an image that comes as ``image/png`` without its alt text. The
    image shrinks with the page to 60 % of its width, and then is scrolled: whoever enlarges the
    page to 200 % wants larger words in the figures, too.

    Args:
        png: a PNG file.
        alt: what is to be seen on it.
    """
    code = base64.b64encode(png).decode()
    narrowest = round(_NARROWEST * Image.open(io.BytesIO(png)).width)
    return (
        f'<img src="data:image/png;base64,{code}" alt="{html.escape(alt)}" '
        f'style="max-width: 100%; min-width: {narrowest}px; height: auto;">'
    )


def set_style() -> None:
    """Let pyplot and seaborn draw in the style of the course, in this process."""
    plt.rcParams.update(_style())


def show(drawn: Any = None, alt: str | None = None) -> AltFigure:
    """Return what was drawn as an image with alt text, for the end of a cell.

    Args:
        drawn: what seaborn, matplotlib, pandas or scikit-learn returned: axes, an array of them,
            a figure, a grid or a display; without it, pyplot's current figure.
        alt: what is to be seen; without it, a text made from labels and data.
    """
    for name in ("figure", "figure_"):
        drawn = getattr(drawn, name, drawn)
    if drawn is not None and not isinstance(drawn, Figure):
        drawn = np.ravel(drawn)[0].figure
    figure = drawn or plt.gcf()
    plt.close(figure)  # or the notebook would show it a second time
    return AltFigure(figure, alt or describe(figure))


def t95(values: ArrayLike) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a mean (Student's t), for seaborn's ``errorbar``.

    Args:
        values: one for each seed, shape ``(n,)``.

    Returns:
        Both ends, in the unit of the values; NaN for fewer than three of them.
    """
    return interval(pd.Series(values, dtype=float))[1:3]


def _style() -> dict[str, Any]:
    return {
        **sns.axes_style("whitegrid"),
        **sns.plotting_context("notebook"),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=PALETTE),
        "figure.figsize": (8, 4),
        "figure.constrained_layout.use": True,
        "font.size": 11,
        "image.cmap": "gray",
    }


@contextlib.contextmanager
def subplots(rows: int = 1, columns: int = 1, *, size: tuple[float, float], **options) -> Iterator:
    """Give ``(figure, axes)`` in the course's style, to be drawn on inside the block.

    Args:
        rows: rows of axes.
        columns: columns of axes.
        size: width and height in inches; 8 inches fill the width of a notebook on a laptop.
        options: passed on to ``Figure.subplots``.
    """
    with plt.rc_context(_style()):
        # Not plt.figure: pyplot would show the figure a second time at the end of the cell.
        figure = Figure(figsize=size, layout="constrained")
        yield figure, figure.subplots(rows, columns, **options)
