"""Figures of notebook 02: kernels at work, activations, gradients, pooling, fields, costs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from tlcourse.models.convolution import ACTIVATIONS, Cost, activate, convolve, pool
from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, subplots

_ACCENT, _GREY = PALETTE[1], "0.35"
_LINES = ("-", "--", "-.", ":")
_SMALLEST = 1e-30  # a gradient of exactly 0 has no place on a log scale


# ------------------------------------------------------------------------------------ kernels


def kernel_maps(maps: Mapping[str, np.ndarray], *, columns: int = 3) -> AltFigure:
    """Show images or feature maps in rows, each on its own scale around zero.

    Args:
        maps: by title; shape ``(height, width)`` each.
        columns: maps in a row.
    """
    rows = -(-len(maps) // columns)
    size = (8, 0.4 + rows * (8 / columns + 0.3))
    with subplots(rows, columns, size=size, squeeze=False) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        for place, (title, values) in zip(axes.flat, maps.items(), strict=False):
            _signed(place, values)
            place.set_title(title, fontsize=12)
        figure.supxlabel("black: below zero; mid-grey: zero; white: above zero", fontsize=11)
    told = ", ".join(
        f"{title} from {_number(values.min())} to {_number(values.max())}"
        for title, values in maps.items()
    )
    return AltFigure(figure, f"{len(maps)} feature maps, in shades of grey: {told}.")


def kernel_at_work(
    image: np.ndarray,
    kernel: np.ndarray,
    *,
    stride: int = 1,
    padding: int = 0,
    row: int = 0,
    column: int = 0,
    name: str = "kernel",
) -> AltFigure:
    """Show one place of a convolution, number by number, and the whole feature map.

    Args:
        image: one channel, shape ``(height, width)``, 0 to 1.
        kernel: shape ``(k, k)``.
        stride: pixels from one place to the next.
        padding: zeros around the image.
        row: of the feature map, from 0 on.
        column: of the feature map, from 0 on.
        name: what the kernel is called.
    """
    padded, size = np.pad(image, padding), len(kernel)
    found = convolve(image, kernel, stride, padding)
    top, left = row * stride, column * stride
    patch = padded[top : top + size, left : left + size]
    products = patch * kernel
    height, width = image.shape
    with subplots(2, 3, size=(8, 5.2), height_ratios=[1.5, 1]) as (figure, axes):
        (seen, words, result), numbers = axes
        seen.imshow(padded, cmap="gray", vmin=0, vmax=1)
        seen.set_axis_off()
        _outline(seen, top, left, size)
        if padding:
            _outline(seen, padding, padding, width, height, ec="0.6", ls="--", lw=1.2)
        seen.set_title(f"image, {height} × {width}", fontsize=12)
        words.set_axis_off()
        words.text(0.5, 0.75, "→", ha="center", va="center", fontsize=30)
        rule = f"({height} + 2·{padding} − {size}) // {stride} + 1\n= {len(found)} rows"
        words.text(0.5, 0.3, rule, ha="center", va="center")
        _signed(result, found)
        _outline(result, row, column, 1)
        result.set_title("feature map, {} × {}".format(*found.shape), fontsize=12)
        _numbers(numbers[0], patch, 0, 1)
        numbers[0].set_title("patch", fontsize=12)
        limit = _limit(kernel)
        _numbers(numbers[1], kernel, -limit, limit)
        numbers[1].set_title(f"× {name}", fontsize=12)
        limit = _limit(products)
        _numbers(numbers[2], products, -limit, limit)
        total = _number(products.sum())
        numbers[2].set_title(f"= products; sum: {total}", fontsize=12)
    return AltFigure(
        figure,
        f"The kernel {name}, stride {stride}, padding {padding}, on an image of {height} × {width} "
        f"pixels. At row {row}, column {column} of the feature map the products of patch and "
        f"kernel add up to {total}. The feature map has {found.shape[0]} × {found.shape[1]} "
        f"numbers, from {_number(found.min())} to {_number(found.max())}.",
    )


def pooling(values: np.ndarray, size: int, stride: int, how: str) -> AltFigure:
    """Show a small map beside what pooling leaves of it, with one window marked in both.

    Args:
        values: shape ``(height, width)``, up to about 12 × 12.
        size: side of a window.
        stride: from one window to the next.
        how: ``"max"`` or ``"average"``.
    """
    pooled = pool(values, size, stride, how)
    row, column = np.unravel_index(pooled.argmax(), pooled.shape)
    low, high = values.min(), max(values.max(), values.min() + 1)
    with subplots(1, 2, size=(8, 4.2)) as (figure, (before, after)):
        for axes, numbers, title in ((before, values, "map"), (after, pooled, f"{how} pooling")):
            _numbers(axes, numbers, low, high, size=9, decimals=1)
            axes.set_title(f"{title}, {numbers.shape[0]} × {numbers.shape[1]}", fontsize=12)
        _outline(before, row * stride, column * stride, size)
        _outline(after, row, column, 1)
    return AltFigure(
        figure,
        f"{how.capitalize()} pooling, windows of {size} × {size}, stride {stride}, makes "
        f"{pooled.shape[0]} × {pooled.shape[1]} numbers out of {values.shape[0]} × "
        f"{values.shape[1]}. The largest, {_number(pooled.max(), 1)}, and its window are marked.",
    )


# ------------------------------------------------------------------- activations and gradients


def activations(x: float) -> AltFigure:
    """Show sigmoid, tanh and ReLU beside their gradients, with one input marked.

    Args:
        x: the input, -6 to 6.
    """
    inputs = np.linspace(-6, 6, 481)
    told = []
    with subplots(1, 2, size=(8, 4)) as (figure, panels):
        for k, name in enumerate(ACTIVATIONS):
            curves, points = activate(name, inputs), activate(name, x)
            for axes, curve, point in zip(panels, curves, points, strict=True):
                axes.plot(inputs, curve, color=PALETTE[k], ls=_LINES[k], lw=2)
                label = f"{name}: {point:.3f}"
                style = {"color": PALETTE[k], "marker": MARKERS[k], "mec": "black"}
                axes.plot(x, point, ls="", ms=9, label=label, zorder=5, **style)
            told.append(f"{name} {points[0]:.3f}, gradient {points[1]:.3f}")
        for axes, title in zip(panels, ("output", "gradient (slope)"), strict=True):
            axes.axvline(x, color=_GREY, lw=1)
            axes.set(xlabel="input", ylabel=title)
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=11)
    return AltFigure(
        figure, f"Three activation functions and their gradients; at {x:g}: {'; '.join(told)}."
    )


def gradients_by_layer(table: pd.DataFrame) -> AltFigure:
    """Show how large the gradients are in each layer of several networks.

    A mark is the mean over the seeds, taken on the log scale, with its 95 % interval.

    Args:
        table: columns ``network``, ``seed``, ``layer`` (1 is next to the image) and ``gradient``
            (above 0).
    """
    logs = np.log10(np.maximum(table["gradient"], _SMALLEST))
    # summary speaks in per cent, hence the division.
    named = {"method": table["network"], "labels": table["layer"], "accuracy": logs / 100}
    scores = summary(pd.DataFrame(named))
    told = []
    with subplots(size=(8, 4.4)) as (figure, axes):
        for k, network in enumerate(table["network"].unique()):
            mine = scores.loc[network]
            mean, low, high = (
                10 ** (mine["mean"] + sign * mine["half_width"].fillna(0)) for sign in (0, -1, 1)
            )
            axes.errorbar(
                mine.index,
                mean,
                yerr=[mean - low, high - mean],
                color=PALETTE[k],
                marker=MARKERS[k],
                ls=_LINES[k % len(_LINES)],
                ms=7,
                capsize=3,
                label=network,
            )
            told.append(
                f"{network} {mean.iloc[0]:.0e} in the first, {mean.iloc[-1]:.0e} in the last"
            )
        axes.set_yscale("log")
        axes.set(xlabel="layer, counted from the image", ylabel="gradient of a weight (log scale)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    seeds = table["seed"].nunique()
    return AltFigure(figure, f"Gradients by layer, mean of {seeds} seeds: {'; '.join(told)} layer.")


# --------------------------------------------------------------------------- fields and costs


def receptive_fields(image: np.ndarray, fields: Mapping[str, Sequence[int]]) -> AltFigure:
    """Show how the receptive field grows from layer to layer.

    On the left the fields of the first stack are drawn around the middle of an image.

    Args:
        image: one channel, square, 0 to 1.
        fields: for each stack of layers, by its name, the field in pixels after each layer.
    """
    side = len(image)
    first, *_ = fields
    with subplots(1, 2, size=(8, 4.2), width_ratios=[1, 1.3]) as (figure, (seen, curves)):
        seen.imshow(image, cmap="gray", vmin=0, vmax=1)
        seen.set_axis_off()
        for k, field in enumerate(fields[first], start=1):
            if field <= side:
                corner = (side - field) // 2
                _outline(seen, corner, corner, field, lw=1.8)
                style = {"color": "white", "fontsize": 9, "va": "top"}
                seen.text(corner - 0.3, corner - 0.3, str(k), **style)
        seen.set_title(first, fontsize=11)
        for k, (name, widths) in enumerate(fields.items()):
            style = {"color": PALETTE[k], "marker": MARKERS[k], "ls": _LINES[k % len(_LINES)]}
            curves.plot(range(len(widths) + 1), [1, *widths], label=name, ms=7, **style)
        curves.axhline(side, color=_GREY, lw=1.2)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        curves.annotate("the whole image", (0.02, side), xytext=(0, 3), color=_GREY, **place)
        curves.set(xlabel="layers", ylabel="receptive field (pixels across)")
        curves.xaxis.set_major_locator(MaxNLocator(integer=True))
        curves.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=10)
    told = "; ".join(f"{name}: {', '.join(map(str, sizes))}" for name, sizes in fields.items())
    return AltFigure(
        figure, f"Receptive field in pixels, layer by layer, for images {side} wide. {told}."
    )


def network_costs(costs: Mapping[str, Cost]) -> AltFigure:
    """Show parameters and multiply-adds of networks as a table with marks on log scales.

    Args:
        costs: as from ``tlcourse.models.cost_of``, by the network's name.
    """
    titles = ("parameters", "multiply-adds for one image")
    with subplots(1, 2, size=(8, 1.2 + 0.5 * len(costs)), sharey=True) as (figure, panels):
        for k, (axes, title) in enumerate(zip(panels, titles, strict=True)):
            values = [cost[k] for cost in costs.values()]
            axes.plot(values, range(len(values)), ls="", marker=MARKERS[k], ms=9, color=PALETTE[k])
            for y, value in enumerate(values):
                place = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
                axes.annotate(_large(value), (value, y), **place)
            axes.set_xscale("log")
            axes.set_xlim(min(values) / 3, max(values) * 80)
            axes.set_xlabel(f"{title} (log scale)")
            axes.grid(axis="y", visible=False)
        panels[0].set_yticks(range(len(costs)), list(costs))
        panels[0].set_ylim(len(costs) - 0.5, -0.5)
    told = "; ".join(
        f"{name}: {_large(cost.parameters)} parameters, {_large(cost.operations)} multiply-adds"
        for name, cost in costs.items()
    )
    return AltFigure(figure, f"What networks cost. {told}.")


# ------------------------------------------------------------------------------------ helpers


def _limit(values: np.ndarray) -> float:
    """Return how far a scale around zero has to reach."""
    return float(np.abs(values).max()) or 1.0


def _signed(axes: Axes, values: np.ndarray) -> None:
    limit = _limit(values)
    axes.imshow(values, cmap="gray", vmin=-limit, vmax=limit)
    axes.set_axis_off()


def _numbers(
    axes: Axes, values: np.ndarray, low: float, high: float, *, size: float = 12, decimals: int = 2
) -> None:
    """Draw a small array as grey squares with a number in each."""
    axes.imshow(values, cmap="gray", vmin=low, vmax=high)
    for (row, column), value in np.ndenumerate(values):
        colour = "black" if (value - low) / (high - low) > 0.45 else "white"
        style = {"ha": "center", "va": "center", "fontsize": size, "color": colour}
        axes.text(column, row, _number(value, decimals), **style)
    axes.set_axis_off()


def _outline(
    axes: Axes, top: int, left: int, width: int, height: int | None = None, **style
) -> None:
    """Draw a frame around pixels; they reach half a pixel beyond their centres."""
    height = width if height is None else height
    style = {"fill": False, "ec": _ACCENT, "lw": 2.5} | style
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, **style))


def _number(value: float, decimals: int = 2) -> str:
    """Return a number without zeros at its end, and never "-0"."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _large(number: int) -> str:
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number}"
