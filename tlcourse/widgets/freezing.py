"""Freezing panel: how many blocks of the base stay frozen, what that leaves, what it gives."""

import ipywidgets
import keras
import pandas as pd

from tlcourse.models import count_parameters, unfreeze
from tlcourse.plots import AltFigure
from tlcourse.plots.tuning import Part, frozen_blocks
from tlcourse.widgets.explorer import Explorer


def freezing_panel(model: keras.Model, results: pd.DataFrame) -> Explorer:
    """Return a slider for the number of frozen blocks above a diagram of the network.

    The diagram shows the real model, as ``tlcourse.models.unfreeze`` sets it each time; the
    accuracies were measured before.

    Args:
        model: the letters base with a head on it.
        results: columns ``frozen`` (number of frozen blocks), ``seed`` and ``accuracy``; a mean
            for each number on the slider.
    """
    base, head = model.get_layer("letters_base"), model.get_layer("head")

    def draw(frozen: int) -> AltFigure:
        unfreeze(base, frozen_blocks=frozen)
        counts = count_parameters(model)
        parts = [
            _part(f"block {k}", base.get_layer(f"conv_{k}"), base.get_layer(f"norm_{k}"))
            for k in range(1, 6)
        ]
        parts.append(_part("head", head))
        picture = frozen_blocks(parts, results, frozen)
        told = (
            f"{counts.trainable:,} parameters trained, {counts.total - counts.trainable:,} frozen"
        )
        picture.figure.suptitle(told, fontsize=13)
        return AltFigure(picture.figure, f"{told}. {picture.alt}")

    slider = ipywidgets.IntSlider(
        0,
        min=0,
        max=5,
        description="frozen blocks",
        continuous_update=False,
        style={"description_width": "initial"},
    )
    return Explorer(draw, frozen=slider)


def _part(name: str, *layers: keras.layers.Layer) -> Part:
    counts = [count_parameters(layer) for layer in layers]
    return Part(name, sum(n.total for n in counts), sum(n.trainable for n in counts))
