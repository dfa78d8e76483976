"""The figure of learning-rate schedules, which a widget shows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns

from tlcourse.plots.figure import PALETTE, AltFigure, subplots, t95
from tlcourse.plots.style import GREY

_DASHES = ("-", "--", ":", "-.")
_CHOSEN = PALETTE[1]  # what a control has chosen


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
        above.step(edges, [*rates, rates[-1]], where="post", color=_CHOSEN, lw=2.5)
        above.set(ylabel="learning rate", ylim=(0, 1.1 * max(rates)))
        for k, (shape, runs) in enumerate(curves.groupby(["kind", "warmup"], sort=False)):
            label, runs = _shape(*shape), runs.assign(percent=100 * runs["val_accuracy"])
            means = runs.groupby("steps")["percent"].mean()
            if shape == (kind, warmup):
                title = name
                look = {"color": _CHOSEN, "marker": "s", "lw": 2.5, "zorder": 5, "label": label}
                sns.lineplot(runs, x="steps", y="percent", errorbar=t95, ax=below, **look)
            else:
                below.plot(means, label=label, color=GREY, ls=_DASHES[k % 4], lw=1.2)
            texts.append(f"{label} {means.iloc[-1]:.0f} %")
        above.set_title(title, fontsize=12)
        below.set(xlabel="training steps", ylabel="accuracy, validation (%)", ylim=(0, 100))
        below.legend(loc="lower right", fontsize=10)
    return AltFigure(
        figure,
        f"Learning rate of {title}: from {rates[0]:.2g} to {rates[-1]:.2g}, highest "
        f"{max(rates):.2g}. Validation accuracy after {last} steps: {', '.join(texts)}.",
    )


def _shape(kind: str, warmup: int) -> str:
    return f"{kind}, warm-up {warmup} %" if warmup else kind
