"""A network with its frozen and trained parts."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.plots.figure import PALETTE, AltFigure, subplots

_FROZEN, _TRAINED = PALETTE[0], PALETTE[1]


class Part(NamedTuple):
    """One part of a network, as ``frozen_blocks`` draws it."""

    name: str
    parameters: int
    trained: int  # how many of them training changes


def frozen_blocks(parts: Sequence[Part]) -> AltFigure:
    """Show which parts of a network are frozen, and how many parameters are trained.

    Args:
        parts: from the image to the prediction.
    """
    trained = sum(part.trained for part in parts)
    frozen = sum(part.parameters for part in parts) - trained
    text = f"{trained:,} parameters trained, {frozen:,} frozen"
    with subplots(size=(8, 2.4)) as (figure, axes):
        axes.set_axis_off()
        axes.set(xlim=(-0.5, len(parts) - 0.5), ylim=(-1.05, 0.95))
        for x, part in enumerate(parts):
            _box(axes, x, part)
        axes.set_title(text, fontsize=13)
    return AltFigure(
        figure,
        f"{text}. {_names(parts, trained=False)} frozen, {_names(parts, trained=True)} trained.",
    )


def _box(axes: Axes, x: int, part: Part) -> None:
    # Colour, hatching and word say the same.
    if part.trained:
        colour, hatch, word = _TRAINED, None, "trained"
    else:
        colour, hatch, word = _FROZEN, "///", "frozen"
    box = Rectangle((x - 0.42, -0.3), 0.84, 0.8, facecolor="white", edgecolor=colour, hatch=hatch)
    box.set_linewidth(2.5)
    axes.add_patch(box)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    axes.text(x, 0.1, word, ha="center", va="center", weight="bold", bbox=white)
    axes.text(x, 0.6, part.name, ha="center", va="bottom")
    numbers = f"{part.trained:,}\nof {part.parameters:,}"
    axes.text(x, -0.38, numbers, ha="center", va="top", fontsize=11)


def _names(parts: Sequence[Part], *, trained: bool) -> str:
    return ", ".join(part.name for part in parts if bool(part.trained) == trained) or "nothing"
