"""Accuracy: the scoreboard, with a 95 % interval wherever there are seeds enough for one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tlcourse.experiment.analysis import interval
from tlcourse.plots.figure import AltFigure, subplots
from tlcourse.plots.style import in_order, series_style, title


def scoreboard(table: pd.DataFrame) -> AltFigure:
    """Show what accuracy each method buys with each label budget.

    Every small mark is one seed; a large one is their mean, with its 95 % interval.

    Args:
        table: records as from ``tlcourse.experiment.scoreboard.read()``.
    """
    scores = summary(table)
    methods = in_order(table["method"])
    budgets = sorted(table["labels"].unique())
    sources = ", ".join(sorted(table["dataset"].unique()))
    offsets = np.linspace(-0.2, 0.2, len(budgets)) if len(budgets) > 1 else [0.0]
    with subplots(size=(8, 1.3 + 0.55 * len(methods))) as (figure, axes):
        for k, (labels, offset) in enumerate(zip(budgets, offsets, strict=True)):
            style = series_style(k)
            for y, name in enumerate(methods):
                runs = table[(table["method"] == name) & (table["labels"] == labels)]
                axes.scatter(
                    100 * runs["accuracy"], np.full(len(runs), y + offset), s=14, alpha=0.5, **style
                )
                if (name, labels) in scores.index:
                    row = scores.loc[(name, labels)]
                    axes.errorbar(
                        row["mean"], y + offset, xerr=row["half_width"], ms=9, capsize=3, **style
                    )
            axes.plot([], [], ls="", ms=9, label=f"{labels:,} labels", **style)
        axes.set_yticks(range(len(methods)), [title(name) for name in methods])
        axes.set_ylim(len(methods) - 0.5, -0.5)
        axes.set_xlim(0, 100)
        axes.set_xlabel(f"test accuracy on {sources} (%)")
        axes.grid(axis="y", visible=False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(budgets), frameon=False)
    text = "; ".join(
        f"{title(name)} with {labels:,} labels {row['mean']:.0f} %"
        for (name, labels), row in scores.iterrows()
    )
    return AltFigure(figure, f"Scoreboard, mean test accuracy on {sources}: {text}.")


def summary(
    table: pd.DataFrame,
    by: Sequence[str] = ("method", "labels"),
    value: str = "accuracy",
    *,
    scale: float = 100,
) -> pd.DataFrame:
    """Return means, and the half widths of their 95 % intervals.

    The interval is Student's t over the seeds; with fewer than three seeds there is none (NaN).

    Args:
        table: one row for each run; runs without a value do not count.
        by: the columns that group the runs.
        value: the column of which means are taken.
        scale: what values are multiplied by; 100 gives per cent.

    Returns:
        A table indexed by the columns ``by``, with the columns ``mean``, ``half_width``, ``seeds``.
    """
    groups = table.dropna(subset=value).groupby(list(by))[value]
    found = [interval(scale * values) for _, values in groups]
    rows = [(mean, high - mean, n) for mean, _, high, n in found]
    return pd.DataFrame(rows, groups.count().index, columns=["mean", "half_width", "seeds"])
