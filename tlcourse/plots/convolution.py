"""Figures of notebook 02 that no library draws: a kernel at work, activations, pooling."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.models.convolution import ACTIVATIONS, activate, convolve, pool
from tlcourse.plots.arrays import grey, number_grid
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_LINES = ("-", "--", "-.")
_ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False}  # a legend


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
