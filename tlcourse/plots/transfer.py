"""Two methods at every label budget: their error rates, and their difference paired by seed."""

import pandas as pd
import seaborn as sns

from tlcourse.experiment.analysis import Difference, budgets, finished, paired
from tlcourse.plots.figure import PALETTE, AltFigure, subplots, t95
from tlcourse.plots.style import FAINT, GREY, title

_STYLES = {
    "better": {"color": PALETTE[0], "marker": "^"},
    "worse": {"color": PALETTE[1], "marker": "v"},
    "undecided": {"color": GREY, "marker": "o"},
}


def at_budget(table: pd.DataFrame, method: str, against: str, labels: int) -> AltFigure:
    """Show two methods' error rate by labels and their difference, with one budget picked out.

    Args:
        table: results as from ``tlcourse.experiment.results.read``.
        method: name of a method.
        against: name of the method that it is compared with, paired by seed.
        labels: the budget that is picked out.
    """
    done, names = finished(table), list(dict.fromkeys([method, against]))
    runs = done[done["method"].isin(names)].assign(error=lambda t: 100 * (1 - t["accuracy"]))
    order = [title(name) for name in names]
    look = {"hue_order": order, "style_order": order, "markers": True, "dashes": False}
    with subplots(2, size=(8, 6), sharex=True, height_ratios=[1.7, 1]) as (figure, (above, below)):
        named = runs.assign(method=runs["method"].map(title))
        place = {"x": "labels", "y": "error", "hue": "method", "style": "method", "ax": above}
        sns.lineplot(named, **place, **look, errorbar=t95, err_style="bars", markersize=8)
        shown = budgets(table)
        above.set(xscale="log", yscale="log", ylabel="error rate (%, log)")
        above.set_xlim(shown[0] / 1.5, shown[-1] * 1.5)  # a method may have a single budget
        above.legend(frameon=False)
        below.axhline(0, color=GREY, lw=1.5)
        for n in shown:
            difference = paired(table, method, against, n)
            if difference.n:
                half = difference.high - difference.mean  # NaN where there is no interval
                size = 12 if n == labels else 7
                style = _STYLES[_word(difference)]
                below.errorbar(n, difference.mean, yerr=half, ms=size, capsize=4, **style)
        for axes in (above, below):
            axes.axvline(labels, color=FAINT, lw=8, zorder=0)
        for word, style in _STYLES.items():
            below.plot([], [], ls="", ms=7, label=word, **style)
        below.legend(loc="upper right", ncols=3, fontsize=9, frameon=False)
        below.set(xlabel="labels (log)", ylabel="difference (points)")
        above.yaxis.set_major_formatter("{x:g}")
        below.xaxis.set_major_formatter("{x:,.0f}")
        text = _text(runs, method, against, labels)
        figure.suptitle(text.replace("; ", "\n"), fontsize=11)
    return AltFigure(figure, f"{text}. Error rates and difference at {len(shown)} budgets.")


def _text(runs: pd.DataFrame, method: str, against: str, labels: int) -> str:
    """Say in words what the two methods gave at one budget."""
    means = 100 * runs[runs["labels"] == labels].groupby("method")["accuracy"].mean()
    accuracies = [
        f"{title(name)} {means[name]:.1f} %" if name in means else f"{title(name)} not run"
        for name in (method, against)
    ]
    difference = paired(runs, method, against, labels)
    if difference.n > 2:
        interval = f"95 % interval {difference.low:+.1f} to {difference.high:+.1f}"
        text = f"{difference.mean:+.1f} points, {interval}: {_word(difference)}"
    elif difference.n:
        seeds = "1 seed" if difference.n == 1 else f"{difference.n} seeds"
        text = f"{difference.mean:+.1f} points, {seeds} only: undecided"
    else:
        text = "no seed in common"
    return f"{labels:,} labels: {', '.join(accuracies)}; difference {text}"


def _word(difference: Difference) -> str:
    return "better" if difference.low > 0 else "worse" if difference.high < 0 else "undecided"
