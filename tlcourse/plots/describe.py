"""Alt text made from the axes of a figure: what is drawn, over what, and the numbers.

For figures of the everyday kind; where a figure carries an argument, its author says what it is.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

_NUMBERS = (
    ticker.ScalarFormatter,
    ticker.LogFormatter,
    ticker.NullFormatter,
    ticker.StrMethodFormatter,
    ticker.PercentFormatter,
)
_MOST = 12  # values that are read out one by one; of more, the ends and the extremes


def describe(figure: Figure) -> str:
    """Return what a figure shows, in sentences made from its titles, labels and data.

    Read out are bars, lines with their names in the legend, tables of colours, clouds of points
    and images; panels without any of them are left out.
    """
    figure.draw_without_rendering()  # ticks have their words from then on
    axes = [each for each in figure.axes if each.get_visible() and each.get_label() != "<colorbar>"]
    panels = [text for each in axes if (text := _panel(each))]
    title = [figure.get_suptitle()] if figure.get_suptitle() else []
    if len(panels) > 1:
        title.append(f"{len(panels)} panels")
    return " ".join(f"{text.strip().rstrip('.')}." for text in [*title, *panels])


def _panel(axes: Axes) -> str:
    found = [*_bars(axes), *_tables(axes), *_lines(axes)] or [*_points(axes)]
    if not found and axes.images:
        found = ["an image"]
    labels = " by ".join(filter(None, [axes.get_ylabel(), axes.get_xlabel()]))
    return ": ".join(filter(None, [axes.get_title(), labels if found else "", "; ".join(found)]))


def _lines(axes: Axes) -> Iterator[str]:
    names, upright = _legend(axes), bool(_words(axes.yaxis)) and not _words(axes.xaxis)
    for line in axes.get_lines():
        x, y = (np.ma.filled(np.ma.asarray(v, float), np.nan) for v in line.get_data(orig=False))
        if upright:
            x, y = y, x
        # Whiskers and grid lines of a plot stand at one place, or go to and fro: no series.
        if len(x) < 2 or not np.isfinite(x).all() or not (np.diff(x) > 0).all():
            continue
        label = str(line.get_label())
        label = names.get(to_hex(line.get_color()), "") if label.startswith("_") else label
        at = _words(axes.yaxis if upright else axes.xaxis)
        yield f"{label} {_series([at.get(place, _number(place)) for place in x], y)}".strip()


def _bars(axes: Axes) -> Iterator[str]:
    names = _legend(axes)
    for container in axes.containers:
        if not isinstance(container, BarContainer) or not container.patches:
            continue
        flat = container.orientation == "horizontal"
        at = _words(axes.yaxis if flat else axes.xaxis)
        boxes = [bar.get_bbox() for bar in container.patches]
        middles = [(b.y0 + b.y1) / 2 if flat else (b.x0 + b.x1) / 2 for b in boxes]
        places = [min(at, key=lambda place, m=m: abs(place - m)) if at else m for m in middles]
        values = [b.width if flat else b.height for b in boxes]
        name = names.get(to_hex(container.patches[0].get_facecolor()), "")
        yield f"{name} {_series([at.get(p) or _number(p) for p in places], values)}".strip()


def _tables(axes: Axes) -> Iterator[str]:
    grids = [mesh.get_array() for mesh in axes.collections if isinstance(mesh, QuadMesh)]
    half = 0.5 if grids else 0.0  # where ticks stand in a cell
    if axes.axison:
        grids += [image.get_array() for image in axes.images if image.get_array().ndim == 2]
    rows, columns = _words(axes.yaxis), _words(axes.xaxis)
    for grid in grids:
        y, x = np.unravel_index(np.ma.argmax(grid), grid.shape)
        where = [rows.get(y + half, f"row {y + 1}"), columns.get(x + half, f"column {x + 1}")]
        yield (
            f"a table of {grid.shape[0]} by {grid.shape[1]}, from {_number(grid.min())} to "
            f"{_number(grid.max())}, highest at {where[0]}, {where[1]}"
        )


def _points(axes: Axes) -> Iterator[str]:
    clouds = [c.get_offsets() for c in axes.collections if isinstance(c, PathCollection)]
    clouds = [np.ma.filled(c, np.nan) for c in clouds if len(c)]
    if clouds:
        places = np.concatenate(clouds)
        low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
        spans = [f"from {_number(a)} to {_number(b)}" for a, b in zip(low, high, strict=True)]
        yield f"{len(places)} points, {spans[0]} across and {spans[1]} upwards"


def _series(places: Sequence[str], values: Sequence[float]) -> str:
    if len(places) <= _MOST:
        pairs = zip(places, map(_number, values), strict=True)
        return ", ".join(f"{place}: {value}" for place, value in pairs)
    named = {"from": 0, "to": -1, "lowest": np.nanargmin(values), "highest": np.nanargmax(values)}
    return ", ".join(f"{word} {_number(values[i])} at {places[i]}" for word, i in named.items())


def _legend(axes: Axes) -> dict[str, str]:
    """Return what the legend calls each colour."""
    legend = axes.get_legend() or next(iter(axes.figure.legends), None)
    names = {}
    for handle, text in (
        zip(legend.legend_handles, legend.get_texts(), strict=True) if legend else ()
    ):
        colour = handle.get_color() if hasattr(handle, "get_color") else handle.get_facecolor()
        names.setdefault(
            to_hex(np.ravel(colour)[:4] if np.ndim(colour) else colour), text.get_text()
        )
    return names


def _words(axis: Axis) -> dict[float, str]:
    """Return the words at the ticks of an axis; none where it shows plain numbers."""
    if isinstance(axis.get_major_formatter(), _NUMBERS):
        return {}
    texts = [label.get_text() for label in axis.get_ticklabels()]
    return {float(at): text for at, text in zip(axis.get_ticklocs(), texts, strict=False) if text}


def _number(value: float) -> str:
    """Return a number with three digits."""
    value = float(value)
    return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:.3g}"
