"""Feature extraction: the base stays as it is, and only a head is trained."""

import keras
import numpy as np

from tlcourse.data.labels import Split
from tlcourse.methods.training import train
from tlcourse.models import (
    add_head,
    build_base,
    extract_features,
    imagenet_base,
    letters_base,
)

LEARNING_RATE = 1e-3
_LOOKS, _LOOKED_AT = 50, 256  # a momentum of 0.9 has forgotten its start by then


def letters_frozen(split: Split, seed: int) -> keras.Model:
    """Compute the letters features once, then train a dense softmax head on them.

    Taught in notebook 06. Reference: Donahue et al. (2014), "DeCAF: A deep convolutional
    activation feature for generic visual recognition".
    """
    return train_head(letters_base(), split, seed)


def random_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on a base that never learned anything: the floor for every frozen base.

    Only its batch normalisation has seen the labelled images, without which the features of
    random weights would be too small to learn from.
    """
    keras.utils.set_random_seed(seed)
    base = build_base("random_base")
    for _ in range(_LOOKS):
        base(split.labelled.images[:_LOOKED_AT], training=True)
    return train_head(base, split, seed)


def imagenet_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on MobileNetV2 up to its best layer, trained on ImageNet's photographs.

    Notebook 06 compares the layers.
    """
    return train_head(imagenet_base(pooling="avg"), split, seed)


def letters_logistic(split: Split, seed: int) -> keras.Model:
    """Compute the letters features once, then fit a logistic regression to them.

    The same head as a dense softmax layer, but found by a solver that runs until it has
    converged, with an L2 penalty instead of a number of updates; ``seed`` plays no part.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    base = letters_base()
    features = extract_features(base, split.labelled.images, cached=False)
    # So small a problem gains nothing from threads, and loses much when other work waits for
    # the same cores.
    with threadpool_limits(1):
        solver = LogisticRegression(max_iter=1000).fit(features, split.labelled.labels)
    kernel, bias = solver.coef_.T, solver.intercept_
    if split.n_classes == 2:  # scikit-learn then keeps one column: for class 1 against class 0
        kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0 * bias, bias)
    return join(base, kernel, bias)


def train_head(base: keras.Model, split: Split, seed: int) -> keras.Model:
    """Train a dense softmax head on what ``base`` computes for the labelled images.

    Args:
        base: from images to a feature vector; it is set to ``trainable=False``.
        split: the labelled images.
        seed: chooses the order of training.

    Returns:
        The base and its head as one model.
    """
    # Not from the cache: a training time must not depend on what was computed before it.
    features = extract_features(base, split.labelled.images, cached=False)
    return join(base, *fit_head(features, split.labelled.labels, split.n_classes, seed))


def fit_head(
    features: np.ndarray, labels: np.ndarray, n_classes: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Train a dense softmax layer on features.

    Args:
        features: float32, shape ``(n, features)``.
        labels: integers, shape ``(n,)``.
        n_classes: number of classes.
        seed: chooses the order of training.

    Returns:
        Its kernel, shape ``(features, n_classes)``, and its bias, shape ``(n_classes,)``.
    """
    keras.utils.set_random_seed(seed)
    # With zeros, the head starts without an opinion; random weights would be noise that ten
    # labels cannot fully correct.
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            keras.layers.Dense(n_classes, "softmax", kernel_initializer="zeros"),
        ]
    )
    train(head, features, labels, learning_rate=LEARNING_RATE, seed=seed)
    return head.get_weights()


def join(base: keras.Model, kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    """Return the frozen base followed by a dense softmax head with the given weights.

    Args:
        base: a model from images to a feature vector; it is set to ``trainable=False``.
        kernel: shape ``(features, n_classes)``.
        bias: shape ``(n_classes,)``.
    """
    base.trainable = False
    model = add_head(base, len(bias))
    model.get_layer("head").set_weights([kernel, bias])
    return model
