"""Figures of the MNIST experiment: its grid, and accuracy against processor time.

Each takes the table of results as from ``tlcourse.experiment.results.read``.
"""

import textwrap

import numpy as np
import pandas as pd

from tlcourse.experiment.analysis import means
from tlcourse.experiment.grid import Plan, exclusion_reason
from tlcourse.methods import METHODS
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import (
    GREY,
    Box,
    boxes,
    in_order,
    kind,
    kinds,
    series_style,
    title,
)

_FOOTNOTES = "abcdefghijklmnopqrstuvwxyz"


def grid_overview(cells: pd.DataFrame | Plan) -> AltFigure:
    """Show methods × budgets: how many seeds each cell has, and what is left out, and why.

    Args:
        cells: the table of results, or what ``tlcourse.experiment.grid.plan`` returns.
    """
    known = {}
    if isinstance(cells, Plan):
        known, cells = cells.excluded, pd.DataFrame(map(vars, cells.cells))
    failed = cells["accuracy"].isna() if "accuracy" in cells else np.zeros(len(cells), bool)
    counts = (
        cells.assign(failed=failed).groupby(["method", "labels"])["failed"].agg(["size", "sum"])
    )
    names, budgets = in_order(cells["method"]), sorted(cells["labels"].unique())
    reasons: dict[str, str] = {}  # reason -> its footnote
    fields, texts = {}, []
    for y, name in enumerate(names):
        for x, labels in enumerate(budgets):
            if (name, labels) in counts.index:
                n, wrong = counts.loc[(name, labels)]
                text = f"{n - wrong}" + (f" (+{wrong} failed)" if wrong else "")
                fields[y, x] = Box(text, PALETTE[1] if wrong else PALETTE[0])
            elif reason := known.get((name, labels)) or excluded(name, labels):
                mark = reasons.setdefault(reason, _FOOTNOTES[len(reasons) % len(_FOOTNOTES)])
                text = f"left out ({mark})"
                fields[y, x] = Box(text, "0.5", "///")
            else:
                text = "not run"
                fields[y, x] = Box(text)
            texts.append(f"{title(name)} with {labels:,} labels {text}")
    notes = [f"{mark}: {reason}" for reason, mark in reasons.items()]
    with subplots(size=(8, 1.2 + 0.36 * len(names) + 0.3 * len(notes))) as (figure, axes):
        boxes(axes, [title(name) for name in names], [f"{n:,}" for n in budgets], fields)
        axes.set_title("number of seeds, by labels", fontsize=12)
        if notes:
            lines = [textwrap.fill(note, 110) for note in notes]
            figure.supxlabel("\n".join(lines), fontsize=9, x=0.02, ha="left")
    return AltFigure(figure, f"Number of seeds: {'; '.join([*texts, *notes])}.")


def accuracy_by_cpu(table: pd.DataFrame, labels: int) -> AltFigure:
    """Show accuracy and processor time at one budget, with and without pretraining.

    A row for each method, the most accurate at the top. A full mark counts the time of
    pretraining, a hollow one does not; a line joins the two. A star stands before methods that
    no other one beats in both accuracy and time.

    Args:
        table: the results.
        labels: the budget.
    """
    scores = means(table).xs(labels, level="labels").sort_values("mean", ascending=False)
    styles = {k: {"ls": "", "ms": 8, **series_style(i)} for i, k in enumerate(kinds(scores.index))}
    front, rows, texts = _front(scores).index, [], []
    with subplots(size=(8, 1.6 + 0.28 * len(scores))) as (figure, axes):
        for y, (name, row) in enumerate(scores.iterrows()):
            alone, total, style = row["cpu_seconds"], row["total_cpu_seconds"], styles[kind(name)]
            words, time = f"{title(name)}  {row['mean']:.1f} %", f"{alone:.3g} s"
            if np.isnan(total) or total > alone:
                axes.plot([alone, total], [y, y], color=style["color"], lw=1)
                axes.plot(alone, y, mfc="white", mew=1.5, **style)
                if total > alone:
                    time = f"{total:.3g} s, {time} of it after pretraining"
                else:
                    time += " after pretraining by others, whose time is not known"
            axes.plot(total, y, **style)
            rows.append(f"★ {words}" if name in front else words)
            texts.append(f"{words} in {time}" + (", beaten by none" if name in front else ""))
        axes.set_yticks(range(len(rows)), rows, fontsize=10)
        axes.set(xscale="log", xlabel="processor time of one run (s, log scale)")
        axes.set(ylim=(len(rows) - 0.4, -0.6), title=f"{labels:,} labels")
        for name, style in styles.items():
            axes.plot([], [], label=name, **style)
        hollow = {"ls": "", "ms": 8, "marker": "o", "mfc": "white", "color": GREY}
        axes.plot([], [], label="without its pretraining", **hollow)
        figure.legend(loc="outside lower left", ncols=3, fontsize=9, frameon=False)
    return AltFigure(
        figure, f"Accuracy and processor time with {labels:,} labels: {'; '.join(texts)}."
    )


def excluded(name: str, labels: int) -> str:
    """Return why a method makes no sense at a budget; empty if it does or nobody knows it."""
    return exclusion_reason(METHODS[name], labels) if name in METHODS else ""


def _front(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the methods for which no other one is both faster and more accurate."""
    known = scores.dropna(subset="total_cpu_seconds").sort_values("total_cpu_seconds")
    return known[known["mean"] > known["mean"].cummax().shift(fill_value=-np.inf)]
