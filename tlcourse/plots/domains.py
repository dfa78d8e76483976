"""Two domains in one plane, for the widget of notebook 10."""

import numpy as np
from matplotlib.axes import Axes
from sklearn.decomposition import PCA

from tlcourse.plots.figure import PALETTE, AltFigure, subplots

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
