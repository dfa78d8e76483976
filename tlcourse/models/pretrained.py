"""The base that was pretrained on printed letters, as it is committed with the course."""

import keras

from tlcourse.data.validation import check_count
from tlcourse.data.weights import letters_weights
from tlcourse.models.base import build_base


def letters_base() -> keras.Model:
    """Return the base CNN with the weights it learned on printed letters.

    Each call gives a fresh copy, so fine-tuning one does not change the next.

    Raises:
        DataError: the committed weights are missing or damaged.
    """
    path = letters_weights()
    base = build_base("letters_base")
    base.load_weights(path)
    return base


def letters_photo_base(size: int = 160) -> keras.Model:
    """Return the letters base for photographs, where ImageNet's weights cannot be had.

    It sees a photograph as the course's images: grey, 28×28, from black to white.

    Args:
        size: side of the photographs in pixels, 28 at least.

    Returns:
        A frozen model from photographs ``(n, size, size, 3)``, 0 to 255, to features ``(n, 384)``.

    Raises:
        DataError: the committed weights are missing or damaged, or too small a size.
    """
    check_count(size, "size", at_least=28)
    base = letters_base()
    base.trainable = False
    photos = keras.Input((size, size, 3), name="photos")
    # Averaged first: LiteRT knows no resizing that looks at more than the four nearest pixels.
    x = keras.layers.Resizing(28, 28)(keras.layers.AveragePooling2D(size // 28)(photos))
    x = keras.ops.mean(x, axis=-1, keepdims=True)
    low, high = (f(x, axis=(1, 2, 3), keepdims=True) for f in (keras.ops.min, keras.ops.max))
    x = (x - low) / (high - low + 1)  # of 255
    return keras.Model(photos, base(x, training=False), name="photo_base")
