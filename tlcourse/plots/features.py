"""Features: which layer gives the best ones, near source against far, and how they lie."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, subplots

_LINES = ("-", "--", "-.")
_PIXELS = "pixels"  # stands among the layers in a table, but is none


def accuracy_by_layer(table: pd.DataFrame) -> AltFigure:
    """Show the accuracy of a head on the features of each layer, for each label budget.

    Every small mark is one draw of labels; a large one is their mean, with its 95 % interval
    (Student's t over the draws; none with fewer than three).

    Args:
        table: columns ``layer``, ``labels`` (budget) and ``accuracy`` (0 to 1), a row for each
            draw; layers in the order in which they are to stand. Those of the layer ``pixels``
            are shown as a dotted line to compare with.
    """
    with subplots(size=(8, 4)) as (figure, axes):
        _curves(axes, table)
        axes.set_ylabel("accuracy (%)")
        axes.set_xlabel("features taken from")
    return AltFigure(figure, f"Mean accuracy by layer: {_told(table)}.")


def near_against_far(near: pd.DataFrame, far: pd.DataFrame | None) -> AltFigure:
    """Show the layers of two pretrained bases side by side, with raw pixels as dotted lines.

    Args:
        near: the letters base, and raw pixels: a table like that of ``accuracy_by_layer``.
        far: the ImageNet base, likewise without pixels; None if its weights cannot be had.
    """
    tables = {"near and small: printed letters": near}
    if far is not None:
        pixels = near[near["layer"] == _PIXELS]
        tables["far and huge: ImageNet's photographs"] = pd.concat([far, pixels])
    with subplots(1, len(tables), size=(8, 4.4), sharey=True, squeeze=False) as (figure, axes):
        for place, (title, table) in zip(axes[0], tables.items(), strict=True):
            # The common ending of MobileNetV2's names would only make the labels collide.
            _curves(place, table.assign(layer=table["layer"].str.removesuffix("_expand_relu")))
            place.set_title(title, fontsize=12)
            place.set_xlabel("features taken from")
        axes[0, 0].set_ylabel("accuracy (%)")
    told = "; ".join(f"{title}: {_told(table)}" for title, table in tables.items())
    if far is None:
        told += "; ImageNet's photographs are missing, as their weights could not be had"
    return AltFigure(figure, f"Mean accuracy by layer. {told}.")


def feature_scatter(
    places: np.ndarray,
    labels: np.ndarray,
    shares: Sequence[float],
    table: pd.DataFrame,
    *,
    layer: str,
    budget: int,
) -> AltFigure:
    """Show images as points in the plane, each drawn as its digit, beside the layer's accuracy.

    Args:
        places: shape ``(n, 2)``: the first two principal components of the layer's features.
        labels: shape ``(n,)``, 0 to 9.
        shares: share of the features' variance along each of the two, 0 to 1.
        table: accuracies of all layers, as for ``accuracy_by_layer``.
        layer: the layer whose features are shown.
        budget: the label budget whose accuracies are shown.
    """
    layers = list(table["layer"].unique())
    means = _summary(table).xs(budget, level="labels")["mean"]
    with subplots(1, 2, size=(8, 4.4), width_ratios=[2.2, 1]) as (figure, (plane, bars)):
        for label in np.unique(labels):
            mine = places[labels == label]
            style = {"color": PALETTE[label], "edgecolor": "0.2", "lw": 0.2}
            plane.scatter(*mine.T, s=52, marker=f"${label}$", **style)
        plane.set_xlabel(f"first principal component ({100 * shares[0]:.0f} % of variance)")
        plane.set_ylabel(f"second ({100 * shares[1]:.0f} %)")
        plane.set(xticks=[], yticks=[])
        plane.set_title(f"features from: {layer}", fontsize=12)
        colours = [PALETTE[1] if name == layer else "0.85" for name in layers]
        drawn = bars.barh(layers, [means[name] for name in layers], color=colours)
        bars.bar_label(
            drawn,
            [f"{means[name]:.0f} %" if name == layer else "" for name in layers],
            padding=3,
            weight="bold",
        )
        bars.invert_yaxis()
        bars.set(xlim=(0, 118), xticks=[0, 50, 100])
        bars.set_xlabel("accuracy (%)")
        bars.set_title(f"head on {budget:,} labels", fontsize=12)
        bars.grid(axis="y", visible=False)
    return AltFigure(
        figure,
        f"{len(labels)} digits placed by the first two principal components of their features "
        f"from {layer} ({100 * sum(shares):.0f} % of the variance), each drawn as its class. "
        f"Beside it the accuracy of a head trained on {budget:,} labels: {means[layer]:.0f} %.",
    )


def _curves(axes: Axes, table: pd.DataFrame) -> None:
    """Draw one line over the layers for each label budget, named at its right end."""
    layers = [name for name in table["layer"].unique() if name != _PIXELS]
    budgets = sorted(table["labels"].unique())
    scores = _summary(table)
    for k, labels in enumerate(budgets):
        style = {"color": PALETTE[k], "marker": MARKERS[k]}
        x = np.arange(len(layers)) + 0.12 * (k - (len(budgets) - 1) / 2)
        draws = table[(table["labels"] == labels) & (table["layer"] != _PIXELS)]
        at = x[[layers.index(name) for name in draws["layer"]]]
        axes.scatter(at, 100 * draws["accuracy"], s=12, alpha=0.5, **style)
        mine = scores.xs(labels, level="labels").loc[layers]
        axes.errorbar(
            x, mine["mean"], yerr=mine["half_width"], ms=8, capsize=3, ls=_LINES[k], **style
        )
        axes.annotate(
            f"{labels:,} labels",
            (x[-1], mine["mean"].iloc[-1]),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            color=PALETTE[k],
            weight="bold",
            fontsize=10,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        if (_PIXELS, labels) in scores.index:
            height = scores.loc[(_PIXELS, labels), "mean"]
            axes.axhline(height, color=PALETTE[k], ls=":", lw=1.5)
            axes.annotate(
                _PIXELS,
                (0, height),
                xycoords=("axes fraction", "data"),
                xytext=(3, 2),
                textcoords="offset points",
                fontsize=9,
            )
    axes.set_xticks(range(len(layers)), layers, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.5, len(layers) + 0.2)
    axes.set_ylim(0, 100)
    axes.grid(axis="x", visible=False)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean and interval in per cent by layer and budget."""
    return summary(table.rename(columns={"layer": "method"}))


def _told(table: pd.DataFrame) -> str:
    """Return the means as a sentence for the alt text."""
    means = _summary(table)["mean"].round()
    told = []
    for labels in sorted(table["labels"].unique()):
        values = ", ".join(f"{x} {means[x, labels]:.0f} %" for x in table["layer"].unique())
        told.append(f"with {labels:,} labels {values}")
    return "; ".join(told)
