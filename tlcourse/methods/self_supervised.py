"""Self-supervised pretraining: two views of an image shall have much in common (VICReg)."""

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split
from tlcourse.data.validation import check_seed
from tlcourse.methods.augment import random_affine
from tlcourse.methods.autoencoder import FINE_TUNING_RATE
from tlcourse.methods.remembered import Pretrained, pretrained_base
from tlcourse.methods.supervised import fine_tune, train_head
from tlcourse.methods.timing import Stopwatch
from tlcourse.methods.training import CustomTraining, batch_indices, set_seed, stateless_seed
from tlcourse.models import build_base

STEPS, LEARNING_RATE, SEED = 1_000, 2e-3, 0
IMAGES, EXPANDED = 128, 256  # images in a step, each seen twice; numbers behind the expander
INVARIANCE, VARIANCE, COVARIANCE = 25.0, 25.0, 1.0  # weights of the three terms, as in the paper


def vicreg_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on a base that learned from views of the target's images, without labels."""
    seed = check_seed(seed)  # before the long pretraining
    return train_head(vicreg_base(split.images)[0], split, seed)


def vicreg_finetuned_augmented(split: Split, seed: int) -> keras.Model:
    """Fine-tune that base as ``autoencoder_finetuned_augmented`` does with an encoder."""
    seed = check_seed(seed)
    return fine_tune(
        vicreg_base(split.images)[0],
        split,
        seed,
        augment=True,
        learning_rate=FINE_TUNING_RATE,
        train_batchnorm=True,
    )


def vicreg_base(images: np.ndarray) -> tuple[keras.Model, float, float]:
    """Return the base CNN, pretrained by VICReg on images, once for the same images.

    Two views of each image (``random_affine``) shall be alike behind an expander, which is thrown
    away afterwards; each of its numbers shall vary over the images, and none repeat another.
    Taught in notebook 16.

    Args:
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1; at least two.

    Returns:
        The base, and how many seconds its training took: on the clock, and of the processor.

    Raises:
        DataError: fewer than two images, or not of the course's form.

    Reference:
        Bardes, Ponce and LeCun (2022), "VICReg: Variance-invariance-covariance regularization for
        self-supervised learning".
    """
    if len(images) < 2:
        raise DataError(
            f"VICReg compares images with each other; got {len(images)}. Give two at least."
        )
    return pretrained_base("vicreg", _pretrain, images, STEPS)


def build_expander() -> keras.Model:
    """Return what stands behind the base in pretraining: features ``(n, 384)`` to ``(n, 256)``."""
    layers = keras.layers
    hidden = [layers.Dense(EXPANDED, use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    return keras.Sequential([keras.Input((384,)), *hidden, layers.Dense(EXPANDED)], name="expander")


def vicreg_loss(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Return VICReg's loss of two views of the same images.

    Args:
        one: float32, shape ``(n, d)``, ``n`` at least 2.
        other: the same for the other views, row by row of the same images.
    """
    loss = INVARIANCE * tf.reduce_mean((one - other) ** 2)
    for z in (one, other):
        centred = z - tf.reduce_mean(z, axis=0)
        n, d = tf.unstack(tf.cast(tf.shape(z), tf.float32))
        covariances = tf.transpose(centred) @ centred / (n - 1)
        variances = tf.linalg.diag_part(covariances)
        spread = tf.reduce_mean(tf.nn.relu(1 - tf.sqrt(variances + 1e-4)))
        repeated = (tf.reduce_sum(covariances**2) - tf.reduce_sum(variances**2)) / d
        loss += VARIANCE * spread / 2 + COVARIANCE * repeated
    return loss


def _pretrain(images: np.ndarray, steps: int) -> Pretrained:
    with Stopwatch() as watch:
        set_seed(SEED)
        base = build_base("vicreg_base")
        network = keras.Sequential([keras.Input((28, 28, 1)), base, build_expander()])
        pool = tf.constant(images)

        def loss_fn(step: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
            twice = tf.repeat(tf.gather(pool, chosen), 2, axis=0)  # each with its own amounts
            z = network(random_affine(twice, stateless_seed(SEED, step)), training=True)
            return vicreg_loss(z[::2], z[1::2])

        training = CustomTraining(
            loss_fn, network.trainable_variables, learning_rate=LEARNING_RATE, steps=steps
        )
        order = batch_indices(np.random.default_rng(SEED), len(images), steps, IMAGES)
        training.run(zip(np.arange(steps), order, strict=True))
    return base.get_weights(), watch.seconds, watch.cpu_seconds
