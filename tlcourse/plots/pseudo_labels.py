"""Figures of notebook 09's widgets: pseudo-labels that a threshold keeps; a graph of images."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_RIGHT, _WRONG = PALETTE[0], PALETTE[1]
_AT_THE_EDGE = 8  # images
_LINES = ("-", "--", "-.", ":")
_ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False}  # a legend there


def pseudo_labels_kept(
    probabilities: np.ndarray, labels: np.ndarray, images: np.ndarray, threshold: float
) -> AltFigure:
    """Show which pseudo-labels a threshold keeps: how many, how many right, of which classes.

    Below stand the images that only just came in, with their pseudo-labels.

    Args:
        probabilities: of each class for each image, shape ``(n, n_classes)``.
        labels: the true classes, shape ``(n,)``.
        images: shape ``(n, 28, 28, 1)``, 0 to 1.
        threshold: smallest probability at which a pseudo-label is kept, 0 to 1.
    """
    confidence, predictions = probabilities.max(axis=1), probabilities.argmax(axis=1)
    right, kept = predictions == labels, confidence >= threshold
    n, n_classes = probabilities.shape
    classes = range(n_classes)
    by_class = [np.bincount(predictions[kept & x], minlength=n_classes) for x in (right, ~right)]
    with subplots(size=(8, 5.8)) as (figure, axes):
        axes.remove()
        top, bottom = figure.subfigures(2, 1, height_ratios=[3.6, 1.2])
        curves, bars = top.subplots(1, 2)
        _kept_by_threshold(curves, confidence, right, threshold)
        bars.bar(classes, by_class[0], color=_RIGHT, label="right")
        hatched = {"color": _WRONG, "hatch": "///", "ec": "white", "label": "wrong"}
        bars.bar(classes, by_class[1], bottom=by_class[0], **hatched)
        there = np.bincount(labels, minlength=n_classes)
        bars.plot(classes, there, "_", ms=14, mew=2, color=GREY, label="truly there")
        bars.set(xticks=classes, xlabel="pseudo-label", ylabel="images kept")
        bars.grid(axis="x", visible=False)
        bars.legend(ncols=3, fontsize=9, **_ABOVE)
        last = np.flatnonzero(kept)[np.argsort(confidence[kept], kind="stable")][:_AT_THE_EDGE]
        _edge(bottom, images[last], predictions[last], labels[last])
    share = f"{_percent(right[kept].mean())} of them right" if kept.any() else "so none is right"
    counts = ", ".join(f"{k}: {count}" for k, count in enumerate(by_class[0] + by_class[1]))
    return AltFigure(
        figure,
        f"Threshold {threshold:.2f}: {kept.sum()} of {n} pseudo-labels are kept, {share}. "
        f"Kept by class: {counts}.",
    )


def neighbour_graph(
    places: np.ndarray,
    edges: np.ndarray,
    distributions: np.ndarray,
    labels: np.ndarray,
    *,
    labelled: int,
    steps: int,
) -> AltFigure:
    """Show a graph of images in a plane, each drawn as the class that has the most of it so far.

    Args:
        places: shape ``(n, 2)``.
        edges: pairs of neighbours, integers of shape ``(m, 2)``.
        distributions: how much of each image each class has, shape ``(n, n_classes)``. Images that
            no label has reached in so few steps are drawn as small grey dots.
        labels: the true classes, shape ``(n,)``.
        labelled: the first so many images have their labels, and a ring around them.
        steps: how often the labels have spread.
    """
    reached = _reached(edges, len(places), labelled, steps)
    predictions = distributions.argmax(axis=1)
    right = (predictions == labels)[labelled:][reached[labelled:]]
    with subplots(size=(8, 5)) as (figure, axes):
        axes.add_collection(LineCollection(places[edges], color="0.75", lw=0.6, zorder=1))
        axes.scatter(*places[~reached].T, s=10, color="0.5", zorder=2)
        for k in np.unique(predictions[reached]):
            # The dark edge keeps the lighter colours readable on white.
            style = {"color": PALETTE[k % len(PALETTE)], "edgecolor": "0.2", "marker": f"${k}$"}
            axes.scatter(*places[reached & (predictions == k)].T, s=52, lw=0.2, zorder=3, **style)
        ring = {"s": 190, "facecolor": "none", "edgecolor": "black", "lw": 1.6}
        axes.scatter(*places[:labelled].T, zorder=4, **ring)
        axes.set(xticks=[], yticks=[])
        text = (
            f"after {steps} {'step' if steps == 1 else 'steps'}: {len(right)} of "
            f"{len(places) - labelled} unlabelled images reached, {right.sum()} right"
        )
        axes.set_title(text, fontsize=12)
    return AltFigure(
        figure,
        f"A graph of {len(places)} images, each joined to its nearest neighbours, {labelled} of "
        f"them labelled; {text}.",
    )


def _kept_by_threshold(
    axes: Axes, confidence: np.ndarray, right: np.ndarray, threshold: float
) -> None:
    """Draw shares of images kept and right over all thresholds; mark those of this one."""
    grid = np.append(np.linspace(0, 1, 101), threshold)
    kept = confidence >= grid[:, None]
    shares = kept.mean(axis=1)
    with np.errstate(invalid="ignore"):  # where none is kept, no share of them is right
        rights = (kept & right).sum(axis=1) / kept.sum(axis=1)
    for k, (values, name) in enumerate([(shares, "kept"), (rights, "right among the kept")]):
        style, here = series_style(k), f"{name}: {_percent(values[-1])}"
        axes.plot(grid[:-1], 100 * values[:-1], ls=_LINES[k], color=style["color"])
        axes.plot(grid[-1], 100 * values[-1], ms=10, label=here, **style)
    axes.axvline(threshold, color=GREY, lw=1)
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 104), xlabel="threshold", ylabel="images (%)")
    axes.legend(fontsize=9, **_ABOVE)


def _edge(figure, images: np.ndarray, predictions: np.ndarray, labels: np.ndarray) -> None:
    figure.suptitle(
        "the last ones in: pseudo-label (and the truth where it is another)", fontsize=10
    )
    for i, place in enumerate(figure.subplots(1, _AT_THE_EDGE)):
        place.set_axis_off()
        if i < len(images):
            place.imshow(images[i, ..., 0], cmap="gray", vmin=0, vmax=1)
            wrong = predictions[i] != labels[i]
            text = f"{predictions[i]} (a {labels[i]})" if wrong else f"{predictions[i]}"
            place.set_title(text, fontsize=11, pad=2, color=_WRONG if wrong else "black")


def _reached(edges: np.ndarray, n: int, labelled: int, steps: int) -> np.ndarray:
    """Return which images are joined to a labelled one by so many edges or fewer."""
    reached = np.arange(n) < labelled
    one, other = edges.T
    for _ in range(steps):
        newly = np.concatenate([one[reached[other]], other[reached[one]]])
        reached[newly] = True
    return reached


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.0f} %"
