"""Figures that compare: paired differences, the article's claims, a guess against the result."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from tlcourse.data.errors import DataError
from tlcourse.experiment import article
from tlcourse.experiment.analysis import means
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, Box, boxes, title

_VERDICTS = {
    "supported": Box("supported", PALETTE[0]),
    "contradicted": Box("contradicted", PALETTE[1], "///"),
    "undecided": Box("undecided", "0.85"),
    article.NOT_RUN: Box("–"),
}


def claims(compared: pd.DataFrame) -> AltFigure:
    """Show, for each comparison that the article's claims come down to, the verdict by budget.

    Below each verdict stands the mean difference in points, the first named minus the second.

    Args:
        compared: from ``tlcourse.experiment.article.claims``.
    """
    compared = compared.set_index(["claim", "first", "second", "labels"]).sort_index()
    budgets = sorted(compared.index.unique("labels"))
    rows, fields, texts = [], {}, []
    for y, comparison in enumerate(article.COMPARISONS):
        sign = "=" if comparison.relation == "equal" else ">"
        words = f"{title(comparison.first)} {sign} {title(comparison.second)}"
        rows.append(f"{comparison.claim}: {words}")
        of_this = compared.loc[comparison.claim, comparison.first, comparison.second]
        verdicts = []
        for x, labels in enumerate(budgets):
            row = of_this.loc[labels]
            box = _VERDICTS[row["verdict"]]
            number = f"\n{row['difference']:+.1f}" if row["n"] else ""
            fields[y, x] = box._replace(text=box.text + number)
            verdicts.append(f"{labels:,} labels {row['verdict']}{number.replace(chr(10), ' ')}")
        texts.append(f"claim {comparison.claim}, {words}: {', '.join(verdicts)}")
    with subplots(size=(8, 0.8 + 0.5 * len(rows))) as (figure, axes):
        boxes(axes, rows, [f"{n:,}" for n in budgets], fields, wrap=34, size=8.5)
        axes.set_title("verdicts on the article's claims, by labels", fontsize=12)
    return AltFigure(figure, f"Verdicts, with differences in points. {'; '.join(texts)}.")


def ranked(guess: Sequence[str], labels: int) -> AltFigure:
    """Show a guessed order of methods, without any result.

    Args:
        guess: names of methods, the one guessed to be best first.
        labels: the budget.
    """
    fields = {(y, 0): Box(title(name)) for y, name in enumerate(guess)}
    places = [f"{k}." for k in range(1, len(guess) + 1)]
    with subplots(size=(5, 0.6 + 0.34 * len(guess))) as (figure, axes):
        boxes(axes, places, [f"your guess for {labels:,} labels, best first"], fields)
    order = ", ".join(f"{place} {title(name)}" for place, name in zip(places, guess, strict=True))
    return AltFigure(figure, f"Your guess for {labels:,} labels, best first: {order}.")


def guess_against_result(guess: Sequence[str], table: pd.DataFrame, labels: int) -> AltFigure:
    """Show a guessed order of methods beside the order of their mean accuracies.

    Args:
        guess: names of methods, the one guessed to be best first.
        table: the results.
        labels: the budget.

    Raises:
        DataError: the table has no result of a method at this budget.
    """
    scores = means(table)["mean"]
    absent = [name for name in guess if (name, labels) not in scores.index]
    if absent:
        raise DataError(
            f"The table has no result of {', '.join(absent)} with {labels:,} labels; rank methods "
            "that were run at this budget."
        )
    accuracy = {name: scores[name, labels] for name in guess}
    result = sorted(guess, key=lambda name: -accuracy[name])
    right = sum(a == b for a, b in zip(guess, result, strict=True))
    agreement = stats.kendalltau(range(len(guess)), [-accuracy[name] for name in guess]).statistic
    with subplots(size=(8, 1 + 0.5 * len(guess))) as (figure, axes):
        for y, name in enumerate(guess):
            place = result.index(name)
            style = {"color": PALETTE[0], "lw": 3} if place == y else {"color": GREY, "lw": 1.5}
            axes.plot([0, 1], [y, place], marker="o", ms=6, **style)
            axes.text(-0.03, y, f"{title(name)}  {y + 1}", ha="right", va="center", fontsize=10)
            words = f"{place + 1}  {title(name)}, {accuracy[name]:.1f} %"
            axes.text(1.03, place, words, va="center", fontsize=10)
        axes.set(xlim=(-1.1, 2.1), ylim=(len(guess) - 0.4, -0.6))
        axes.text(0, -0.5, "your guess", ha="right", weight="bold")
        axes.text(1, -0.5, "the result", ha="left", weight="bold")
        axes.set_axis_off()
        axes.set_title(f"{labels:,} labels: {_in_place(right, len(guess))}", fontsize=12, pad=12)
    order = "; ".join(
        f"{k}. {title(name)} {accuracy[name]:.1f} %, guessed {guess.index(name) + 1}"
        for k, name in enumerate(result, start=1)
    )
    return AltFigure(
        figure,
        f"Guess against result with {labels:,} labels: {_in_place(right, len(guess))}, rank "
        f"correlation {agreement if np.isfinite(agreement) else 0:.2f}. {order}.",
    )


def stored_and_new(runs: pd.Series, seed: int, new: float | None, words: str) -> AltFigure:
    """Show the stored accuracies of one method at one budget, and beside them a new one.

    Args:
        runs: stored accuracies, 0 to 1, indexed by seed; may be empty.
        seed: the seed that was chosen.
        new: accuracy of the new run with that seed, 0 to 1; None before there is one.
        words: what was run, for the title.
    """
    others, chosen = 100 * runs.drop(seed, errors="ignore"), 100 * runs.reindex([seed]).dropna()
    texts = [f"stored with seed {number} {value:.1f} %" for number, value in (100 * runs).items()]
    with subplots(size=(8, 1.9)) as (figure, axes):
        axes.plot(others, [0] * len(others), ls="", marker="o", color=GREY, label="other seeds")
        style = {"ls": "", "ms": 11, "mec": "black"}
        axes.plot(chosen, [0] * len(chosen), marker="o", color=PALETTE[0], label="stored", **style)
        if new is not None:
            axes.plot(100 * new, 0.5, marker="D", color=PALETTE[1], label="new", **style)
            texts.append(f"new with seed {seed} {100 * new:.1f} %")
        axes.set(ylim=(-0.6, 1), yticks=[], xlabel="accuracy (%)")
        axes.margins(x=0.1)
        axes.set_title(words, fontsize=12)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return AltFigure(figure, f"{words}: {'; '.join(texts) or 'nothing stored'}.")


def _in_place(right: int, of: int) -> str:
    return f"{right} of {of} methods guessed in the right place"
