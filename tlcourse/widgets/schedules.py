"""Schedule explorer: shape a learning-rate schedule, beside the curves of those trained before."""

from collections.abc import Callable

import ipywidgets
import pandas as pd

from tlcourse.plots.figure import AltFigure
from tlcourse.plots.regularisation import schedule_and_curves
from tlcourse.widgets.explorer import Explorer


def schedule_explorer(
    rate_at: Callable[[float, str, int], float],
    curves: pd.DataFrame,
    *,
    looks: int,
    kinds: tuple[str, ...] = ("constant", "step", "cosine"),
) -> Explorer:
    """Return controls for kind and warm-up above the rates and the stored learning curves.

    Args:
        rate_at: called with the share of the training that is done (0 to 1), the kind and the
            warm-up in per cent; returns the learning rate.
        curves: columns ``kind``, ``warmup`` (per cent), ``seed``, ``updates`` and
            ``val_accuracy``, of whatever shapes were trained.
        looks: into how many periods of one rate each a training is divided.
        kinds: what ``rate_at`` knows.
    """

    def draw(kind: str, warmup: int) -> AltFigure:
        rates = [rate_at((look + 0.5) / looks, kind, warmup) for look in range(looks)]
        return schedule_and_curves(rates, curves, kind, warmup)

    return Explorer(
        draw,
        kind=ipywidgets.ToggleButtons(options=list(kinds), description="schedule"),
        warmup=ipywidgets.IntSlider(
            0,
            min=0,
            max=50,
            step=10,
            description="warm-up (%)",
            continuous_update=False,
            style={"description_width": "initial"},
        ),
    )
