"""Figures of notebook 09: pseudo-labels kept, right and wrong; a graph; class mismatch.

Tables have one row for each seed and moment, shares from 0 to 1. Shown are means over the seeds
with their 95 % intervals (none with fewer than three seeds).
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tlcourse.plots.accuracy import summary
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


def pseudo_labels_over_time(table: pd.DataFrame, time: str = "round") -> AltFigure:
    """Show how many pseudo-labels are kept, and how many are right, as training goes on.

    Args:
        table: columns ``variant``, ``seed``, the one named by ``time``, ``kept`` (share of the
            images), ``right_of_kept`` (NaN where none is kept) and ``right`` (share of all
            images whose most probable class is the true one).
        time: the column that runs along the x axis: ``"round"``, ``"step"``.
    """
    panels = {"kept": "kept", "right_of_kept": "right among the kept", "right": "right among all"}
    variants = list(table["variant"].unique())
    moments = sorted(table[time].unique())
    texts = []
    with subplots(1, 3, size=(8, 3.8), sharey=True) as (figure, axes):
        for place, (column, title) in zip(axes, panels.items(), strict=True):
            scores = summary(table, ["variant", time], column)
            for k, name in enumerate(variants):
                _line(place, scores.loc[name], k, label=name)
                first, last = scores.loc[name]["mean"].reindex(moments).iloc[[0, -1]] / 100
                texts.append(f"{name}, {title}: from {_percent(first)} to {_percent(last)}")
            place.set_title(title, fontsize=11)
            place.set_xlabel(f"{time}s")
        axes[0].set_ylabel("images (%)")
        if len(variants) > 1:
            lines, names = axes[0].get_legend_handles_labels()
            options = {"ncols": len(variants), "frameon": False}
            figure.legend(lines, names, loc="outside upper center", **options)
    return AltFigure(
        figure, f"Pseudo-labels from {time} {moments[0]} to {moments[-1]}. {'; '.join(texts)}."
    )


def label_transitions(table: pd.DataFrame) -> AltFigure:
    """Show what becomes of the pseudo-labels that were wrong at first, and their confidence.

    Args:
        table: columns ``round``, ``seed``; ``same``, ``other`` and ``corrected`` (which shares of
            those wrong at first are wrong as before, wrong in another way, and right by now);
            ``confidence_wrong`` and ``confidence_right`` (mean probability given to the
            pseudo-labels of the images that were wrong, and right, at first).
    """
    parts = {
        "same": ("wrong as before", _WRONG, "///"),
        "other": ("wrong in another way", PALETTE[4], "..."),
        "corrected": ("right by now", _RIGHT, None),
    }
    confidences = {"confidence_right": "right at first", "confidence_wrong": "wrong at first"}
    means = 100 * table.groupby("round")[[*parts, *confidences]].mean()
    with subplots(1, 2, size=(8, 4)) as (figure, (bars, lines)):
        bottom = np.zeros(len(means))
        for column, (name, colour, hatch) in parts.items():
            height = means[column].to_numpy()
            style = {"color": colour, "hatch": hatch, "ec": "white"}
            bars.bar(means.index, height, 0.7, bottom, label=name, **style)
            bottom += height
        bars.set(xlabel="rounds", ylabel="of those wrong at first (%)", xticks=means.index)
        bars.grid(axis="x", visible=False)
        for k, (column, name) in enumerate(confidences.items()):
            _line(lines, summary(table, ["round"], column), k, label=name)
        lines.set(xlabel="rounds", ylabel="mean probability (%)", xticks=means.index, ylim=(0, 104))
        for axes in (bars, lines):
            axes.legend(fontsize=10, **_ABOVE)
    first, last = means.iloc[0], means.iloc[-1]
    return AltFigure(
        figure,
        f"Pseudo-labels wrong at first, after round {means.index[-1]}: "
        f"{last['same']:.0f} % wrong as before, {last['other']:.0f} % wrong in another way, "
        f"{last['corrected']:.0f} % right. Mean probability of those wrong at first: from "
        f"{first['confidence_wrong']:.0f} to {last['confidence_wrong']:.0f} %; right at first: "
        f"from {first['confidence_right']:.0f} to {last['confidence_right']:.0f} %.",
    )


def pseudo_label_confusion(labels: np.ndarray, predictions: Mapping[str, np.ndarray]) -> AltFigure:
    """Show, at several moments, which classes are taken for which.

    Args:
        labels: the true classes, shape ``(n,)``.
        predictions: the pseudo-labels, shape ``(n,)``, by the title of their matrix.
    """
    n_classes = 1 + int(max(labels.max(), *(x.max() for x in predictions.values())))
    classes = range(n_classes)
    texts = []
    with subplots(1, len(predictions), size=(8, 4.3), squeeze=False) as (figure, places):
        for axes, (title, found) in zip(places[0], predictions.items(), strict=True):
            counts = np.zeros((n_classes, n_classes), int)
            np.add.at(counts, (labels, found), 1)
            axes.imshow(counts, cmap="Greys")
            for y, x in product(classes, repeat=2):
                if counts[y, x]:
                    colour = "white" if counts[y, x] > counts.max() / 2 else "black"
                    middle = {"ha": "center", "va": "center", "fontsize": 8}
                    axes.text(x, y, counts[y, x], color=colour, **middle)
            axes.set(xticks=classes, yticks=classes, xlabel="pseudo-label")
            share = _percent((labels == found).mean())
            axes.set_title(f"{title}: {share} right", fontsize=12)
            axes.grid(visible=False)
            wrong = counts * ~np.eye(n_classes, dtype=bool)
            most = np.argsort(-wrong, axis=None, kind="stable")[:3]
            pairs = [divmod(int(place), n_classes) for place in most if wrong.flat[place]]
            mixed = ", ".join(f"{a} taken for {b} ({wrong[a, b]} times)" for a, b in pairs)
            texts.append(f"{title}: {share} right, {mixed or 'no mistake'}")
        places[0, 0].set_ylabel("true class")
    return AltFigure(figure, f"Pseudo-labels of {len(labels)} images. {'; '.join(texts)}.")


def class_sizes(sizes: Mapping[str, np.ndarray], there: np.ndarray) -> AltFigure:
    """Show how many images each way of choosing gives to each class.

    Args:
        sizes: for each way its counts, shape ``(n_classes,)``.
        there: how many images each class truly has, shape ``(n_classes,)``.
    """
    places = np.arange(len(there))
    shifts = np.linspace(-0.22, 0.22, len(sizes)) if len(sizes) > 1 else [0.0]
    with subplots(size=(8, 3.8)) as (figure, axes):
        axes.plot(places, there, "_", ms=34, mew=2, color=GREY, label="truly there")
        for k, ((name, counts), shift) in enumerate(zip(sizes.items(), shifts, strict=True)):
            axes.plot(places + shift, counts, ls="", ms=8, label=name, **series_style(k))
        axes.set(xticks=places, xlabel="pseudo-label", ylabel="images")
        axes.set_ylim(bottom=-4)
        axes.grid(axis="x", visible=False)
        axes.legend(ncols=len(sizes) + 1, fontsize=9, handlelength=3.5, **_ABOVE)
    text = "; ".join(
        f"{name}: from {counts.min():.0f} (class {counts.argmin()}) to {counts.max():.0f} "
        f"(class {counts.argmax()})"
        for name, counts in sizes.items()
    )
    return AltFigure(figure, f"Images that get each pseudo-label. {text}.")


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


def class_mismatch(table: pd.DataFrame, level: float) -> AltFigure:
    """Show what images of out-of-distribution classes among the unlabelled ones do to accuracy.

    Args:
        table: columns ``kind`` (what stands in the place of the images taken out), ``share``
            (of images taken out), ``seed`` and ``accuracy``.
        level: mean accuracy without any unlabelled image, 0 to 1.
    """
    scores = summary(table, ["kind", "share"])
    texts = []
    with subplots(size=(8, 4)) as (figure, axes):
        for k, name in enumerate(table["kind"].unique()):
            mine = scores.loc[name].rename(lambda share: 100 * share)
            _line(axes, mine, k, label=name)
            means = ", ".join(f"{share:.0f} %: {row['mean']:.1f}" for share, row in mine.iterrows())
            texts.append(f"{name}, by share {means}")
        axes.axhline(100 * level, color=GREY, ls=":", lw=1.5)
        axes.annotate(
            "labelled images alone",
            (0.01, 100 * level),
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            color=GREY,
            fontsize=10,
        )
        axes.set_xlabel("unlabelled digits taken out (%)")
        axes.set_ylabel("accuracy on held-out digits (%)")
        low, high = axes.get_ylim()  # an interval of few seeds may leave what is possible
        axes.set_ylim(max(low, 0), min(high, 102))
        axes.legend(ncols=2, **_ABOVE)
    return AltFigure(
        figure,
        f"Mean accuracy in per cent on held-out digits. {'; '.join(texts)}; labelled images alone: "
        f"{100 * level:.1f}.",
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


def _line(axes: Axes, scores: pd.DataFrame, k: int, *, label: str) -> None:
    style = {"ms": 7, "lw": 1.6, "ls": _LINES[k % len(_LINES)], "capsize": 3, **series_style(k)}
    axes.errorbar(scores.index, scores["mean"], yerr=scores["half_width"], label=label, **style)


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.0f} %"
