"""Figures of notebook 10: two domains in one plane, and how much of their gap is closed."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from sklearn.decomposition import PCA

from tlcourse.experiment.gap import SOURCE_ONLY, TARGET_ONLY, describe, gaps_closed
from tlcourse.methods.adaptation import ADAPTATIONS
from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_DOMAINS = ("source", "target")
_MARKS = ("o", "^")  # the two that differ most where many overlap


def domain_plane(
    source: np.ndarray,
    target: np.ndarray,
    labels: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    title: str = "",
) -> AltFigure:
    """Show features of two domains in the plane of their first two principal components.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.
        labels: classes of both, shapes ``(n,)`` and ``(m,)``, 0 to 9. With them each image is
            drawn as its class, the domains side by side; without them, as a circle (source) or
            a triangle (target), in one plane.
        title: what the features are.
    """
    plane = PCA(2, random_state=0).fit(np.concatenate([source, target]))
    share = 100 * plane.explained_variance_ratio_
    places = [plane.transform(source), plane.transform(target)]
    size = (8, 4.6) if labels is None else (8, 4.4)
    columns = 1 if labels is None else 2
    with subplots(1, columns, size=size, sharex=True, sharey=True, squeeze=False) as (figure, axes):
        if labels is None:
            for k, points in enumerate(places):
                style = {"color": PALETTE[k], "marker": _MARKS[k], "label": _DOMAINS[k]}
                axes[0, 0].scatter(*points.T, s=26, alpha=0.6, lw=0, **style)
            axes[0, 0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
            axes[0, 0].axis("equal")  # the same unit in both directions
        else:
            for place, points, classes, name in zip(axes[0], places, labels, _DOMAINS, strict=True):
                _classes(place, points, classes)
                place.set_title(name, fontsize=12)
        for place in axes[0]:
            place.set(xticks=[], yticks=[])
            place.set_xlabel(f"first principal component ({share[0]:.0f} % of variance)")
        axes[0, 0].set_ylabel(f"second ({share[1]:.0f} %)")
        if title:
            figure.suptitle(title, fontsize=13)
    drawn = "each drawn as its class" if labels is not None else "as circles and triangles"
    return AltFigure(
        figure,
        f"{title + ': ' if title else ''}{len(source)} images of the source and {len(target)} of "
        f"the target, {drawn}, by the first two principal components of their features "
        f"({share.sum():.0f} % of the variance). {_apart(*places)}",
    )


def gap_closed(table: pd.DataFrame) -> AltFigure:
    """Show what each method reaches between source-only and target-only, and the share it closes.

    Small marks are seeds; a large one is their mean, with its 95 % interval. The share of the gap
    stands at the right, with its own interval.

    Args:
        table: from ``tlcourse.experiment.gap.run_pair``, of one pair, with ``source_only`` and
            ``target_only`` among the methods.
    """
    names = [name for name in ADAPTATIONS if name in set(table["method"])]
    closed = gaps_closed(table)
    scores = summary(table, ["method"])
    (pair,) = table["pair"].unique()
    texts = []
    with subplots(size=(8, 1.6 + 0.5 * len(names))) as (figure, axes):
        ends = scores.loc[[SOURCE_ONLY, TARGET_ONLY], "mean"]
        axes.axvspan(*ends, color="0.92", zorder=0)
        for level in ends:
            axes.axvline(level, color=GREY, ls="--", lw=1.2)
        for y, name in enumerate(names):
            at_end = name in (SOURCE_ONLY, TARGET_ONLY)
            style = {"color": GREY, "marker": "|"} if at_end else series_style(y)
            runs = 100 * table.loc[table["method"] == name, "accuracy"]
            axes.scatter(runs, np.full(len(runs), y + 0.22), s=16, alpha=0.6, **style)
            row = scores.loc[name]
            axes.errorbar(row["mean"], y, xerr=row["half_width"], ms=9, capsize=4, **style)
            share = "" if at_end else _share(closed.loc[name])
            beside = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 10}
            axes.annotate(share, (1.02, y), **beside)
            texts.append(f"{ADAPTATIONS[name].title} {row['mean']:.1f} %{share and ', ' + share}")
        axes.set_yticks(range(len(names)), [ADAPTATIONS[name].title for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlabel(f"accuracy on the target (%), {pair}")
        axes.grid(axis="y", visible=False)
        if len(closed):
            above = {"xycoords": "axes fraction", "va": "bottom", "fontsize": 10, "weight": "bold"}
            axes.annotate("share of the gap", (1.02, 1), **above)
    seeds = table["seed"].nunique()
    return AltFigure(
        figure,
        f"{pair}, mean accuracy on the target over {seeds} seeds: {'; '.join(texts)}. "
        f"{describe(table)}",
    )


def _share(row: pd.Series) -> str:
    """Return the share of a gap in words, with its interval if there is one."""
    if not row["n"]:
        return "no gap to close"
    interval = f" [{row['low']:.0f}, {row['high']:.0f}]" if row["n"] > 2 else ""
    return f"closes {row['mean']:.0f} %{interval}"


def _classes(axes: Axes, places: np.ndarray, labels: np.ndarray) -> None:
    for label in np.unique(labels):
        mine = places[labels == label]
        style = {"color": PALETTE[label % len(PALETTE)], "edgecolor": "0.2", "lw": 0.2}
        axes.scatter(*mine.T, s=46, marker=f"${label}$", **style)


def _apart(source: np.ndarray, target: np.ndarray) -> str:
    """Say how far the middles of two clouds of points are apart, by their own spread."""
    spread = np.sqrt((source.var(axis=0).sum() + target.var(axis=0).sum()) / 2)
    distance = np.linalg.norm(source.mean(axis=0) - target.mean(axis=0)) / max(spread, 1e-9)
    return f"In this plane the middles of the domains lie {distance:.1f} spreads apart."
