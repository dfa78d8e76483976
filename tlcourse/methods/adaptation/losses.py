"""Losses of domain adaptation: how far apart are the features of two domains?"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.errors import DataError
from tlcourse.methods.validation import check_features

CORAL_WEIGHT, MMD_WEIGHT = 1_000.0, 10.0  # so that the distance counts about as much as the labels

_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in units of the mean squared distance


class Batch(NamedTuple):
    """What a second loss may look at.

    Attributes:
        source: features of a batch of the source, shape ``(n, 64)``.
        target: features of a batch of the target, shape ``(m, 64)``.
        probabilities: predictions for the target's images, shape ``(m, n_classes)``.
        labels: labels of the target's images, for the one method that has them.
        domain_discriminator: from features to domain logits; None but for DANN.
        weight: λ, which rises from 0 to 1 as training goes on.
    """

    source: tf.Tensor
    target: tf.Tensor
    probabilities: tf.Tensor
    labels: tf.Tensor
    domain_discriminator: keras.Model | None
    weight: tf.Tensor


SecondLoss = Callable[[Batch], tf.Tensor]


def coral_transform(source: np.ndarray, target: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Give source features the mean and the covariance of target features (CORAL).

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.
        ridge: added to the variance of each feature, in units of the mean variance of the source;
            more than 0, because a covariance of few images cannot be inverted.

    Returns:
        float32 array of the shape of ``source``.

    Raises:
        DataError: features of another form, or of one image only.

    Reference:
        Sun, Feng and Saenko (2016), "Return of frustratingly easy domain adaptation".
    """
    source, target = check_domains(source, target)
    extra = ridge * source.var(axis=0).mean() * np.eye(source.shape[1])

    def power(features: np.ndarray, exponent: float) -> np.ndarray:
        values, vectors = np.linalg.eigh(np.cov(features, rowvar=False) + extra)
        return (vectors * values**exponent) @ vectors.T

    white = (source - source.mean(axis=0)) @ power(source, -0.5)
    return (white @ power(target, 0.5) + target.mean(axis=0)).astype(np.float32)


def check_domains(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of two domains as arrays; two images of each at least.

    Raises:
        DataError: features of another form, or that have not the same length.
    """
    source = check_features(source, "Features of the source")
    target = check_features(target, "Features of the target")
    if source.shape[1] != target.shape[1] or min(len(source), len(target)) < 2:
        raise DataError(
            "Both domains need two images at least, with features of the same network; got "
            f"features of the shapes {source.shape} and {target.shape}."
        )
    return source, target


def coral_loss(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return how far the covariances of two batches of features are apart, 0 or more.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.

    Reference:
        Sun and Saenko (2016), "Deep CORAL: Correlation alignment for deep domain adaptation".
    """
    difference = _covariance(source) - _covariance(target)
    return tf.reduce_sum(difference**2) / (4 * source.shape[1] ** 2)


def _covariance(features: tf.Tensor) -> tf.Tensor:
    centred = features - tf.reduce_mean(features, axis=0)
    degrees = tf.cast(tf.shape(features)[0] - 1, features.dtype)
    return tf.matmul(centred, centred, transpose_a=True) / degrees


def mmd_loss(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return the squared maximum mean discrepancy of two batches of features, 0 or more.

    With the mean of five Gaussian kernels, as wide as the features are apart on average, and
    half, a quarter, twice and four times as wide.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.

    Reference:
        Gretton et al. (2012), "A kernel two-sample test"; with several kernels, on layers of a
        network: Long et al. (2015), "Learning transferable features with deep adaptation
        networks".
    """
    together = tf.concat([source, target], axis=0)
    lengths = tf.reduce_sum(together**2, axis=1)
    products = tf.matmul(together, together, transpose_b=True)
    squares = tf.maximum(lengths[:, None] + lengths[None, :] - 2 * products, 0.0)
    # The yardstick is no way to make the distance smaller, so it passes no gradient on.
    typical = tf.stop_gradient(tf.reduce_mean(squares)) + 1e-9
    kernel = tf.add_n([tf.exp(-squares / (width * typical)) for width in _WIDTHS]) / len(_WIDTHS)
    n = tf.shape(source)[0]
    within = tf.reduce_mean(kernel[:n, :n]) + tf.reduce_mean(kernel[n:, n:])
    return within - 2 * tf.reduce_mean(kernel[:n, n:])


def gradient_reversal(x: tf.Tensor, weight: float | tf.Tensor) -> tf.Tensor:
    """Return ``x`` as it is; going back, its gradient is multiplied by ``-weight``."""
    return tf.stop_gradient((1 + weight) * x) - weight * x


# ------------------------------------------------------------- as second losses in the training


def coral(batch: Batch) -> tf.Tensor:
    """Return the weighted CORAL loss of a batch; Deep CORAL."""
    return CORAL_WEIGHT * batch.weight * coral_loss(batch.source, batch.target)


def mmd(batch: Batch) -> tf.Tensor:
    """Return the weighted MMD of a batch, as in deep adaptation networks."""
    return MMD_WEIGHT * batch.weight * mmd_loss(batch.source, batch.target)


def domain_adversarial(batch: Batch) -> tf.Tensor:
    """Return the loss of the domain discriminator, behind a gradient reversal; DANN.

    The discriminator learns as usual; through the reversal the layers below learn to mislead it.
    """
    together = tf.concat([batch.source, batch.target], axis=0)
    domain_logits = batch.domain_discriminator(gradient_reversal(together, batch.weight))[:, 0]
    domains = tf.concat([tf.zeros_like(batch.source[:, 0]), tf.ones_like(batch.target[:, 0])], 0)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(domains, domain_logits))


def target_labels(batch: Batch) -> tf.Tensor:
    """Return the weighted cross-entropy of the target's labelled examples."""
    losses = keras.losses.sparse_categorical_crossentropy(batch.labels, batch.probabilities)
    return batch.weight * tf.reduce_mean(losses)
