"""Figures of notebook 01: images as numbers, bad data, augmented images, pipelines and folds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.images import show_images
from tlcourse.plots.style import GREY, Box, boxes

_USUAL, _MARKED = PALETTE[0], PALETTE[1]
_SHOWN = 20  # suspicious images; more would be too small to judge


def image_numbers(
    image: np.ndarray, *, corner: tuple[int, int] = (7, 7), size: int = 14
) -> AltFigure:
    """Show one image beside the numbers of a square patch of it, to one decimal.

    Args:
        image: shape ``(28, 28, 1)``, 0 (shown black) to 1 (shown white).
        corner: row and column of the patch's upper left pixel.
        size: height and width of the patch in pixels; 14 at most stay readable.
    """
    top, left = corner
    rows, columns = range(top, top + size), range(left, left + size)
    patch = pd.DataFrame(image[top : top + size, left : left + size, 0], rows, columns)
    texts = [[f"{value:.1f}" if value else "0" for value in row] for row in patch.to_numpy()]
    with subplots(1, 2, size=(8, 4.2)) as (figure, (whole, close)):
        grey(whole, image[..., 0])
        whole.add_patch(Rectangle((left, top), size, size, fill=False, ec=_MARKED, lw=2.5))
        whole.set(xticks=range(0, 28, 7), yticks=range(0, 28, 7))
        whole.set_title("the image", fontsize=12)
        number_grid(close, patch, texts, 0, 1, size=8)
        close.set_title("the numbers inside the frame", fontsize=12)
        for axes in (whole, close):
            axes.set(xlabel="column (pixels)", ylabel="row (pixels)")
    return AltFigure(
        figure,
        f"An image of {image.shape[0]}×{image.shape[1]} pixels beside the numbers of rows {top} "
        f"to {rows[-1]} and columns {left} to {columns[-1]}: 0 where it is black, up to "
        f"{patch.to_numpy().max():.1f} where it is white.",
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
    below = values < (-np.inf if limit is None else limit)
    edges, text = np.histogram_bin_edges(values, 60), ""
    with subplots(size=(8, 3)) as (figure, axes):
        if limit is not None:
            edges, text = np.union1d(edges, [limit]), f"{below.sum():,} below {limit:g}"
            hatching = {"color": _MARKED, "hatch": "///", "edgecolor": "white", "lw": 0}
            axes.hist(values[below], edges, label=text, **hatching)
            axes.axvline(limit, color=GREY, ls="--", lw=1.5)
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
        axes.hist(values[~below], edges, color=_USUAL)
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.7)
        axes.set(xlabel=what, ylabel=f"{counted} (log scale)")
        axes.grid(axis="x", visible=False)
    return AltFigure(
        figure,
        f"Histogram of {what} over {len(values):,} {counted}: from {values.min():.3g} to "
        f"{values.max():.3g}, half of them up to {np.median(values):.3g}{text and '; ' + text}.",
    )


def class_counts(labels: np.ndarray, class_names: Sequence[str]) -> AltFigure:
    """Show how many images each class has.

    Args:
        labels: shape ``(n,)``, integers from 0 to the number of classes - 1.
        class_names: what each label stands for.
    """
    counts = np.bincount(labels, minlength=len(class_names))
    with subplots(size=(8, 2.8)) as (figure, axes):
        bars = axes.bar(class_names, counts, color=_USUAL, width=0.7)
        axes.bar_label(bars, fmt="{:,.0f}", padding=2, fontsize=9)
        axes.set(xlabel="class", ylabel="images")
        axes.margins(y=0.12)
        axes.grid(axis="x", visible=False)
    text = ", ".join(f"{name}: {n:,}" for name, n in zip(class_names, counts, strict=True))
    return AltFigure(figure, f"Number of images of each class. {text}.")


def suspicious_labels(
    pictures: np.ndarray,
    given: np.ndarray,
    suggested: np.ndarray,
    corrupted: np.ndarray | None = None,
) -> AltFigure:
    """Show images whose label is in doubt, each with its label → the label suggested.

    The first 20 are shown.

    Args:
        pictures: shape ``(n, 28, 28, 1)``, one image at least.
        given: their labels, shape ``(n,)``.
        suggested: what the labels should perhaps be, shape ``(n,)``.
        corrupted: which labels are known to be wrong, a mask of shape ``(n,)``; marked with ✗.
    """
    titles = [f"{a} → {b}" for a, b in zip(given, suggested, strict=True)][:_SHOWN]
    if corrupted is not None:
        marks = [" ✗" if wrong else "" for wrong in corrupted]
        titles = [title + mark for title, mark in zip(titles, marks, strict=False)]
    alt = f"{len(titles)} images, each with its label → the label suggested: {'; '.join(titles)}."
    alt += (corrupted is not None) * " ✗: corrupted."
    return show_images(pictures[:_SHOWN], titles, alt=alt)


def changed_images(originals: np.ndarray, changed: np.ndarray, how: str) -> AltFigure:
    """Show images above several augmented versions of each.

    Args:
        originals: shape ``(n, 28, 28, 1)``, 0 to 1.
        changed: shape ``(versions, n, 28, 28, 1)``; one row of the figure for each version.
        how: how they were changed, for the title and the alt text.
    """
    versions, n = changed.shape[:2]
    size = (8, 0.6 + (1 + versions) * 7.6 / n)
    with subplots(2, size=size, height_ratios=[1, versions]) as (figure, (above, below)):
        grey(above, tiled(originals[..., 0], n))
        grey(below, tiled(changed.reshape(-1, *changed.shape[2:4]), n))
        above.set_title(how, fontsize=12)
        for axes, name in ((above, "as it is"), (below, "changed")):
            axes.set(xticks=[], yticks=[], ylabel=name)
    return AltFigure(
        figure, f"{n} images, and below each {versions} changed versions of it: {how}."
    )


def pipeline_costs(seconds: Mapping[str, Sequence[float]]) -> AltFigure:
    """Compare how long variants of an input pipeline take, as ratios to the first of them.

    A bar is the median of the repeats, small circles are the single ones.

    Args:
        seconds: by the variant's name, the wall time of every repeat.
    """
    names = list(seconds)
    unit = np.median(seconds[names[0]])
    medians = [float(np.median(times) / unit) for times in seconds.values()]
    with subplots(size=(8, 1 + 0.5 * len(names))) as (figure, axes):
        axes.barh(names, medians, color=_USUAL, height=0.6)
        beside = {"xytext": (10, 0), "textcoords": "offset points", "va": "center"}
        for y, (times, median) in enumerate(zip(seconds.values(), medians, strict=True)):
            ratios = np.asarray(times) / unit
            axes.plot(ratios, np.full(len(ratios), y), "o", ms=4, color="black", mfc="white")
            axes.annotate(f"{median:.2f}", (max(ratios.max(), 1.0), y), **beside)
        axes.axvline(1, color=GREY, ls="--", lw=1.5)
        axes.set_xlabel(f"time of one pass ({names[0]} = 1)")
        axes.margins(x=0.15)
        axes.set_xlim(left=0)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
    text = ", ".join(f"{name} {ratio:.2f}" for name, ratio in zip(names, medians, strict=True))
    return AltFigure(figure, f"Time of one pass over the data, {names[0]} = 1: {text}.")


def fold_accuracies(accuracies: Sequence[float]) -> AltFigure:
    """Show which fold is held out in each round of K-fold cross-validation, and what came of it.

    Args:
        accuracies: of each round on the fold held out, 0 to 1.
    """
    k = len(accuracies)
    train, validate = Box("train", _USUAL), Box("validate", _MARKED, "///")
    fields = {(i, j): validate if i == j else train for i in range(k) for j in range(k)}
    percents = [f"{100 * accuracy:.1f} %" for accuracy in accuracies]
    fields |= {(i, k): Box(percent) for i, percent in enumerate(percents)}
    with subplots(size=(8, 0.8 + 0.45 * k)) as (figure, axes):
        rows = [f"round {i + 1}" for i in range(k)]
        boxes(axes, rows, [*(f"fold {j + 1}" for j in range(k)), "accuracy"], fields)
    return AltFigure(
        figure,
        f"{k}-fold cross-validation: each of {k} folds is held out for validation in one round. "
        f"Accuracies: {', '.join(percents)}; mean {100 * np.mean(accuracies):.1f} %.",
    )


# ------------------------------------------------------------- shared with notebooks 02 and 03


def grey(axes: Axes, values: np.ndarray, low: float = 0, high: float = 1) -> None:
    """Draw an array in grey, ``low`` black and ``high`` white; pixel r, c reaches to r+1, c+1."""
    height, width = values.shape
    extent = (0, width, height, 0)
    axes.imshow(values, cmap="gray", vmin=low, vmax=high, interpolation="nearest", extent=extent)
    axes.grid(visible=False)


def number_grid(
    axes: Axes,
    values: np.ndarray | pd.DataFrame,
    texts: Sequence[Sequence[str]],
    low: float,
    high: float,
    *,
    size: float = 12,
    cmap: str = "gray",
) -> None:
    """Draw a small array as squares with a text in each; a table's index and columns are ticks."""
    options = {"cbar": False, "square": True, "annot_kws": {"size": size}}
    sns.heatmap(
        values, vmin=low, vmax=high, cmap=cmap, annot=np.array(texts), fmt="", ax=axes, **options
    )
    axes.tick_params(axis="y", rotation=0)


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """Return images of shape ``(n, height, width)`` as one, in rows, with gaps of NaN between."""
    n, height, width = images.shape
    gap = max(1, height // 12)
    rows, columns = -(-n // columns), min(n, columns)
    sheet = np.full((rows, columns, height + gap, width + gap), np.nan)
    for i, image in enumerate(images):
        sheet[i // columns, i % columns, :height, :width] = image
    sheet = sheet.transpose(0, 2, 1, 3).reshape(rows * (height + gap), columns * (width + gap))
    return sheet[:-gap, :-gap]
