"""Figures of notebook 02: kernels at work, activations, gradients, pooling, fields, costs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from tlcourse.models.convolution import ACTIVATIONS, activate, convolve, pool
from tlcourse.models.costs import Cost
from tlcourse.plots.accuracy import summary
from tlcourse.plots.arrays import grey, number_grid
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_LINES = ("-", "--", "-.", ":")
_SMALLEST = 1e-30  # a gradient of exactly 0 has no place on a log scale
_ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False}  # a legend


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
            _around_zero(place, values)
            place.set_title(title, fontsize=12)
        figure.supxlabel("black: below zero; mid-grey: zero; white: above zero", fontsize=11)
    text = ", ".join(
        f"{title} from {_number(values.min())} to {_number(values.max())}"
        for title, values in maps.items()
    )
    return AltFigure(figure, f"{len(maps)} feature maps, in shades of grey: {text}.")


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
    feature_map = convolve(image, kernel, stride, padding)
    top, left = row * stride, column * stride
    patch = padded[top : top + size, left : left + size]
    products = patch * kernel
    total = _number(products.sum())
    height, width = image.shape
    rows, columns = feature_map.shape
    with subplots(2, 3, size=(8, 5.2), height_ratios=[1.5, 1]) as (figure, axes):
        (seen, words, result), numbers = axes
        grey(seen, padded)
        seen.set_axis_off()
        _outline(seen, top, left, size)
        if padding:
            _outline(seen, padding, padding, width, height, ec="0.6", ls="--", lw=1.2)
        seen.set_title(f"image, {height} × {width}", fontsize=12)
        words.set_axis_off()
        words.text(0.5, 0.75, "→", ha="center", va="center", fontsize=30)
        rule = f"({height} + 2·{padding} − {size}) // {stride} + 1\n= {rows} rows"
        words.text(0.5, 0.3, rule, ha="center", va="center")
        _around_zero(result, feature_map)
        _outline(result, row, column, 1)
        result.set_title(f"feature map, {rows} × {columns}", fontsize=12)
        _numbers(numbers[0], patch, 0, 1)
        _numbers(numbers[1], kernel, -_limit(kernel), _limit(kernel))
        _numbers(numbers[2], products, -_limit(products), _limit(products))
        titles = "patch", f"× {name}", f"= products; sum: {total}"
        for place, title in zip(numbers, titles, strict=True):
            place.set_title(title, fontsize=12)
    return AltFigure(
        figure,
        f"The kernel {name}, stride {stride}, padding {padding}, on an image of {height} × {width} "
        f"pixels. At row {row}, column {column} of the feature map the products of patch and "
        f"kernel add up to {total}. The feature map has {rows} × {columns} numbers, from "
        f"{_number(feature_map.min())} to {_number(feature_map.max())}.",
    )


def pooling(values: np.ndarray, size: int, stride: int, how: str) -> AltFigure:
    """Show a small map beside what pooling makes of it, with one window marked in both.

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
    texts = []
    with subplots(1, 2, size=(8, 4)) as (figure, panels):
        for k, name in enumerate(ACTIVATIONS):
            curves, points = activate(name, inputs), activate(name, x)
            for axes, curve, point in zip(panels, curves, points, strict=True):
                axes.plot(inputs, curve, color=PALETTE[k], ls=_LINES[k], lw=2)
                mark = {"ls": "", "ms": 9, "mec": "black", "zorder": 5, **series_style(k)}
                axes.plot(x, point, label=f"{name}: {point:.3f}", **mark)
            texts.append(f"{name} {points[0]:.3f}, gradient {points[1]:.3f}")
        for axes, title in zip(panels, ("output", "gradient (slope)"), strict=True):
            axes.axvline(x, color=GREY, lw=1)
            axes.set(xlabel="input", ylabel=title)
            axes.legend(fontsize=11, **_ABOVE)
    return AltFigure(
        figure, f"Three activation functions and their gradients; at {x:g}: {'; '.join(texts)}."
    )


def gradients_by_layer(table: pd.DataFrame) -> AltFigure:
    """Show how large the gradients are in each layer of several networks.

    A mark is the mean over the seeds, taken on the log scale, with its 95 % interval.

    Args:
        table: columns ``network``, ``seed``, ``layer`` (1 is next to the image) and ``gradient``
            (above 0).
    """
    logs = table.assign(log=np.log10(table["gradient"].clip(_SMALLEST)))
    scores = summary(logs, ("network", "layer"), "log", scale=1)
    half = scores["half_width"].fillna(0)
    scores = scores.assign(low=scores["mean"] - half, high=scores["mean"] + half)
    scores = 10 ** scores[["mean", "low", "high"]]
    texts = []
    with subplots(size=(8, 4.4)) as (figure, axes):
        for k, network in enumerate(table["network"].unique()):
            mean, low, high = scores.loc[network].to_numpy().T
            layers, bars = scores.loc[network].index, [mean - low, high - mean]
            line = {"ls": _LINES[k % len(_LINES)], "ms": 7, "capsize": 3, **series_style(k)}
            axes.errorbar(layers, mean, yerr=bars, label=network, **line)
            texts.append(f"{network} {mean[0]:.0e} in the first, {mean[-1]:.0e} in the last")
        axes.set_yscale("log")
        axes.set(xlabel="layer, counted from the image", ylabel="gradient of a weight (log scale)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(ncols=2, **_ABOVE)
    over = f"mean of {table['seed'].nunique()} seeds"
    return AltFigure(figure, f"Gradients by layer, {over}: {'; '.join(texts)} layer.")


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
        grey(seen, image)
        seen.set_axis_off()
        for k, field in enumerate(fields[first], start=1):
            if field <= side:
                corner = (side - field) // 2
                _outline(seen, corner, corner, field, lw=1.8)
                seen.text(corner + 0.2, corner + 0.2, k, color="white", fontsize=9, va="top")
        seen.set_title(first, fontsize=11)
        for k, (name, widths) in enumerate(fields.items()):
            line = {"ls": _LINES[k % len(_LINES)], "ms": 7, **series_style(k)}
            curves.plot(range(len(widths) + 1), [1, *widths], label=name, **line)
        curves.axhline(side, color=GREY, lw=1.2)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        curves.annotate("the whole image", (0.02, side), xytext=(0, 3), color=GREY, **place)
        curves.set(xlabel="layers", ylabel="receptive field (pixels across)")
        curves.xaxis.set_major_locator(MaxNLocator(integer=True))
        curves.legend(fontsize=10, **_ABOVE)
    text = "; ".join(f"{name}: {', '.join(map(str, sizes))}" for name, sizes in fields.items())
    return AltFigure(
        figure, f"Receptive field in pixels, layer by layer, for images {side} wide. {text}."
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
            axes.plot(values, range(len(values)), ls="", ms=9, **series_style(k))
            for y, value in enumerate(values):
                place = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
                axes.annotate(_large(value), (value, y), **place)
            axes.set_xscale("log")
            axes.set_xlim(min(values) / 3, max(values) * 80)
            axes.set_xlabel(f"{title} (log scale)")
            axes.grid(axis="y", visible=False)
        panels[0].set_yticks(range(len(costs)), list(costs))
        panels[0].set_ylim(len(costs) - 0.5, -0.5)
    text = "; ".join(
        f"{name}: {_large(cost.parameters)} parameters, {_large(cost.macs)} multiply-adds"
        for name, cost in costs.items()
    )
    return AltFigure(figure, f"What networks cost. {text}.")


# ------------------------------------------------------------------------------------ helpers


def _limit(values: np.ndarray) -> float:
    """Return how far a scale around zero has to reach."""
    return float(np.abs(values).max()) or 1.0


def _around_zero(axes: Axes, values: np.ndarray) -> None:
    grey(axes, values, -_limit(values), _limit(values))
    axes.set_axis_off()


def _numbers(
    axes: Axes, values: np.ndarray, low: float, high: float, *, size: float = 12, decimals: int = 2
) -> None:
    texts = [[_number(value, decimals) for value in row] for row in values]
    number_grid(axes, values, texts, low, high, size=size)
    axes.set_axis_off()


def _outline(
    axes: Axes, top: int, left: int, width: int, height: int | None = None, **options
) -> None:
    """Draw a frame around pixels."""
    options = {"fill": False, "ec": PALETTE[1], "lw": 2.5, "clip_on": False} | options
    axes.add_patch(Rectangle((left, top), width, height or width, **options))


def _number(value: float, decimals: int = 2) -> str:
    """Return a number without zeros at its end, and never "-0"."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _large(number: int) -> str:
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number}"
