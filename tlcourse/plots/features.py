"""Features of images as points in the plane."""

from collections.abc import Sequence

import numpy as np

from tlcourse.plots.figure import PALETTE, AltFigure, subplots


def feature_scatter(
    places: np.ndarray, labels: np.ndarray, shares: Sequence[float], *, layer: str
) -> AltFigure:
    """Show images as points in the plane, each drawn as its digit.

    Args:
        places: shape ``(n, 2)``: the first two principal components of the layer's features.
        labels: shape ``(n,)``, 0 to 9.
        shares: share of the features' variance along each of the two, 0 to 1.
        layer: the layer whose features are shown.
    """
    with subplots(size=(8, 4.4)) as (figure, axes):
        for label in np.unique(labels):
            mine = places[labels == label]
            mark = {"marker": f"${label}$", "edgecolor": "0.2", "lw": 0.2}
            axes.scatter(*mine.T, s=52, color=PALETTE[label], **mark)
        axes.set_xlabel(f"first principal component ({100 * shares[0]:.0f} % of variance)")
        axes.set_ylabel(f"second ({100 * shares[1]:.0f} %)")
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"features from: {layer}", fontsize=12)
    return AltFigure(
        figure,
        f"{len(labels)} digits placed by the first two principal components of their features "
        f"from {layer} ({100 * sum(shares):.0f} % of the variance), each drawn as its class.",
    )
