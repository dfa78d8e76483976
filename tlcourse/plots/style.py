"""What the figures of the experiment share: names, kinds, boxes of words."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.methods import METHODS
from tlcourse.methods.adaptation import ADAPTATIONS
from tlcourse.methods.registry import KINDS
from tlcourse.plots.figure import MARKERS, PALETTE

GREY, FAINT = "0.35", "0.8"


class Box(NamedTuple):
    """One field of a table of boxes: words, with colour and hatching that say the same."""

    text: str
    colour: str = "white"
    hatch: str | None = None


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of methods in the order of the course, those that it does not know last."""
    names = set(names)
    return [name for name in METHODS if name in names] + sorted(names - set(METHODS))


def title(name: str) -> str:
    """Return what figures call a method; of one that the course does not know, its name."""
    known = METHODS.get(name) or ADAPTATIONS.get(name)
    return known.title if known else name.replace("_", " ")


def kind(name: str) -> str:
    """Return the kind of a method: ``"no transfer"``, ``"semi-supervised"`` and so on."""
    return METHODS[name].kind if name in METHODS else "other"


def kinds(names: Iterable[str]) -> list[str]:
    """Return the kinds of these methods, each once, in the order in which they are shown."""
    found = {kind(name) for name in names}
    return [k for k in KINDS if k in found] + sorted(found.difference(KINDS))


def series_style(k: int) -> dict[str, str]:
    """Return the colour and the marker of series number ``k``, so that none needs colour."""
    return {"color": PALETTE[k % len(PALETTE)], "marker": MARKERS[k % len(MARKERS)]}


def boxes(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    fields: Mapping[tuple[int, int], Box],
    *,
    wrap: int = 40,
    size: float = 10,
) -> None:
    """Draw a table of boxes.

    Args:
        axes: where to; nothing else should stand there.
        rows: what stands to the left of each row.
        columns: what stands above each column.
        fields: the boxes, by the numbers of row and column; the others stay empty.
        wrap: most characters in a line of ``rows``.
        size: of the words in the boxes, in points.
    """
    for (y, x), box in fields.items():
        frame = Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, fc="white", ec=FAINT, lw=1)
        axes.add_patch(frame)
        if box.colour != "white" or box.hatch:
            # A second one, so that only the filling is faint, and black words stay readable.
            filling = Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, ec=box.colour, lw=0, alpha=0.3)
            filling.set(facecolor=box.colour, hatch=box.hatch)
            axes.add_patch(filling)
        axes.text(x, y, box.text, ha="center", va="center", fontsize=size, color="black")
    names = [textwrap.fill(row, wrap, break_on_hyphens=False) for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=size)
    axes.set_xticks(range(len(columns)), columns)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
