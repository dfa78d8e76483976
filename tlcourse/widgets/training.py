"""Widgets about training: augmentation, learning rates, frozen blocks, pseudo-labels."""

import math
from collections.abc import Callable

import ipywidgets
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from tlcourse.data import DataError
from tlcourse.methods import random_affine
from tlcourse.models import count_parameters, unfreeze
from tlcourse.plots import (
    AltFigure,
    changed_images,
    frozen_blocks,
    pseudo_labels_kept,
    schedule_and_curves,
)
from tlcourse.plots.tuning import Part
from tlcourse.widgets.explorer import Explorer, slider


def augmentation_tuner(images: np.ndarray, seed: int = 0) -> Explorer:
    """Return sliders for rotation, shift, shear and zoom above what they make of some images.

    The sliders start near the amounts that the course trains with; at 0 nothing is changed. Every
    version draws random amounts of its own up to those set, the same ones each time.

    Args:
        images: shape ``(n, 28, 28, 1)``, 0 to 1; the first eight are shown.
        seed: of the random amounts.
    """
    images, versions = images[:8], 3

    def draw(rotation: int, shift: int, shear: float, zoom: int) -> AltFigure:
        augmented = [
            random_affine(
                tf.constant(images),
                (seed, version),
                rotation=math.radians(rotation),
                shear=shear,
                zoom=math.log1p(zoom / 100),
                shift=float(shift),
            ).numpy()
            for version in range(versions)
        ]
        text = (
            f"turned by up to {rotation}°, moved by up to {shift} pixels, slanted by up to "
            f"{shear:g}, stretched by up to {zoom} %"
        )
        return changed_images(images, np.stack(augmented), text)

    return Explorer(
        draw,
        rotation=slider("rotation (°)", 11, 0, 180),
        shift=slider("shift (pixels)", 2, 0, 14),
        shear=slider("shear", 0.2, 0, 1.5, 0.1),
        zoom=slider("zoom (%)", 16, 0, 100, 2),
    )


def schedule_explorer(
    rate_at: Callable[[float, str, int], float],
    curves: pd.DataFrame,
    *,
    epochs: int,
    kinds: tuple[str, ...] = ("constant", "step", "cosine"),
) -> Explorer:
    """Return controls for kind and warm-up above the rates and the stored learning curves.

    Args:
        rate_at: called with the share of the training that is done (0 to 1), the kind and the
            warm-up in per cent; returns the learning rate.
        curves: columns ``kind``, ``warmup`` (per cent), ``seed``, ``steps`` and
            ``val_accuracy``, of whatever shapes were trained.
        epochs: into how many periods of one rate each a training is divided.
        kinds: what ``rate_at`` knows.
    """

    def draw(kind: str, warmup: int) -> AltFigure:
        rates = [rate_at((period + 0.5) / epochs, kind, warmup) for period in range(epochs)]
        return schedule_and_curves(rates, curves, kind, warmup)

    return Explorer(
        draw,
        kind=ipywidgets.ToggleButtons(options=list(kinds), description="schedule"),
        warmup=slider("warm-up (%)", 0, 0, 50, 10),
    )


def freezing_panel(model: keras.Model) -> Explorer:
    """Return a slider for the number of frozen blocks above a diagram of the network.

    The diagram shows the real model, as ``tlcourse.models.unfreeze`` sets it each time.

    Args:
        model: the letters base with a head on it.
    """
    base, head = model.get_layer("letters_base"), model.get_layer("head")

    def draw(frozen: int) -> AltFigure:
        unfreeze(base, frozen_blocks=frozen)
        parts = [
            _part(f"block {k}", base.get_layer(f"conv_{k}"), base.get_layer(f"norm_{k}"))
            for k in range(1, 6)
        ]
        return frozen_blocks([*parts, _part("head", head)])

    return Explorer(draw, frozen=slider("frozen blocks", 0, 0, 5))


def threshold_slider(
    probabilities: np.ndarray, labels: np.ndarray, images: np.ndarray, *, threshold: float = 0.8
) -> Explorer:
    """Return a slider for the confidence threshold: what it keeps, and how much of that is right.

    Args:
        probabilities: of each class for each image, shape ``(n, n_classes)``.
        labels: the true classes, shape ``(n,)``; what is learned must not see them.
        images: shape ``(n, 28, 28, 1)``, 0 to 1; those that only just come in are shown.
        threshold: where the slider starts, 0 to 1.

    Raises:
        DataError: there are no images, or not as many of one as of the others.
    """
    lengths = len(probabilities), len(labels), len(images)
    if len(set(lengths)) > 1 or not lengths[0]:
        raise DataError(
            "Every image needs its probabilities and its label; got "
            f"{lengths[0]:,} rows of probabilities, {lengths[1]:,} labels and {lengths[2]:,} "
            "images. Give the same images to all three."
        )

    def draw(threshold: float) -> AltFigure:
        return pseudo_labels_kept(probabilities, labels, images, threshold)

    return Explorer(draw, threshold=slider("Threshold", threshold, 0, 1, 0.01))


def _part(name: str, *layers: keras.layers.Layer) -> Part:
    counts = [count_parameters(layer) for layer in layers]
    return Part(name, sum(n.total for n in counts), sum(n.trainable for n in counts))
