"""The small network that all adaptations of notebook 10 train, and its domain discriminator."""

import keras
import numpy as np
from keras import layers

from tlcourse.models import predict

FEATURES = 64  # numbers in the adaptation layer


def build_network(n_classes: int) -> keras.Model:
    """Return the small network of all methods, untrained.

    Two convolutions, the dense *adaptation layer* whose features are to be alike in both domains
    (Tzeng et al., 2014), and a softmax head. No batch normalisation, whose statistics would mix
    the domains.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to probabilities
        ``(n, n_classes)``, with layers named ``adaptation`` (64 features, -1 to 1) and ``head``.
    """
    images = keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 5, strides=2, padding="same", activation="relu", name="conv_1")(images)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="conv_2")(x)
    x = layers.Flatten()(x)
    # Between -1 and 1, so that a distance between features means the same throughout training.
    x = layers.Dense(FEATURES, activation="tanh", name="adaptation")(x)
    head = layers.Dense(n_classes, activation="softmax", name="head")
    return keras.Model(images, head(x), name="adapted")


def build_domain_discriminator() -> keras.Model:
    """Return an untrained network from features to a domain logit: positive means "target"."""
    return keras.Sequential(
        [keras.Input((FEATURES,)), layers.Dense(64, activation="relu"), layers.Dense(1)],
        name="domain_discriminator",
    )


def features(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the features of the adaptation layer, shape ``(n, 64)``.

    Args:
        model: from one of the methods that train the small network.
        images: float32, shape ``(n, 28, 28, 1)``.
    """
    return predict(keras.Model(model.inputs[0], model.get_layer("adaptation").output), images)
