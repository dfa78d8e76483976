"""Figures of notebook 01: images as numbers, bad data, changed images, pipelines and folds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, Box, boxes

_USUAL, _MARKED = PALETTE[0], PALETTE[1]
_SHOWN = 20  # suspicious images; more would be too small to judge
_GAP = 0.35  # grey between the images of a montage


def image_numbers(
    image: np.ndarray, *, corner: tuple[int, int] = (7, 7), size: int = 14
) -> AltFigure:
    """Show one image beside the numbers of a square part of it, to one decimal.

    Args:
        image: shape ``(28, 28, 1)``, 0 (shown black) to 1 (shown white).
        corner: row and column of the part's upper left pixel.
        size: height and width of the part in pixels; 14 at most stay readable.
    """
    top, left = corner
    part = image[top : top + size, left : left + size, 0]
    with subplots(1, 2, size=(8, 4.2)) as (figure, (whole, close)):
        _grey(whole, image[..., 0])
        frame = Rectangle((left - 0.5, top - 0.5), size, size, fill=False, ec=_MARKED, lw=2.5)
        whole.add_patch(frame)
        whole.set(xticks=range(0, 28, 7), yticks=range(0, 28, 7))
        whole.set_title("the image", fontsize=12)
        inside = (left - 0.5, left + size - 0.5, top + size - 0.5, top - 0.5)
        _grey(close, part, extent=inside)
        for (row, column), value in np.ndenumerate(part):
            close.text(
                left + column,
                top + row,
                f"{value:.1f}" if value else "0",
                color="black" if value > 0.5 else "white",
                fontsize=8,
                ha="center",
                va="center",
            )
        close.set_title("the numbers inside the frame", fontsize=12)
        for axes in (whole, close):
            axes.set(xlabel="column (pixels)", ylabel="row (pixels)")
    return AltFigure(
        figure,
        f"An image of {image.shape[0]}×{image.shape[1]} pixels beside the numbers of rows {top} "
        f"to {top + size - 1} and columns {left} to {left + size - 1}: 0 where it is black, up to "
        f"{part.max():.1f} where it is white.",
    )


def value_histogram(
    values: np.ndarray, *, what: str, counted: str = "images", limit: float | None = None
) -> AltFigure:
    """Show how often each value occurs, on a log scale, so that rare ones are seen too.

    Args:
        values: any shape; every number counts once.
        what: what the values are, with their unit.
        counted: what has these values: "images" or "pixels".
        limit: values below it are hatched and counted.
    """
    values = np.ravel(values)
    edges = np.histogram_bin_edges(values, 60)
    with subplots(size=(8, 3)) as (figure, axes):
        if limit is None:
            axes.hist(values, edges, color=_USUAL)
            below = ""
        else:
            edges = np.union1d(edges, [limit])
            few = values[values < limit]
            axes.hist(few, edges, color=_MARKED, hatch="///", edgecolor="white", lw=0)
            axes.hist(values[values >= limit], edges, color=_USUAL)
            axes.axvline(limit, color=GREY, ls="--", lw=1.5)
            axes.annotate(
                f"{len(few):,} below {limit:g}",
                (limit, 0.95),
                xycoords=("data", "axes fraction"),
                xytext=(6, 0),
                textcoords="offset points",
                va="top",
                color=GREY,
            )
            below = f"; {len(few):,} lie below {limit:g}"
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.7)
        axes.set(xlabel=what, ylabel=f"{counted} (log scale)")
        axes.grid(axis="x", visible=False)
    return AltFigure(
        figure,
        f"Histogram of {what} over {len(values):,} {counted}: from {values.min():.3g} to "
        f"{values.max():.3g}, half of them up to {np.median(values):.3g}{below}.",
    )


def class_counts(labels: np.ndarray, class_names: Sequence[str]) -> AltFigure:
    """Show how many images each class has.

    Args:
        labels: shape ``(n,)``, integers from 0 to the number of classes - 1.
        class_names: what each label stands for.
    """
    counts = np.bincount(labels, minlength=len(class_names))
    with subplots(size=(8, 2.8)) as (figure, axes):
        bars = axes.bar(range(len(counts)), counts, color=_USUAL, width=0.7)
        axes.bar_label(bars, fmt="{:,.0f}", padding=2, fontsize=9)
        axes.set_xticks(range(len(counts)), class_names)
        axes.set(xlabel="class", ylabel="images")
        axes.margins(y=0.12)
        axes.grid(axis="x", visible=False)
    told = ", ".join(f"{name}: {n:,}" for name, n in zip(class_names, counts, strict=True))
    return AltFigure(figure, f"Number of images of each class. {told}.")


def suspicious_labels(
    pictures: np.ndarray,
    given: np.ndarray,
    suggested: np.ndarray,
    planted: np.ndarray | None = None,
) -> AltFigure:
    """Show images whose label is in doubt; above each, its label and the one suggested.

    The first 20 are shown.

    Args:
        pictures: shape ``(n, 28, 28, 1)``, one image at least.
        given: their labels, shape ``(n,)``.
        suggested: what the labels should perhaps be, shape ``(n,)``.
        planted: which labels are known to be wrong, a mask of shape ``(n,)``; told below each
            image.
    """
    n, columns = min(len(pictures), _SHOWN), 10
    rows = -(-n // columns)
    height = 1.05 + (0.25 if planted is not None else 0)
    with subplots(rows, columns, size=(8, height * rows), squeeze=False) as (figure, axes):
        for i, place in enumerate(axes.flat):
            place.set_axis_off()
            if i >= n:
                continue
            _grey(place, pictures[i, ..., 0])
            place.set_title(f"{given[i]} → {suggested[i]}", fontsize=11, pad=2)
            if planted is not None:
                place.text(
                    0.5,
                    -0.06,
                    "planted" if planted[i] else "genuine",
                    transform=place.transAxes,
                    ha="center",
                    va="top",
                    fontsize=9,
                    weight="bold" if planted[i] else "normal",
                    color=_MARKED if planted[i] else GREY,
                )
    told = "; ".join(f"{a} → {b}" for a, b in zip(given[:n], suggested[:n], strict=True))
    known = "" if planted is None else f" {int(planted[:n].sum())} of these labels were planted."
    return AltFigure(
        figure, f"{n} images, each with its label → the label suggested: {told}.{known}"
    )


def changed_images(originals: np.ndarray, changed: np.ndarray, told: str) -> AltFigure:
    """Show images above several changed versions of each.

    Args:
        originals: shape ``(n, 28, 28, 1)``, 0 to 1.
        changed: shape ``(versions, n, 28, 28, 1)``; one row of the figure for each version.
        told: how they were changed, for the title and the alt text.
    """
    versions, n = changed.shape[:2]
    ratios = [1, versions]
    size = (8, 0.6 + (1 + versions) * 7.6 / n)
    with subplots(2, size=size, height_ratios=ratios) as (figure, (above, below)):
        _grey(above, _montage(originals[None]))
        _grey(below, _montage(changed))
        above.set_title(told, fontsize=12)
        for axes, name in ((above, "as it is"), (below, "changed")):
            axes.set(xticks=[], yticks=[])
            axes.set_ylabel(name)
    return AltFigure(
        figure, f"{n} images, and below each {versions} changed versions of it: {told}."
    )


def pipeline_costs(seconds: Mapping[str, Sequence[float]]) -> AltFigure:
    """Compare how long variants of an input pipeline take, as ratios to the first of them.

    A bar is the median of the repeats, small circles are the single ones.

    Args:
        seconds: by the variant's name, the wall time of every repeat.
    """
    names = list(seconds)
    unit = np.median(seconds[names[0]])
    ratios = {name: np.asarray(times) / unit for name, times in seconds.items()}
    medians = [float(np.median(values)) for values in ratios.values()]
    with subplots(size=(8, 1 + 0.5 * len(names))) as (figure, axes):
        axes.barh(names, medians, color=_USUAL, height=0.6)
        beside = {"xytext": (10, 0), "textcoords": "offset points", "va": "center"}
        for y, (values, median) in enumerate(zip(ratios.values(), medians, strict=True)):
            axes.plot(values, np.full(len(values), y), "o", ms=4, color="black", mfc="white")
            axes.annotate(f"{median:.2f}", (max(values.max(), 1.0), y), **beside)
        axes.axvline(1, color=GREY, ls="--", lw=1.5)
        axes.set_xlabel(f"time of one pass ({names[0]} = 1)")
        axes.margins(x=0.15)
        axes.set_xlim(left=0)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
    told = ", ".join(f"{name} {ratio:.2f}" for name, ratio in zip(names, medians, strict=True))
    return AltFigure(figure, f"Time of one pass over the data, {names[0]} = 1: {told}.")


def fold_accuracies(accuracies: Sequence[float]) -> AltFigure:
    """Show which part of the data is held out in each round of K-fold, and what came of it.

    Args:
        accuracies: of each round on the part held out, 0 to 1.
    """
    k = len(accuracies)
    fields = {}
    for i, accuracy in enumerate(accuracies):
        for j in range(k):
            held_out = i == j
            fields[i, j] = Box("validate", _MARKED, "///") if held_out else Box("train", _USUAL)
        fields[i, k] = Box(f"{100 * accuracy:.1f} %")
    with subplots(size=(8, 0.8 + 0.45 * k)) as (figure, axes):
        rows = [f"round {i + 1}" for i in range(k)]
        boxes(axes, rows, [*(f"part {j + 1}" for j in range(k)), "accuracy"], fields)
    told = ", ".join(f"{100 * accuracy:.1f} %" for accuracy in accuracies)
    return AltFigure(
        figure,
        f"{k}-fold cross-validation: the data in {k} parts, each held out for validation in one "
        f"round of {k}. Accuracies: {told}; mean {100 * np.mean(accuracies):.1f} %.",
    )


def _grey(axes: Axes, image: np.ndarray, **options) -> None:
    """Draw an image of numbers from 0 (black) to 1 (white)."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest", **options)
    axes.grid(visible=False)


def _montage(pictures: np.ndarray) -> np.ndarray:
    """Return one large image of ``(rows, columns, height, width, 1)`` small ones."""
    framed = np.pad(
        pictures[..., 0], ((0, 0), (0, 0), (1, 1), (1, 1)), mode="constant", constant_values=_GAP
    )
    rows, columns, height, width = framed.shape
    return framed.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
