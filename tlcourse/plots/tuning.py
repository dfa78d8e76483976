"""Figures of notebook 07: learning rates, forgetting, paired variants, frozen blocks.

Each takes a tidy table with one row for each training run, accuracies from 0 to 1, and shows means
over the seeds with their 95 % intervals.
"""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tlcourse.plots.accuracy import summary
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, series_style

_FROZEN, _TRAINED = PALETTE[0], PALETTE[1]


class Part(NamedTuple):
    """One part of a network, as ``frozen_blocks`` draws it."""

    name: str
    parameters: int
    trained: int  # how many of them training changes


def learning_rates(results: pd.DataFrame, start: float) -> AltFigure:
    """Show the accuracy on the target task after fine-tuning at several learning rates.

    Args:
        results: columns ``learning_rate``, ``seed`` and ``digits`` (accuracy).
        start: mean accuracy before fine-tuning, 0 to 1.
    """
    with subplots(size=(8, 4)) as (figure, axes):
        axes.scatter(
            results["learning_rate"], 100 * results["digits"], s=14, alpha=0.5, color=PALETTE[0]
        )
        text = _by_rate(axes, results, "digits", start, 0)
        axes.set(xlabel="learning rate (log scale)", ylabel="accuracy on digits (%)")
    return AltFigure(
        figure,
        f"Accuracy on digits after fine-tuning, by learning rate: {text}; {100 * start:.0f} % "
        "before fine-tuning.",
    )


def forgetting(results: pd.DataFrame, start: float, letters_start: float) -> AltFigure:
    """Show what each learning rate gains on the target task and loses on the source task.

    Args:
        results: columns ``learning_rate``, ``seed``, ``digits`` and ``letters`` (accuracies).
        start: mean accuracy on digits before fine-tuning, 0 to 1.
        letters_start: accuracy on letters before fine-tuning, 0 to 1.
    """
    with subplots(1, 2, size=(8, 4), sharex=True, sharey=True) as (figure, (left, right)):
        digits = _by_rate(left, results, "digits", start, 0)
        letters = _by_rate(right, results, "letters", letters_start, 1)
        left.set_title("digits, the target task", fontsize=12)
        right.set_title("letters, the source task", fontsize=12)
        left.set(ylim=(0, 102), ylabel="accuracy (%)")
        figure.supxlabel("learning rate (log scale)", fontsize=12)
    return AltFigure(
        figure,
        "Two panels, accuracy by learning rate of fine-tuning. "
        f"Digits, {100 * start:.0f} % before: {digits}. "
        f"Letters, {100 * letters_start:.0f} % before: {letters}.",
    )


def paired_seeds(results: pd.DataFrame) -> AltFigure:
    """Compare variants of one method that were run with the same seeds.

    A thin line joins the runs of one seed; a large mark is a variant's mean.

    Args:
        results: columns ``variant``, ``seed`` and ``accuracy``.
    """
    variants = list(results["variant"].unique())
    scores = summary(results, ["variant"]).loc[variants]
    runs = 100 * results.pivot(index="seed", columns="variant", values="accuracy")[variants]
    with subplots(size=(8, 1.2 + 0.6 * len(variants))) as (figure, axes):
        for _, run in runs.iterrows():
            axes.plot(run, range(len(run)), color=GREY, lw=0.8, marker=".", alpha=0.6)
        for k, (_, row) in enumerate(scores.iterrows()):
            bar = {"xerr": row["half_width"], "ms": 9, "capsize": 4}
            axes.errorbar(row["mean"], k + 0.18, **bar, **series_style(k))
        axes.set_yticks(range(len(variants)), [textwrap.fill(name, 30) for name in variants])
        axes.set_ylim(len(variants) - 0.5, -0.5)
        axes.set_xlabel("accuracy on digits (%)")
        axes.grid(axis="y", visible=False)
    return AltFigure(figure, f"Mean accuracy on digits over {len(runs)} seeds: {_listed(scores)}.")


def frozen_blocks(parts: Sequence[Part], results: pd.DataFrame, frozen: int) -> AltFigure:
    """Show which parts of a network are frozen, and the accuracy for that number of blocks.

    Args:
        parts: from the image to the prediction.
        results: columns ``frozen`` (number of frozen blocks), ``seed`` and ``accuracy``.
        frozen: number of frozen blocks that the diagram shows.
    """
    scores = summary(results, ["frozen"])
    with subplots(2, size=(8, 5.4), height_ratios=[1, 1.8]) as (figure, (diagram, axes)):
        diagram.set_axis_off()
        diagram.set(xlim=(-0.5, len(parts) - 0.5), ylim=(-1.05, 0.95))
        for x, part in enumerate(parts):
            _box(diagram, x, part)
        bars = {"yerr": scores["half_width"], "capsize": 4, "marker": "o", "ms": 7}
        axes.errorbar(scores.index, scores["mean"], color=GREY, **bars)
        now = scores.loc[frozen, "mean"]
        axes.plot(frozen, now, marker="D", ms=13, color=_TRAINED, mec="black", zorder=5)
        axes.set_title(f"frozen blocks: {frozen}; digits right: {now:.1f} %", fontsize=12)
        axes.set(xlabel="blocks that stay frozen", ylabel="accuracy on digits (%)")
        axes.set_xlim(-0.4, scores.index.max() + 0.4)
    return AltFigure(
        figure,
        f"{_names(parts, trained=False)} frozen, {_names(parts, trained=True)} trained; "
        f"accuracy on digits {now:.1f} %. By number of frozen blocks: {_listed(scores)}.",
    )


def _by_rate(axes: Axes, results: pd.DataFrame, task: str, before: float, k: int) -> str:
    """Draw the accuracy on a task by learning rate, and the one before; return it in words."""
    scores = summary(results, ["learning_rate"], task)
    bars = {"yerr": scores["half_width"], "ms": 8, "capsize": 4}
    axes.errorbar(scores.index, scores["mean"], **bars, **series_style(k))
    axes.axhline(100 * before, color=GREY, ls="--", lw=1.5)
    axes.annotate(
        "before fine-tuning",
        (0.98, 100 * before),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        color=GREY,
    )
    axes.set_xscale("log")
    return _listed(scores)


def _box(axes: Axes, x: int, part: Part) -> None:
    # Colour, hatching and word say the same.
    if part.trained:
        colour, hatch, word = _TRAINED, None, "trained"
    else:
        colour, hatch, word = _FROZEN, "///", "frozen"
    box = Rectangle((x - 0.42, -0.3), 0.84, 0.8, facecolor="white", edgecolor=colour, hatch=hatch)
    box.set_linewidth(2.5)
    axes.add_patch(box)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    axes.text(x, 0.1, word, ha="center", va="center", weight="bold", bbox=white)
    axes.text(x, 0.6, part.name, ha="center", va="bottom")
    numbers = f"{part.trained:,}\nof {part.parameters:,}"
    axes.text(x, -0.38, numbers, ha="center", va="top", fontsize=11)


def _names(parts: Sequence[Part], *, trained: bool) -> str:
    return ", ".join(part.name for part in parts if bool(part.trained) == trained) or "nothing"


def _listed(scores: pd.DataFrame) -> str:
    return ", ".join(
        f"{name if isinstance(name, str) else format(name, 'g')}: {mean:.0f} %"
        for name, mean in scores["mean"].items()
    )
