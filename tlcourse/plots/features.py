"""Features: which layer gives the best ones, near source against far, and how they lie."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import series_style

_LINES = ("-", "--", "-.")
_PIXELS = "pixels"  # stands among the layers in a table, but is none


def accuracy_by_layer(table: pd.DataFrame) -> AltFigure:
    """Show the accuracy of a head on the features of each layer, for each label budget.

    Every small mark is one labelled split; a large one is their mean, with its 95 % interval
    (Student's t over the splits; none with fewer than three).

    Args:
        table: columns ``layer``, ``labels`` (budget) and ``accuracy`` (0 to 1), a row for each
            labelled split; layers in the order in which they are to stand. Those of the layer
            ``pixels`` are shown as a dotted line to compare with.
    """
    with subplots(size=(8, 4)) as (figure, axes):
        text = _curves(axes, table)
        axes.set_ylabel("accuracy (%)")
    return AltFigure(figure, f"Mean accuracy by layer: {text}.")


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
    texts = []
    with subplots(1, len(tables), size=(8, 4.4), sharey=True, squeeze=False) as (figure, axes):
        for place, (title, table) in zip(axes[0], tables.items(), strict=True):
            texts.append(f"{title}: {_curves(place, table)}")
            place.set_title(title, fontsize=12)
        axes[0, 0].set_ylabel("accuracy (%)")
    if far is None:
        texts.append("ImageNet's photographs are missing, as their weights could not be had")
    return AltFigure(figure, f"Mean accuracy by layer. {'; '.join(texts)}.")


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
    means = summary(table, ["layer", "labels"]).xs(budget, level="labels")["mean"]
    with subplots(1, 2, size=(8, 4.4), width_ratios=[2.2, 1]) as (figure, (plane, bars)):
        for label in np.unique(labels):
            mine = places[labels == label]
            mark = {"marker": f"${label}$", "edgecolor": "0.2", "lw": 0.2}
            plane.scatter(*mine.T, s=52, color=PALETTE[label], **mark)
        plane.set_xlabel(f"first principal component ({100 * shares[0]:.0f} % of variance)")
        plane.set_ylabel(f"second ({100 * shares[1]:.0f} %)")
        plane.set(xticks=[], yticks=[])
        plane.set_title(f"features from: {layer}", fontsize=12)
        colours = [PALETTE[1] if name == layer else "0.85" for name in layers]
        drawn = bars.barh(layers, means[layers], color=colours)
        numbers = [f"{means[name]:.0f} %" if name == layer else "" for name in layers]
        bars.bar_label(drawn, numbers, padding=3, weight="bold")
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


def _curves(axes: Axes, table: pd.DataFrame) -> str:
    """Draw one line over the layers for each label budget; return the means in words."""
    layers = [name for name in table["layer"].unique() if name != _PIXELS]
    budgets = sorted(table["labels"].unique())
    scores, texts = summary(table, ["layer", "labels"]), []
    for k, labels in enumerate(budgets):
        style = series_style(k)
        x = np.arange(len(layers)) + 0.12 * (k - (len(budgets) - 1) / 2)
        runs = table[(table["labels"] == labels) & (table["layer"] != _PIXELS)]
        at = x[[layers.index(name) for name in runs["layer"]]]
        axes.scatter(at, 100 * runs["accuracy"], s=12, alpha=0.5, **style)
        every = scores.xs(labels, level="labels")
        mean, width = every["mean"][layers], every["half_width"][layers]
        axes.errorbar(x, mean, yerr=width, ms=8, capsize=3, ls=_LINES[k], **style)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        words = {"color": PALETTE[k], "weight": "bold", "fontsize": 10, "bbox": box}
        _annotate(axes, f"{labels:,} labels", (x[-1], mean.iloc[-1]), (10, 0), va="center", **words)
        if _PIXELS in every.index:
            height = every["mean"][_PIXELS]
            axes.axhline(height, color=PALETTE[k], ls=":", lw=1.5)
            fraction = {"xycoords": ("axes fraction", "data"), "fontsize": 9}
            _annotate(axes, _PIXELS, (0, height), (3, 2), **fraction)
        values = (f"{name} {every['mean'][name]:.0f} %" for name in table["layer"].unique())
        texts.append(f"with {labels:,} labels {', '.join(values)}")
    # The common ending of MobileNetV2's names would only make the labels collide.
    names = [name.removesuffix("_expand_relu") for name in layers]
    axes.set_xticks(range(len(layers)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set(xlim=(-0.5, len(layers) + 0.2), ylim=(0, 100), xlabel="features taken from")
    axes.grid(axis="x", visible=False)
    return "; ".join(texts)


def _annotate(axes: Axes, text: str, point: tuple, offset: tuple, **options) -> None:
    axes.annotate(text, point, xytext=offset, textcoords="offset points", **options)
