"""Augmentation tuner: how strongly images are turned, moved, slanted and stretched at random."""

import math

import ipywidgets
import numpy as np
import tensorflow as tf

from tlcourse.methods import random_affine
from tlcourse.plots import AltFigure
from tlcourse.plots.arrays import changed_images
from tlcourse.widgets.explorer import Explorer

_SHOWN, _VERSIONS = 8, 3


def augmentation_tuner(images: np.ndarray, seed: int = 0) -> Explorer:
    """Return sliders for rotation, shift, shear and zoom above what they make of some images.

    The sliders start near the amounts that the course trains with; at 0 nothing is changed. Every
    version draws random amounts of its own up to those set, the same ones each time.

    Args:
        images: shape ``(n, 28, 28, 1)``, 0 to 1; the first eight are shown.
        seed: of the random amounts.
    """
    images = images[:_SHOWN]

    def draw(rotation: int, shift: int, shear: float, zoom: int) -> AltFigure:
        changed = [
            random_affine(
                tf.constant(images),
                (seed, version),
                rotation=math.radians(rotation),
                shear=shear,
                zoom=math.log1p(zoom / 100),
                shift=float(shift),
            ).numpy()
            for version in range(_VERSIONS)
        ]
        told = (
            f"turned by up to {rotation}°, moved by up to {shift} pixels, slanted by up to "
            f"{shear:g}, stretched by up to {zoom} %"
        )
        return changed_images(images, np.stack(changed), told)

    def slider(kind: type, value: float, largest: float, step: float, name: str):
        return kind(
            value,
            min=0,
            max=largest,
            step=step,
            description=name,
            continuous_update=False,  # a drawing takes some tenths of a second
            style={"description_width": "initial"},
        )

    whole = ipywidgets.IntSlider
    return Explorer(
        draw,
        rotation=slider(whole, 11, 180, 1, "rotation (°)"),
        shift=slider(whole, 2, 14, 1, "shift (pixels)"),
        shear=slider(ipywidgets.FloatSlider, 0.2, 1.5, 0.1, "shear"),
        zoom=slider(whole, 16, 100, 2, "zoom (%)"),
    )
