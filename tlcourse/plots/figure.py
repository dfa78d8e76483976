"""AltFigure: a figure with its alt text; and the one style in which all figures are drawn."""

import contextlib
import io
from collections.abc import Iterator

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

_DPI = 100

# Seaborn's colour-blind safe colours; markers differ too, so that no figure needs colour.
PALETTE = sns.color_palette("colorblind").as_hex()
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


class AltFigure:
    """A finished figure and the sentence that says what it shows to those who cannot see it.

    A notebook shows it as a PNG image with the sentence as its alt text.

    Attributes:
        figure: the matplotlib figure, for those who want to change it.
        alt: the alt text.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        # The constrained layout settles at the second drawing only; without this first one, two
        # PNG files of the same picture could differ.
        figure.draw_without_rendering()
        self.figure = figure
        self.alt = alt

    @property
    def png(self) -> bytes:
        """The picture as a PNG file."""
        file = io.BytesIO()
        # Without the Software entry the bytes do not change with matplotlib's version.
        self.figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
        return file.getvalue()

    def __repr__(self) -> str:
        return f"AltFigure: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        data = {"image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.alt}}


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
