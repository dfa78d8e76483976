"""Figures of notebook 05: source and target, what transfer gains, layers, and choosing a source.

Accuracies in the tables are from 0 to 1; figures show per cent, means over seeds and 95 % intervals
(Student's t; none for fewer than three seeds).
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from tlcourse.data import Dataset
from tlcourse.experiment.analysis import Difference, budgets, means, paired
from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import FAINT, GREY, budget_axis, error, series_style, stretch, title

_ROWS, _COLUMNS = 3, 6  # images shown of each side
_MEASURED = 2_000  # images whose ink is measured
_INK = np.linspace(0, 0.4, 21)
_STYLES = {
    "better": {"color": PALETTE[0], "marker": "^"},
    "worse": {"color": PALETTE[1], "marker": "v"},
    "undecided": {"color": GREY, "marker": "o"},
}


def source_and_target(source: Dataset, target: Dataset) -> AltFigure:
    """Show two datasets side by side, each with its domain and its task in the field's notation.

    Below stands how much ink their images have: one of the many ways in which P(X) can differ.

    Args:
        source: 18 training images at least.
        target: likewise.
    """
    texts = []
    with subplots(3, 2, size=(8, 6), height_ratios=[2, 0.9, 1.6]) as (figure, axes):
        grid = axes[2, 0].get_gridspec()
        for place in axes[2]:
            place.remove()
        below = figure.add_subplot(grid[2, :])
        for k, (role, side) in enumerate([("source", source), ("target", target)]):
            label = f"{role}: {side.name}"
            _montage(axes[0, k], side.train.images)
            axes[0, k].set_title(label, fontsize=12)
            axes[1, k].set_axis_off()
            axes[1, k].text(0.5, 0.5, _notation("ST"[k], side), ha="center", va="center")
            ink = side.train.images[:_MEASURED].mean(axis=(1, 2, 3))
            counts, _ = np.histogram(ink, _INK)
            middles = (_INK[:-1] + _INK[1:]) / 2
            below.plot(middles, 100 * counts / len(ink), label=label, ms=6, **series_style(k))
            texts.append(
                f"{role} {side.name}, {side.n_classes} classes ({_classes(side)}), mean ink "
                f"{ink.mean():.2f}"
            )
        below.set_xlabel("ink: mean of an image's pixels (0: all black, 1: all white)")
        below.set_ylabel("images (%)")
        below.legend(frameon=False)
    return AltFigure(figure, f"Images, domain and task of two datasets: {'; '.join(texts)}.")


def paired_differences(results: pd.DataFrame, against: str) -> AltFigure:
    """Show what variants gain or lose against one of them, seed by seed.

    A small mark is the difference for one seed, a large one their mean with its interval.

    Args:
        results: columns ``variant``, ``seed`` and ``accuracy``.
        against: the variant without transfer, which had the same seeds.
    """
    runs = results.pivot(index="seed", columns="variant", values="accuracy")
    names = [name for name in results["variant"].unique() if name != against]
    gains = runs[names].sub(runs[against], axis=0)
    scores = summary(gains.melt(value_name="gain"), ["variant"], "gain")
    with subplots(size=(8, 1.7 + 0.6 * len(names))) as (figure, axes):
        axes.axvline(0, color=GREY, lw=1.5)
        for y, name in enumerate(names):
            style, row = series_style(y), scores.loc[name]
            axes.scatter(100 * gains[name], np.full(len(gains), y), s=18, alpha=0.6, **style)
            axes.errorbar(row["mean"], y + 0.2, xerr=row["half_width"], ms=9, capsize=4, **style)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.6)
        furthest = 1.15 * max(np.abs(axes.get_xlim()))
        axes.set_xlim(-furthest, furthest)
        ends = ((0.0, "left", "← negative transfer"), (1.0, "right", "positive transfer →"))
        for x, side, text in ends:
            axes.annotate(text, (x, 1.02), xycoords="axes fraction", ha=side, color=GREY)
        axes.set_xlabel(f'points of accuracy more than "{against}", same seed')
        axes.grid(axis="y", visible=False)
    text = "; ".join(f"{name} {scores.loc[name, 'mean']:+.1f}" for name in names)
    return AltFigure(
        figure,
        f'Mean gain in points of accuracy over "{against}", {len(runs)} seeds, paired: {text}.',
    )


def accuracy_by_transferred(results: pd.DataFrame) -> AltFigure:
    """Show accuracy against the number of transferred blocks, a line for each variant.

    Args:
        results: columns ``blocks`` (how many came from the source), ``variant`` (what was done
            with them, like ``"frozen"``), ``seed`` and ``accuracy``. Rows with 0 blocks are where
            every line begins, whatever their variant.
    """
    scratch = results["blocks"] == 0
    texts = []
    with subplots(size=(8, 4)) as (figure, axes):
        for k, name in enumerate(results.loc[~scratch, "variant"].unique()):
            runs = results[scratch | (results["variant"] == name)]
            scores = summary(runs, ["blocks"])
            style, aside = series_style(k), 0.08 * (k - 0.5)  # so that marks do not hide each other
            axes.scatter(runs["blocks"] + aside, 100 * runs["accuracy"], s=14, alpha=0.5, **style)
            bars = {"yerr": scores["half_width"], "ms": 8, "capsize": 4}
            axes.errorbar(scores.index + aside, scores["mean"], label=name, **bars, **style)
            values = ", ".join(f"{n}: {mean:.0f} %" for n, mean in scores["mean"].items())
            texts.append(f"{name}: {values}")
        if scratch.any():
            axes.axhline(100 * results.loc[scratch, "accuracy"].mean(), color=GREY, ls="--", lw=1.5)
        axes.set_xticks(sorted(results["blocks"].unique()))
        axes.set_xlabel("blocks taken from the source, counted from the image")
        axes.set_ylabel("accuracy on the target (%)")
        axes.legend(title="transferred blocks are", frameon=False)
    return AltFigure(
        figure,
        f"Mean accuracy by number of transferred blocks; {'; '.join(texts)}. 0: no transfer.",
    )


def score_against_accuracy(table: pd.DataFrame, score: str = "score") -> AltFigure:
    """Show a score of sources against the accuracy that they led to, with Kendall's tau.

    Args:
        table: columns ``source``, ``seed``, ``score`` and ``accuracy``.
        score: what the axis calls the score.
    """
    accuracy = summary(table, ["source"]).sort_values("mean", ascending=False)
    scores = table.groupby("source")["score"].mean()[accuracy.index]
    tau = stats.kendalltau(scores, accuracy["mean"]).statistic
    texts = []
    with subplots(size=(8, 1.8 + 0.27 * max(len(scores), 8))) as (figure, axes):
        heights = np.linspace(0.98, 0.02, len(scores)) if len(scores) > 1 else [0.5]
        for (name, row), height in zip(accuracy.iterrows(), heights, strict=True):
            point = scores[name], row["mean"]
            axes.errorbar(*point, yerr=row["half_width"], ms=8, capsize=3, **series_style(0))
            axes.annotate(
                f"{name}  {row['mean']:.0f} %",
                point,
                xytext=(1.03, height),
                textcoords="axes fraction",
                va="center",
                fontsize=9,
                arrowprops={"arrowstyle": "-", "color": FAINT, "lw": 0.8, "shrinkB": 5},
            )
            texts.append(f"{name} {scores[name]:.2f} and {row['mean']:.0f} %")
        axes.set(xlabel=score, ylabel="measured accuracy (%)")
        axes.set_title(f"rank correlation (Kendall's tau): {tau:+.2f}", fontsize=12)
    return AltFigure(
        figure,
        f"{score} and measured accuracy of sources, Kendall's tau {tau:+.2f}: {'; '.join(texts)}.",
    )


def at_budget(table: pd.DataFrame, method: str, against: str, labels: int) -> AltFigure:
    """Show two methods' accuracy by labels and their difference, with one budget picked out.

    Args:
        table: results as from ``tlcourse.experiment.results.read``.
        method: name of a method.
        against: name of the method that it is compared with, paired by seed.
        labels: the budget that is picked out.
    """
    scores = means(table)
    every = budgets(table)
    with subplots(2, size=(8, 6), sharex=True, height_ratios=[1.7, 1]) as (figure, (above, below)):
        for k, name in enumerate(dict.fromkeys([method, against])):
            _curve(above, scores.loc[name], labels, label=title(name), **series_style(k))
        stretch(above)
        above.legend(loc="lower right", frameon=False)
        below.axhline(0, color=GREY, lw=1.5)
        for n in every:
            difference = paired(table, method, against, n)
            if difference.n:
                half = difference.high - difference.mean  # NaN where there is no interval
                size = 12 if n == labels else 7
                style = _STYLES[_verdict(difference)]
                below.errorbar(n, difference.mean, yerr=half, ms=size, capsize=4, **style)
        for axes in (above, below):
            axes.axvline(labels, color=FAINT, lw=8, zorder=0)
        for verdict, style in _STYLES.items():
            below.plot([], [], ls="", ms=7, label=verdict, **style)
        below.legend(loc="upper right", ncols=3, fontsize=9, frameon=False)
        below.set_ylabel("difference (points)")
        budget_axis(below, every)
        text = _text_at(table, scores, method, against, labels)
        figure.suptitle(text.replace("; ", "\n"), fontsize=11)
    return AltFigure(figure, f"{text}. Accuracy and difference for {len(every)} budgets.")


def _curve(axes: Axes, line: pd.DataFrame, labels: int, **style) -> None:
    """Draw accuracies as error rates, for an axis that ``stretch`` turns back."""
    low, high = line["low"].fillna(line["mean"]), line["high"].fillna(line["mean"])
    y = error(line["mean"])
    ends = [np.maximum(y - error(high), 0), np.maximum(error(low) - y, 0)]
    axes.errorbar(line.index, y, yerr=ends, ms=7, capsize=4, **style)
    if labels in line.index:
        style = {name: style[name] for name in ("color", "marker")}
        axes.plot(labels, error(line.loc[labels, "mean"]), ls="", ms=13, **style)


def _text_at(
    table: pd.DataFrame, scores: pd.DataFrame, method: str, against: str, labels: int
) -> str:
    """Say in words what the two methods gave at one budget."""
    accuracies = [
        f"{title(name)} {scores.loc[(name, labels), 'mean']:.1f} %"
        if (name, labels) in scores.index
        else f"{title(name)} not run"
        for name in (method, against)
    ]
    difference = paired(table, method, against, labels)
    if difference.n > 2:
        interval = f"95 % interval {difference.low:+.1f} to {difference.high:+.1f}"
        text = f"{difference.mean:+.1f} points, {interval}: {_verdict(difference)}"
    elif difference.n:
        seeds = "1 seed" if difference.n == 1 else f"{difference.n} seeds"
        text = f"{difference.mean:+.1f} points, {seeds} only: undecided"
    else:
        text = "no seed in common"
    return f"{labels:,} labels: {', '.join(accuracies)}; difference {text}"


def _verdict(difference: Difference) -> str:
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "undecided"


def _montage(axes: Axes, images: np.ndarray) -> None:
    tiles = images[: _ROWS * _COLUMNS, ..., 0].reshape(_ROWS, _COLUMNS, 28, 28)
    # Rows of tiles, then rows of pixels; so the tiles of one row come to stand side by side.
    whole = tiles.transpose(0, 2, 1, 3).reshape(_ROWS * 28, _COLUMNS * 28)
    axes.imshow(whole, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def _notation(letter: str, side: Dataset) -> str:
    """Return domain and task in the notation of Pan and Yang (2010), as matplotlib sets it."""
    return "\n".join(
        [
            rf"domain $\mathcal{{D}}_{letter} = \{{\mathcal{{X}}_{letter}, P_{letter}(X)\}}$",
            rf"$\mathcal{{X}}_{letter}$: images of 28×28 pixels",
            rf"task $\mathcal{{T}}_{letter} = \{{\mathcal{{Y}}_{letter}, P_{letter}(Y|X)\}}$",
            rf"$\mathcal{{Y}}_{letter}$: {_classes(side)}",
        ]
    )


def _classes(side: Dataset) -> str:
    names = side.class_names
    return f"{names[0]}, {names[1]}, ..., {names[-1]}" if len(names) > 3 else ", ".join(names)
