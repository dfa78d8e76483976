"""A task that is learned in seconds: a bar at the top, in the middle or at the bottom, in noise."""

import keras
import numpy as np

from tlcourse.data import Examples


def bars(n: int, seed: int = 0) -> Examples:
    """Return ``n`` images of three classes in turn."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    images = (rng.random((n, 28, 28, 1)) * 0.3).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[3 + 8 * label : 9 + 8 * label, 4:24] = 1
    return Examples(images, labels)


def small_model(seed: int = 0, *, batch_normalisation: bool = False) -> keras.Model:
    """Return an untrained model with layers ``hidden`` and ``head``, quick to trace."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    images = keras.Input((28, 28, 1))
    x = layers.Flatten()(layers.AveragePooling2D(4)(images))
    x = layers.Dense(8, activation="tanh", name="hidden")(x)
    if batch_normalisation:
        x = layers.BatchNormalization(momentum=0.9)(x)
    return keras.Model(images, layers.Dense(3, activation="softmax", name="head")(x))


def small_base(name: str = "base", units: int = 16, seed: int | None = None) -> keras.Model:
    """Return a stand-in for ``build_base``: images to features, with batch normalisation."""
    layers = keras.layers
    images = keras.Input((28, 28, 1))
    start = keras.initializers.GlorotUniform(seed)
    x = layers.Flatten()(layers.AveragePooling2D(4)(images))
    x = layers.Dense(units, use_bias=False, kernel_initializer=start)(x)
    return keras.Model(images, layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x)), name=name)


def small_letters_base() -> keras.Model:
    """Return a stand-in for ``letters_base``: the same each time, but untrained."""
    return small_base("letters_base", units=384, seed=0)


def small_decoder() -> keras.Model:
    """Return a stand-in for ``build_decoder``: 16 features to images."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((16,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    )


def small_expander() -> keras.Model:
    """Return a stand-in for ``build_expander``: 16 features to 8 numbers."""
    return keras.Sequential([keras.Input((16,)), keras.layers.Dense(8)])


def same(one: keras.Layer | list, other: keras.Layer | list) -> bool:
    """Return whether all weights are equal to the last bit."""
    pair = [x if isinstance(x, list) else x.get_weights() for x in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*pair, strict=True))
