"""AltFigure: a figure with its alt text; and the one style in which all figures are drawn."""

import base64
import contextlib
import html
import io
from collections.abc import Iterator

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure
from PIL import Image

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
        # The constrained layout settles at the second drawing only; without this first one, two
        # PNG files of the same figure could differ.
        figure.draw_without_rendering()
        self.figure = figure
        self.alt = alt

    @property
    def png(self) -> bytes:
        """The figure as a PNG file, the same bytes each time."""
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


@contextlib.contextmanager
def subplots(rows: int = 1, columns: int = 1, *, size: tuple[float, float], **options) -> Iterator:
    """Give ``(figure, axes)`` in the course's style, to be drawn on inside the block.

    Args:
        rows: rows of axes.
        columns: columns of axes.
        size: width and height in inches; 8 inches fill the width of a notebook on a laptop.
        options: passed on to ``Figure.subplots``.
    """
    style = {"axes.spines.top": False, "axes.spines.right": False, "font.size": 11}
    with plt.rc_context(
        {**sns.axes_style("whitegrid"), **sns.plotting_context("notebook"), **style}
    ):
        # Not plt.figure: pyplot would show the figure a second time at the end of the cell.
        figure = Figure(figsize=size, layout="constrained")
        yield figure, figure.subplots(rows, columns, **options)
