"""Figures of notebook 04: over- and underfitting, remedies, schedules, searches, optimism.

Each takes a tidy table with one row for each run, or for each look at a run, accuracies as shares
from 0 to 1, and shows means over the seeds with their 95 % intervals.
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

_PARTS = {"cross_entropy": "training", "val_cross_entropy": "validation"}
_DASHES = ("-", "--", ":", "-.")
_CHOSEN = 1  # place in the palette of what a control has chosen


def training_and_validation(curves: pd.DataFrame) -> AltFigure:
    """Show the loss on training and on validation images as training goes on.

    Args:
        curves: columns ``remedy`` (a panel for each), ``seed``, ``updates``, ``cross_entropy``
            and ``val_cross_entropy``.
    """
    names = list(curves["remedy"].unique())
    told, highest = [], 0.0
    with subplots(1, len(names), size=(8, 3.7), sharex=True, sharey=True, squeeze=False) as (
        figure,
        (places,),
    ):
        for axes, name in zip(places, names, strict=True):
            runs = curves[curves["remedy"] == name]
            for k, (column, part) in enumerate(_PARTS.items()):
                scores = _means(runs, "steps", column, percent=False)
                _band(axes, scores, k, label=part, ls=_DASHES[k])
                highest = max(highest, scores["mean"].max())
            lowest = scores["mean"]  # of the validation images, the last of the parts
            told.append(
                f"{name}: training loss {_ends(runs, 'cross_entropy')}, validation loss "
                f"{_ends(runs, 'val_cross_entropy')}, lowest {lowest.min():.2f} after "
                f"{lowest.idxmin()} updates"
            )
            axes.set_title(name, fontsize=12)
            axes.set_xlabel("steps")
        places[0].set_ylim(0, 1.1 * highest)
        places[0].set_ylabel("cross-entropy")
        places[-1].legend(frameon=False)
    return AltFigure(figure, f"Loss by number of updates. {'; '.join(told)}.")


def early_stopping(curves: pd.DataFrame) -> AltFigure:
    """Show the validation loss of each run, its lowest point marked.

    Args:
        curves: columns ``seed``, ``updates`` and ``val_cross_entropy``, of one way of training.
    """
    told = []
    with subplots(size=(8, 3.6)) as (figure, axes):
        for k, (seed, run) in enumerate(curves.groupby("seed")):
            losses = run.set_index("steps")["val_cross_entropy"]
            best, look = losses.min(), losses.idxmin()
            colour = series_style(k)["color"]
            axes.plot(losses.index, losses, color=colour, ls=_DASHES[k % 4], label=f"seed {seed}")
            axes.plot(look, best, ls="", ms=11, mec="black", zorder=5, **series_style(k))
            told.append(
                f"seed {seed} lowest {best:.2f} after {look} updates, {losses.iloc[-1]:.2f} at "
                "the end"
            )
        axes.set(xlabel="steps", ylabel="cross-entropy, validation")
        axes.legend(frameon=False)
    return AltFigure(
        figure, f"Validation loss of each run, its lowest point marked: {_join(told)}."
    )


def weight_histograms(weights: Mapping[str, np.ndarray], *, near: float = 5e-3) -> AltFigure:
    """Show how large the weights of a layer are after training with different penalties.

    Args:
        weights: by name, arrays of any shape.
        near: what counts as near to zero.
    """
    limit = max(np.abs(values).max() for values in weights.values())
    told = []
    with subplots(
        len(weights), size=(8, 0.8 + 1.25 * len(weights)), sharex=True, sharey=True, squeeze=False
    ) as (figure, places):
        for k, (name, values) in enumerate(weights.items()):
            axes = places[k, 0]
            share = (np.abs(values) < near).mean()
            bins = np.linspace(-limit, limit, 82)  # an odd number of bars: one stands on zero
            axes.hist(values.ravel(), bins, log=True, color=PALETTE[k], edgecolor=PALETTE[k])
            text = f"{name}: {share:.0%} nearer to zero than {near:g}"
            axes.set_title(text, loc="left", fontsize=11)
            told.append(text)
        figure.supylabel("weights (log scale)", fontsize=11)
        places[-1, 0].set_xlabel("value of the weight")
    return AltFigure(figure, f"Histograms of the weights of a layer. {'; '.join(told)}.")


def regularisers(results: pd.DataFrame, *, against: str) -> AltFigure:
    """Compare remedies: accuracy on training and on fresh images, and what each one gains.

    Gains are paired: subtracted seed by seed, then averaged.

    Args:
        results: columns ``remedy``, ``seed``, ``training`` and ``fresh`` (accuracies); the same
            seeds for every remedy.
        against: the remedy, or the lack of any, that gains are counted from.
    """
    names = list(results["remedy"].unique())
    fresh, training = (_means(results, "remedy", part).loc[names] for part in ("fresh", "training"))
    by_seed = results.pivot(index="seed", columns="remedy", values="fresh")
    gained = by_seed.sub(by_seed[against], axis=0).melt(var_name="remedy", value_name="gain")
    gains = _means(gained, "remedy", "gain").loc[names]
    with subplots(1, 2, size=(8, 1.5 + 0.5 * len(names)), sharey=True, width_ratios=[1.4, 1]) as (
        figure,
        (left, right),
    ):
        right.axvline(0, color=GREY, lw=1)
        for y, name in enumerate(names):
            ends = [training.loc[name, "mean"], fresh.loc[name, "mean"]]
            left.plot(ends, [y, y], color=GREY, lw=1, ls=":")
            _bar(left, training.loc[name], y, PALETTE[0], "s", mfc="white")
            _bar(left, fresh.loc[name], y, PALETTE[1], "o")
            if name != against:
                points = 100 * gained.loc[gained["remedy"] == name, "gain"]
                right.scatter(points, np.full(len(points), y + 0.22), s=12, color=GREY)
                _bar(right, gains.loc[name], y, PALETTE[2], "D")
        left.plot([], [], ls="", color=PALETTE[0], marker="s", mfc="white", label="training")
        left.plot([], [], ls="", color=PALETTE[1], marker="o", label="fresh")
        left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
        left.set_yticks(range(len(names)), [textwrap.fill(name, 22) for name in names])
        left.set_ylim(len(names) - 0.5, -0.5)
        left.set_xlabel("accuracy (%)")
        right.set_xlabel(f"gain over “{against}” (points)")
        for axes in (left, right):
            axes.grid(axis="y", visible=False)
    accuracies = ", ".join(
        f"{name} {training.loc[name, 'mean']:.0f} and {fresh.loc[name, 'mean']:.0f} %"
        for name in names
    )
    told = ", ".join(f"{name} {_plus_minus(gains.loc[name])}" for name in names if name != against)
    return AltFigure(
        figure,
        f"Mean accuracy over {len(by_seed)} seeds, training and fresh images: {accuracies}. "
        f"Gain over {against} on fresh images, in points: {told}.",
    )


def schedule_and_curves(
    rates: Sequence[float], curves: pd.DataFrame, kind: str, warmup: int
) -> AltFigure:
    """Show a learning-rate schedule above the learning curves of those that were trained.

    Args:
        rates: the learning rate in each of the equal periods of a training.
        curves: columns ``kind``, ``warmup`` (per cent of the training), ``seed``, ``updates`` and
            ``val_accuracy``; whatever shapes were trained.
        kind: kind of the schedule above.
        warmup: its warm-up, in per cent of the training.
    """
    steps = int(curves["steps"].max())
    edges = np.linspace(0, steps, len(rates) + 1)
    now, told, trained = _shape(kind, warmup), [], False
    with subplots(2, size=(8, 5.6), sharex=True, height_ratios=[1, 1.6]) as (
        figure,
        (above, below),
    ):
        steps = [*rates, rates[-1]]
        above.step(edges, steps, where="post", color=PALETTE[_CHOSEN], lw=2.5)
        above.set(ylabel="learning rate", ylim=(0, 1.1 * max(rates)))
        for k, (shape, runs) in enumerate(curves.groupby(["kind", "warmup"], sort=False)):
            name, scores = _shape(*shape), _means(runs, "steps", "val_accuracy")
            if shape == (kind, warmup):
                trained = True
                _band(below, scores, _CHOSEN, label=name, lw=2.5, zorder=5)
            else:
                line = {"color": GREY, "ls": _DASHES[k % 4], "lw": 1.2}
                below.plot(scores.index, scores["mean"], label=name, **line)
            told.append(f"{name} {scores['mean'].iloc[-1]:.0f} %")
        title = now if trained else f"{now} (rates only: this shape was not trained)"
        above.set_title(title, fontsize=12)
        below.set(xlabel="steps", ylabel="accuracy, validation (%)")
        below.legend(loc="lower right", fontsize=10)
    return AltFigure(
        figure,
        f"Learning rate of {title}: from {rates[0]:.2g} to {rates[-1]:.2g}, highest "
        f"{max(rates):.2g}. Validation accuracy after {steps} updates: {_join(told)}.",
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
    told = []
    with subplots(1, len(names), size=(8, 4.2), sharex=True, sharey=True, squeeze=False) as (
        figure,
        (places,),
    ):
        for axes, name in zip(places, names, strict=True):
            tried = table[table["search"] == name]
            percent = 100 * tried["accuracy"]
            marks = {"cmap": "viridis", "vmin": low, "vmax": high, "s": 130, "edgecolors": "black"}
            axes.scatter(tried[x], tried[y], c=percent, zorder=3, **marks)
            for place, value in zip(tried[[x, y]].to_numpy(), percent, strict=True):
                offset = {"xytext": (0, 10), "textcoords": "offset points"}
                axes.annotate(f"{value:.0f}", place, ha="center", fontsize=10, **offset)
            best = tried.loc[tried["accuracy"].idxmax()]
            axes.plot(best[x], best[y], marker="o", ms=19, mfc="none", color="black", mew=1.5)
            # A mark on the axis for each value tried: a grid's settings share them.
            floor = {"transform": axes.get_xaxis_transform(), "clip_on": False}
            axes.plot(tried[x], np.zeros(len(tried)), "|", color=PALETTE[3], ms=18, mew=2, **floor)
            values = tried[x].nunique()
            axes.set_title(f"{name}: {values} values of {x}", fontsize=12)
            axes.set_xlabel(f"{x} (log scale)")
            told.append(
                f"{name}: {len(tried)} settings, {values} values of {x}, best "
                f"{100 * best['accuracy']:.0f} % at {x} {best[x]:.2g} and {y} {best[y]:.2g}"
            )
        places[0].set_xscale("log")
        places[0].set_ylabel(y)
        places[0].margins(x=0.08, y=0.14)  # room for the numbers above the highest marks
        figure.suptitle("accuracy (%) of each setting; the best one is ringed", fontsize=11)
    return AltFigure(figure, f"Accuracy by {x} and {y}. {'; '.join(told)}.")


def optimism(table: pd.DataFrame) -> AltFigure:
    """Show by how much a test part flatters the best of many settings that were tried on it.

    Args:
        table: columns ``tried`` (number of settings), ``images`` (in the test part), and of the
            chosen one the accuracies ``reported`` (on that part), ``second`` (on another part)
            and ``truth``; one row for each repeat.
    """
    table = table.assign(optimism=table["reported"] - table["truth"])
    fewest = table["images"].min()
    few = table[table["images"] == fewest]
    numbers = sorted(table["tried"].unique().tolist())
    lines = {"reported": "on the part it was chosen on", "second": "on a second part"}
    lines["truth"] = "in truth"
    accuracies, flattery = [], []
    with subplots(1, 2, size=(8, 4.2)) as (figure, (left, right)):
        for k, (column, name) in enumerate(lines.items()):
            scores = _means(few, "tried", column)
            _line(left, scores, k, name)
            accuracies.append(f"{name} {_first_and_last(scores)} %")
        right.axhline(0, color=GREY, lw=1)
        for k, (size, runs) in enumerate(table.groupby("images"), start=len(lines)):
            scores = _means(runs, "tried", "optimism")
            _line(right, scores, k, f"{size} images")
            flattery.append(f"with {size} images {_first_and_last(scores)} points")
        left.set_ylabel("accuracy of the chosen one (%)")
        left.set_title(f"{fewest} images in the test part", fontsize=12)
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
        f"{_join(accuracies)}. Reported minus true: {_join(flattery)}.",
    )


def _means(table: pd.DataFrame, by: str, value: str, *, percent: bool = True) -> pd.DataFrame:
    """Return ``mean`` and ``half_width`` of the 95 % interval of a column, indexed by ``by``.

    Shares are given in per cent, or, with ``percent=False``, any number as it is.
    """
    table = table.reset_index(drop=True)  # put together from runs, it may count rows anew in each
    values = table[value] if percent else table[value] / 100  # summary multiplies by 100
    named = pd.DataFrame({"method": value, "labels": table[by], "accuracy": values})
    return summary(named).droplevel("method")


def _band(axes: Axes, scores: pd.DataFrame, k: int, **line) -> None:
    low, high = scores["mean"] - scores["half_width"], scores["mean"] + scores["half_width"]
    axes.fill_between(scores.index, low, high, color=PALETTE[k], alpha=0.2, lw=0)
    axes.plot(scores.index, scores["mean"], ms=4, **series_style(k), **line)


def _line(axes: Axes, scores: pd.DataFrame, k: int, name: str) -> None:
    bars = {"yerr": scores["half_width"], "capsize": 3, "ms": 7}
    axes.errorbar(scores.index, scores["mean"], label=name, **bars, **series_style(k))


def _bar(axes: Axes, row: pd.Series, y: float, colour: str, marker: str, **more) -> None:
    mark = {"color": colour, "marker": marker, "ms": 8, "capsize": 3}
    axes.errorbar(row["mean"], y, xerr=row["half_width"], **mark, **more)


def _shape(kind: str, warmup: int) -> str:
    return f"{kind}, warm-up {warmup} %" if warmup else kind


def _ends(runs: pd.DataFrame, column: str) -> str:
    means = runs.groupby("steps")[column].mean()
    return f"{means.iloc[0]:.2f} to {means.iloc[-1]:.2f}"


def _first_and_last(scores: pd.DataFrame) -> str:
    return f"{round(scores['mean'].iloc[0])} to {round(scores['mean'].iloc[-1])}"


def _plus_minus(row: pd.Series) -> str:
    width = "" if np.isnan(row["half_width"]) else f" ± {row['half_width']:.1f}"
    return f"{row['mean']:+.1f}{width}"


def _join(parts: Sequence[str]) -> str:
    return ", ".join(parts)
