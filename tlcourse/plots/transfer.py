"""Two methods at every label budget: their accuracies, and their difference paired by seed."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tlcourse.experiment.analysis import Difference, budgets, means, paired
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import FAINT, GREY, budget_axis, error, series_style, stretch, title

_STYLES = {
    "better": {"color": PALETTE[0], "marker": "^"},
    "worse": {"color": PALETTE[1], "marker": "v"},
    "undecided": {"color": GREY, "marker": "o"},
}


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
