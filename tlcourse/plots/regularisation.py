"""Figures of notebook 04: over- and underfitting, regularisation, schedules, searches, optimism.

Each takes a tidy table with one row for each run, or for each epoch of it, accuracies from 0 to 1,
and shows means over the seeds with their 95 % intervals.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_LOSSES = {"cross_entropy": "training", "val_cross_entropy": "validation"}
_DASHES = ("-", "--", ":", "-.")
_CHOSEN = 1  # place in the palette of what a control has chosen


def training_and_validation(curves: pd.DataFrame) -> AltFigure:
    """Show the loss on training and on validation images as training goes on.

    Args:
        curves: columns ``technique`` (a panel for each), ``seed``, ``steps``, ``cross_entropy``
            and ``val_cross_entropy``.
    """
    names = list(curves["technique"].unique())
    texts, highest = [], 0.0
    panels = {"sharex": True, "sharey": True, "squeeze": False}
    with subplots(1, len(names), size=(8, 3.7), **panels) as (figure, (places,)):
        for axes, name in zip(places, names, strict=True):
            ends = []
            for k, (column, label) in enumerate(_LOSSES.items()):
                scores = summary(curves[curves["technique"] == name], ["steps"], column, scale=1)
                loss = scores["mean"]
                _band(axes, scores, k, label=label, ls=_DASHES[k])
                highest = max(highest, loss.max())
                ends.append(f"{label} loss {loss.iloc[0]:.2f} to {loss.iloc[-1]:.2f}")
            lowest = f"lowest {loss.min():.2f} after {loss.idxmin()} steps"  # on validation images
            texts.append(f"{name}: {', '.join([*ends, lowest])}")
            axes.set_title(name, fontsize=12)
            axes.set_xlabel("training steps")
        places[0].set_ylim(0, 1.1 * highest)
        places[0].set_ylabel("cross-entropy")
        places[-1].legend(frameon=False)
    return AltFigure(figure, f"Loss by training steps. {'; '.join(texts)}.")


def early_stopping(curves: pd.DataFrame) -> AltFigure:
    """Show the validation loss of each run, its lowest point marked.

    Args:
        curves: columns ``seed``, ``steps`` and ``val_cross_entropy``, of one way of training.
    """
    texts = []
    with subplots(size=(8, 3.6)) as (figure, axes):
        for k, (seed, run) in enumerate(curves.groupby("seed")):
            loss, style = run.set_index("steps")["val_cross_entropy"], series_style(k)
            axes.plot(loss, color=style["color"], ls=_DASHES[k % 4], label=f"seed {seed}")
            axes.plot(loss.idxmin(), loss.min(), ls="", ms=11, mec="black", zorder=5, **style)
            texts.append(
                f"seed {seed} lowest {loss.min():.2f} after {loss.idxmin()} steps, "
                f"{loss.iloc[-1]:.2f} at the end"
            )
        axes.set(xlabel="training steps", ylabel="cross-entropy, validation")
        axes.legend(frameon=False)
    return AltFigure(
        figure, f"Validation loss of each run, its lowest point marked: {', '.join(texts)}."
    )


def weight_histograms(weights: Mapping[str, np.ndarray], *, near: float = 5e-3) -> AltFigure:
    """Show how large the weights of a layer are after training with different penalties.

    Args:
        weights: by name, arrays of any shape.
        near: what counts as near to zero.
    """
    limit = max(np.abs(values).max() for values in weights.values())
    bins = np.linspace(-limit, limit, 82)  # an odd number of bars: one stands on zero
    size = (8, 0.8 + 1.25 * len(weights))
    texts = []
    with subplots(len(weights), size=size, sharex=True, sharey=True, squeeze=False) as (
        figure,
        places,
    ):
        for k, (axes, (name, values)) in enumerate(zip(places.flat, weights.items(), strict=True)):
            texts.append(
                f"{name}: {(np.abs(values) < near).mean():.0%} nearer to zero than {near:g}"
            )
            axes.hist(values.ravel(), bins, log=True, color=PALETTE[k], edgecolor=PALETTE[k])
            axes.set_title(texts[-1], loc="left", fontsize=11)
        figure.supylabel("weights (log scale)", fontsize=11)
        axes.set_xlabel("value of the weight")
    return AltFigure(figure, f"Histograms of the weights of a layer. {'; '.join(texts)}.")


def regularisers(results: pd.DataFrame, *, against: str) -> AltFigure:
    """Compare regularisation techniques: training and held-out accuracy, and what each gains.

    Gains are paired: subtracted seed by seed, then averaged.

    Args:
        results: columns ``technique``, ``seed``, ``training`` and ``held_out`` (accuracies); the
            same seeds for every technique.
        against: the technique, or the lack of any, that gains are counted from.
    """
    names = list(results["technique"].unique())
    training, held_out = (summary(results, ["technique"], x) for x in ("training", "held_out"))
    by_seed = results.pivot(index="seed", columns="technique", values="held_out")
    gained = by_seed.sub(by_seed[against], axis=0)
    gains = summary(gained.melt(value_name="gain"), ["technique"], "gain")
    accuracies, texts = [], []
    with subplots(1, 2, size=(8, 1.5 + 0.5 * len(names)), sharey=True, width_ratios=[1.4, 1]) as (
        figure,
        (left, right),
    ):
        right.axvline(0, color=GREY, lw=1)
        for y, name in enumerate(names):
            ends = [training["mean"][name], held_out["mean"][name]]
            accuracies.append(f"{name} {ends[0]:.0f} and {ends[1]:.0f} %")
            left.plot(ends, [y, y], color=GREY, lw=1, ls=":")
            labels = ("training", "held out") if y == 0 else (None, None)  # once in the legend
            _bar(left, training.loc[name], y, PALETTE[0], "s", mfc="white", label=labels[0])
            _bar(left, held_out.loc[name], y, PALETTE[1], "o", label=labels[1])
            if name != against:
                points = 100 * gained[name]
                right.scatter(points, np.full(len(points), y + 0.22), s=12, color=GREY)
                _bar(right, gains.loc[name], y, PALETTE[2], "D")
                texts.append(f"{name} {_plus_minus(gains.loc[name])}")
        left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
        left.set_yticks(range(len(names)), [textwrap.fill(name, 22) for name in names])
        left.set_ylim(len(names) - 0.5, -0.5)
        left.set_xlabel("accuracy (%)")
        right.set_xlabel(f"gain over “{against}” (points)")
        for axes in (left, right):
            axes.grid(axis="y", visible=False)
    return AltFigure(
        figure,
        f"Mean accuracy over {len(by_seed)} seeds, training and held-out images: "
        f"{', '.join(accuracies)}. Gain over {against} on held-out images, in points: "
        f"{', '.join(texts)}.",
    )


def schedule_and_curves(
    rates: Sequence[float], curves: pd.DataFrame, kind: str, warmup: int
) -> AltFigure:
    """Show a learning-rate schedule above the learning curves of those that were trained.

    Args:
        rates: the learning rate in each epoch of a training.
        curves: columns ``kind``, ``warmup`` (per cent of the training), ``seed``, ``steps`` and
            ``val_accuracy``; whatever shapes were trained.
        kind: kind of the schedule above.
        warmup: its warm-up, in per cent of the training.
    """
    last = int(curves["steps"].max())
    name, texts = _shape(kind, warmup), []
    title = f"{name} (rates only: this shape was not trained)"
    with subplots(2, size=(8, 5.6), sharex=True, height_ratios=[1, 1.6]) as (
        figure,
        (above, below),
    ):
        edges = np.linspace(0, last, len(rates) + 1)
        above.step(edges, [*rates, rates[-1]], where="post", color=PALETTE[_CHOSEN], lw=2.5)
        above.set(ylabel="learning rate", ylim=(0, 1.1 * max(rates)))
        for k, (shape, runs) in enumerate(curves.groupby(["kind", "warmup"], sort=False)):
            label, scores = _shape(*shape), summary(runs, ["steps"], "val_accuracy")
            if shape == (kind, warmup):
                title = name
                _band(below, scores, _CHOSEN, label=label, lw=2.5, zorder=5)
            else:
                below.plot(scores["mean"], label=label, color=GREY, ls=_DASHES[k % 4], lw=1.2)
            texts.append(f"{label} {scores['mean'].iloc[-1]:.0f} %")
        above.set_title(title, fontsize=12)
        below.set(xlabel="training steps", ylabel="accuracy, validation (%)")
        below.legend(loc="lower right", fontsize=10)
    return AltFigure(
        figure,
        f"Learning rate of {title}: from {rates[0]:.2g} to {rates[-1]:.2g}, highest "
        f"{max(rates):.2g}. Validation accuracy after {last} steps: {', '.join(texts)}.",
    )


def search_results(table: pd.DataFrame, x: str, y: str) -> AltFigure:
    """Show the settings that each search tried, with the accuracy that each of them reached.

    Args:
        table: columns ``search``, ``accuracy`` and the two named settings; one row a setting.
        x: the setting on the horizontal axis, on a log scale.
        y: the setting on the vertical axis.
    """
    names = list(table["search"].unique())
    low, high = 100 * table["accuracy"].min(), 100 * table["accuracy"].max()
    marks = {"cmap": "viridis", "vmin": low, "vmax": high, "s": 130, "edgecolors": "black"}
    texts = []
    panels = {"sharex": True, "sharey": True, "squeeze": False}
    with subplots(1, len(names), size=(8, 4.2), **panels) as (figure, (places,)):
        for axes, name in zip(places, names, strict=True):
            tried = table[table["search"] == name]
            percent, values = 100 * tried["accuracy"], tried[x].nunique()
            axes.scatter(tried[x], tried[y], c=percent, zorder=3, **marks)
            for point, value in zip(tried[[x, y]].to_numpy(), percent, strict=True):
                offset = {"xytext": (0, 10), "textcoords": "offset points"}
                axes.annotate(f"{value:.0f}", point, ha="center", fontsize=10, **offset)
            best = tried.loc[percent.idxmax()]
            axes.plot(best[x], best[y], marker="o", ms=19, mfc="none", color="black", mew=1.5)
            # A mark on the axis for each value tried: a grid's settings share them.
            axis = {"transform": axes.get_xaxis_transform(), "clip_on": False}
            axes.plot(tried[x], np.zeros(len(tried)), "|", color=PALETTE[3], ms=18, mew=2, **axis)
            axes.set_title(f"{name}: {values} values of {x}", fontsize=12)
            axes.set_xlabel(f"{x} (log scale)")
            texts.append(
                f"{name}: {len(tried)} settings, {values} values of {x}, best "
                f"{percent.max():.0f} % at {x} {best[x]:.2g} and {y} {best[y]:.2g}"
            )
        places[0].set_xscale("log")
        places[0].set_ylabel(y)
        places[0].margins(x=0.08, y=0.14)  # space for the numbers above the highest marks
        figure.suptitle("accuracy (%) of each setting; the best one is ringed", fontsize=11)
    return AltFigure(figure, f"Accuracy by {x} and {y}. {'; '.join(texts)}.")


def optimism(table: pd.DataFrame) -> AltFigure:
    """Show by how much a test set flatters the best of many settings that were tried on it.

    Args:
        table: columns ``tried`` (number of settings), ``images`` (in the test set), and of the
            chosen one the accuracies ``reported`` (on that set), ``second`` (on another set)
            and ``truth``; one row for each repeat.
    """
    table = table.assign(optimism=table["reported"] - table["truth"])
    fewest = table["images"].min()
    numbers = sorted(table["tried"].unique().tolist())
    lines = {
        "reported": "on the set it was chosen on",
        "second": "on a second set",
        "truth": "in truth",
    }
    accuracies, flattery = [], []
    with subplots(1, 2, size=(8, 4.2)) as (figure, (left, right)):
        for k, (column, name) in enumerate(lines.items()):
            scores = summary(table[table["images"] == fewest], ["tried"], column)
            accuracies.append(f"{name} {_line(left, scores, k, name)} %")
        right.axhline(0, color=GREY, lw=1)
        for k, (size, runs) in enumerate(table.groupby("images"), start=len(lines)):
            scores = summary(runs, ["tried"], "optimism")
            flattery.append(
                f"with {size} images {_line(right, scores, k, f'{size} images')} points"
            )
        left.set_ylabel("accuracy of the chosen one (%)")
        left.set_title(f"{fewest} images in the test set", fontsize=12)
        right.set_ylabel("reported minus true (points)")
        right.set_title("optimism", fontsize=12)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xticks(numbers, [f"{number}" for number in numbers])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlabel("settings tried (log scale)")
            axes.legend(frameon=False, fontsize=10, loc="upper left")
    return AltFigure(
        figure,
        f"The best of {numbers[0]} to {numbers[-1]} settings, {fewest} images to choose by: "
        f"{', '.join(accuracies)}. Reported minus true: {', '.join(flattery)}.",
    )


def _band(axes: Axes, scores: pd.DataFrame, k: int, **line) -> None:
    low, high = scores["mean"] - scores["half_width"], scores["mean"] + scores["half_width"]
    axes.fill_between(scores.index, low, high, color=PALETTE[k], alpha=0.2, lw=0)
    axes.plot(scores.index, scores["mean"], ms=4, **series_style(k), **line)


def _line(axes: Axes, scores: pd.DataFrame, k: int, name: str) -> str:
    """Draw means with their intervals; return the first and the last mean in words."""
    bars = {"yerr": scores["half_width"], "capsize": 3, "ms": 7}
    axes.errorbar(scores.index, scores["mean"], label=name, **bars, **series_style(k))
    return f"{round(scores['mean'].iloc[0])} to {round(scores['mean'].iloc[-1])}"


def _bar(axes: Axes, row: pd.Series, y: float, colour: str, marker: str, **more) -> None:
    mark = {"color": colour, "marker": marker, "ms": 8, "capsize": 3, "ls": ""}
    axes.errorbar(row["mean"], y, xerr=row["half_width"], **mark, **more)


def _shape(kind: str, warmup: int) -> str:
    return f"{kind}, warm-up {warmup} %" if warmup else kind


def _plus_minus(row: pd.Series) -> str:
    width = "" if np.isnan(row["half_width"]) else f" ± {row['half_width']:.1f}"
    return f"{row['mean']:+.1f}{width}"
