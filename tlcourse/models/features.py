"""Features: what a base computes for images, at any of its layers, once."""

import hashlib
from collections.abc import Iterator

import joblib
import keras
import numpy as np

from tlcourse.data.dataset import check_images
from tlcourse.data.paths import cache_dir
from tlcourse.data.validation import check_choice
from tlcourse.models.base import leaves


def extract_features(
    base: keras.Model,
    images: np.ndarray,
    layer: str | None = None,
    *,
    cached: bool = True,
    batch_size: int = 256,
) -> np.ndarray:
    """Return one feature vector for each image.

    A feature map of shape ``(height, width, channels)`` is averaged over height and width
    (global average pooling); a vector stays as it is.

    Args:
        base: a model that takes images of the course's form.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1.
        layer: name of the layer to take; the base's output if None.
        cached: keep the result in the cache folder, and read it from there next time.
        batch_size: images at once; fewer need less memory, which counts for a large base.

    Returns:
        float32 array of shape ``(n, features)``.

    Raises:
        DataError: images of another form, or no layer of that name.
    """
    images = check_images(images)
    extractor = base if layer is None else _cut(base, layer)
    if not cached:
        return _predict(extractor, images, batch_size)
    # The model itself cannot be a key; a digest of its weights and layers can.
    key = weights_digest(extractor)
    try:
        memory = joblib.Memory(cache_dir() / "features", verbose=0)
        remembered = memory.cache(_predict_keyed, ignore=["extractor", "batch_size"])
        return remembered(extractor, key, images, batch_size)
    except OSError as error:
        print(
            f"The features cannot be kept in {cache_dir()} ({error.strerror}), and are computed "
            "anew each time. TLCOURSE_CACHE_DIR can name another folder."
        )
        return _predict(extractor, images, batch_size)


def weights_digest(model: keras.Model) -> str:
    """Return the SHA-256 of a model's structure of layers and all its weights."""
    digest = hashlib.sha256(str(list(_structure(model))).encode())
    for weights in model.get_weights():
        digest.update(str(weights.shape).encode() + np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _structure(model: keras.Model) -> Iterator[tuple[str, dict]]:
    """Give each layer's kind and settings, but no names: Keras numbers those anew each time."""
    for layer in leaves(model):
        settings = layer.get_config()
        yield type(layer).__name__, {k: v for k, v in settings.items() if k != "name"}


def _cut(base: keras.Model, layer: str) -> keras.Model:
    check_choice(layer, [each.name for each in base.layers], f"layer of {base.name}")
    return keras.Model(base.inputs[0], base.get_layer(layer).output)


def _predict_keyed(
    extractor: keras.Model, key: str, images: np.ndarray, batch_size: int
) -> np.ndarray:
    return _predict(extractor, images, batch_size)


def _predict(extractor: keras.Model, images: np.ndarray, batch_size: int) -> np.ndarray:
    if len(extractor.output.shape) == 4:
        pooled = keras.layers.GlobalAveragePooling2D()(extractor.output)
        extractor = keras.Model(extractor.inputs[0], pooled)
    return extractor.predict(images, batch_size=batch_size, verbose=0)
