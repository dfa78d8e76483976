"""The scoreboard: accuracy by method and labels, with 95 % intervals over the seeds."""

import pandas as pd
import seaborn as sns

from tlcourse.plots.figure import MARKERS, PALETTE, AltFigure, subplots, t95
from tlcourse.plots.style import in_order, title


def scoreboard(table: pd.DataFrame) -> AltFigure:
    """Show what accuracy each method buys with each label budget.

    Every small mark is one seed; a large one is their mean, with its 95 % interval.

    Args:
        table: records as from ``tlcourse.experiment.scoreboard.read()``.
    """
    methods, budgets = in_order(table["method"]), sorted(table["labels"].unique())
    sources = ", ".join(sorted(table["dataset"].unique()))
    runs = pd.DataFrame(
        {
            "method": table["method"].map(title),
            "labels": table["labels"].map("{:,} labels".format),
            "accuracy": 100 * table["accuracy"],
        }
    )
    order, hues = [title(name) for name in methods], [f"{n:,} labels" for n in budgets]
    look = {"x": "accuracy", "y": "method", "hue": "labels", "order": order, "hue_order": hues}
    n = len(hues)
    look["palette"] = PALETTE[:n]
    with subplots(size=(8, 1.3 + 0.55 * len(methods))) as (figure, axes):
        sns.stripplot(
            runs, **look, dodge=True, jitter=False, size=5, linewidth=0.8, edgecolor="white",
            zorder=5, legend=False, ax=axes,
        )  # fmt: skip
        means = {"linestyle": "none", "errorbar": t95, "capsize": 0.1}
        means |= {"err_kws": {"linewidth": 1.5}, "markers": list(MARKERS[:n])}
        sns.pointplot(runs, **look, **means, dodge=0.8 - 0.8 / n if n > 1 else False, ax=axes)
        axes.set(xlim=(0, 101), xlabel=f"test accuracy on {sources} (%)", ylabel="")
        where = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
        axes.legend(**where, ncols=n, frameon=False)
    found = runs.groupby(["method", "labels"])["accuracy"].mean()
    pairs = [(name, hue) for name in order for hue in hues if (name, hue) in found.index]
    text = "; ".join(f"{name} with {hue} {found[name, hue]:.0f} %" for name, hue in pairs)
    return AltFigure(figure, f"Scoreboard, mean test accuracy on {sources}: {text}.")
