"""Augmentation: small random affine transformations that leave a handwritten sign what it is."""

import keras
import tensorflow as tf

_MIDDLE = 13.5  # centre of a 28×28 image, in pixels


def random_affine(
    images: tf.Tensor,
    seed: tuple[int | tf.Tensor, int | tf.Tensor] | tf.Tensor,
    *,
    rotation: float = 0.2,
    shear: float = 0.2,
    zoom: float = 0.15,
    shift: float = 2.0,
) -> tf.Tensor:
    """Turn, slant, stretch and move every image of a batch by its own random amounts.

    No flips: a mirrored 2 is not a 2.

    Args:
        images: float32, shape ``(n, 28, 28, 1)``.
        seed: two integers; the same seed gives the same transformations.
        rotation: largest angle in radians.
        shear: largest slant, as the horizontal shift of a row for each row.
        zoom: largest change of width and of height, as a natural logarithm.
        shift: largest move in pixels.

    Returns:
        float32, shape ``(n, 28, 28, 1)``; what moves in from outside is background.
    """
    n = tf.shape(images)[0]
    amounts = tf.random.stateless_uniform((6, n), seed, -1.0, 1.0)
    angle, slant = rotation * amounts[0], shear * amounts[1]
    wide, high = tf.exp(zoom * amounts[2]), tf.exp(zoom * amounts[3])
    cos, sin = tf.cos(angle), tf.sin(angle)
    # rotation @ shear @ stretch, which maps places of the result to places of the original
    xx, xy = cos * wide, (cos * slant - sin) * high
    yx, yy = sin * wide, (sin * slant + cos) * high
    # ... about the middle of the image, then moved.
    x0 = _MIDDLE - (xx + xy) * _MIDDLE + shift * amounts[4]
    y0 = _MIDDLE - (yx + yy) * _MIDDLE + shift * amounts[5]
    zero = tf.zeros_like(cos)
    transforms = tf.stack([xx, xy, x0, yx, yy, y0, zero, zero], axis=1)
    return keras.ops.image.affine_transform(images, transforms)


def strong_affine(
    images: tf.Tensor, seed: tuple[int | tf.Tensor, int | tf.Tensor] | tf.Tensor
) -> tf.Tensor:
    """Augment as ``random_affine`` does, but turn, slant and stretch half as far again.

    Args:
        images: float32, shape ``(n, 28, 28, 1)``.
        seed: two integers.
    """
    return random_affine(images, seed, rotation=0.3, shear=0.3, zoom=0.225)
