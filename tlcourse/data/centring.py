"""The last step that makes any drawn shape look like an MNIST digit: size and place."""

import numpy as np
from PIL import Image

_BOX = 20  # MNIST fits every digit into 20×20 pixels ...
_SIDE = 28  # ... and puts its centre of mass in the middle of 28×28.


def centre_like_mnist(ink: np.ndarray) -> np.ndarray:
    """Fit a shape into 20×20 pixels and centre its mass in 28×28, as MNIST's authors did.

    Args:
        ink: uint8 array of shape ``(height, width)``; 0 is background, 255 is full ink.

    Returns:
        uint8 array of shape ``(28, 28)``. A blank input gives a blank image.

    Reference:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
        recognition", section III.A.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    out = np.zeros((_SIDE, _SIDE), np.uint8)
    if not len(rows):
        return out
    shape = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = _BOX / max(shape.shape)
    height, width = (max(1, round(side * scale)) for side in shape.shape)
    small = np.asarray(Image.fromarray(shape).resize((width, height), Image.Resampling.BILINEAR))
    mass = small.sum(dtype=float)
    centre_y = small.sum(axis=1, dtype=float) @ np.arange(height) / mass
    centre_x = small.sum(axis=0, dtype=float) @ np.arange(width) / mass
    # A lopsided shape would stick out of the frame, so it is moved back until it fits.
    top = int(np.clip(round((_SIDE - 1) / 2 - centre_y), 0, _SIDE - height))
    left = int(np.clip(round((_SIDE - 1) / 2 - centre_x), 0, _SIDE - width))
    out[top : top + height, left : left + width] = small
    return out
