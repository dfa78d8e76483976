"""Unsupervised pretraining: a base that has learned to denoise images, without any labels.

The article calls it unsupervised transfer learning. With images of another task, like the letters
here, it is self-taught learning (Raina et al., 2007).
"""

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import check_images
from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split
from tlcourse.data.letters import load_letters
from tlcourse.data.validation import check_count, check_seed
from tlcourse.methods.remembered import Pretrained, pretrained_base
from tlcourse.methods.supervised import fine_tune, train_head
from tlcourse.methods.timing import Stopwatch
from tlcourse.methods.training import BATCH_SIZE, set_seed
from tlcourse.models import build_base

# As many steps as the letters base had; see ``pretraining``.
STEPS, LEARNING_RATE, SEED = 2_000, 2e-3, 0
FINE_TUNING_RATE = 2e-3
MASKED = 0.5  # fraction of the pixels that are masked


def autoencoder_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on the frozen encoder of a denoising autoencoder of the target's images."""
    seed = check_seed(seed)  # before the long pretraining
    return train_head(autoencoder_base(split.images)[0], split, seed)


def autoencoder_finetuned(split: Split, seed: int) -> keras.Model:
    """Fine-tune the encoder of a denoising autoencoder of the target's images."""
    return _finetuned(split.images, split, seed, augment=False)


def autoencoder_finetuned_augmented(split: Split, seed: int) -> keras.Model:
    """Fine-tune as in ``autoencoder_finetuned``, every image augmented anew each time."""
    return _finetuned(split.images, split, seed, augment=True)


def autoencoder_letters_finetuned(split: Split, seed: int) -> keras.Model:
    """Fine-tune the encoder of a denoising autoencoder of the source's images: letters."""
    return _finetuned(letters_images(), split, seed, augment=False)


def _finetuned(images: np.ndarray, split: Split, seed: int, *, augment: bool) -> keras.Model:
    # An encoder has not learned what classes are: with the low rate and the frozen batch
    # normalisation that suit the letters it stayed behind by four points or more with 100 labels,
    # on images set aside for such choices.
    seed = check_seed(seed)
    return fine_tune(
        autoencoder_base(images)[0],
        split,
        seed,
        augment=augment,
        learning_rate=FINE_TUNING_RATE,
        train_batchnorm=True,
    )


def letters_images() -> np.ndarray:
    """Return the images of the source task, without their labels."""
    return load_letters().train.images


def autoencoder_base(images: np.ndarray) -> tuple[keras.Model, float, float]:
    """Return the base CNN as the encoder of a denoising autoencoder.

    Half of the pixels are masked, and the autoencoder learns to bring them back; only its
    encoder is kept. It is trained once for the same images, then read from the cache.
    Reference: Vincent et al. (2008), "Extracting and composing robust features with denoising
    autoencoders".

    Args:
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1.

    Returns:
        The encoder, and how many seconds its training took: on the clock, and of the processor.

    Raises:
        DataError: no images, or not of the course's form.
    """
    return pretrained_base("autoencoder", _pretrain, images, STEPS)


def build_decoder() -> keras.Model:
    """Return the mirror image of the base: features ``(n, 384)`` to images, 0 to 1."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((384,)),
            layers.Dense(7 * 7 * 32, activation="relu"),
            layers.Reshape((7, 7, 32)),
            layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="sigmoid"),
        ],
        name="decoder",
    )


def train_denoising(autoencoder: keras.Model, images: np.ndarray, *, steps: int) -> None:
    """Train an autoencoder in place to bring back the pixels that ``mask_pixels`` sets to 0.

    Taught in notebook 08. ``keras.utils.set_random_seed`` before it makes a training repeatable.

    Args:
        autoencoder: from images to images, 0 to 1.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1.
        steps: number of batches of (at most) 64 images.

    Raises:
        DataError: no images, or not of the course's form.
    """
    images, steps = check_images(images), check_count(steps, "steps")
    if not len(images):
        raise DataError("An autoencoder learns from images; there are none. Give one at least.")
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    autoencoder.compile(keras.optimizers.Adam(schedule), "binary_crossentropy")
    clean = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=SEED).repeat()
    random = tf.random.Generator.from_seed(SEED)
    size = min(BATCH_SIZE, len(images))

    def pair(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return mask_pixels(batch, random), batch

    pairs = clean.batch(size, drop_remainder=True).map(pair).prefetch(4)
    autoencoder.fit(pairs, steps_per_epoch=steps, shuffle=False, verbose=0)


def mask_pixels(images: tf.Tensor, random: tf.random.Generator) -> tf.Tensor:
    """Set about half of the pixels, chosen at random, to 0.

    Args:
        images: float32, shape ``(n, 28, 28, 1)``.
        random: chooses the pixels; each call others.
    """
    mask = random.uniform(tf.shape(images)) >= MASKED
    return images * tf.cast(mask, tf.float32)


def _pretrain(images: np.ndarray, steps: int) -> Pretrained:
    with Stopwatch() as watch:
        set_seed(SEED)
        base = build_base("autoencoder_base")
        autoencoder = keras.Sequential([keras.Input((28, 28, 1)), base, build_decoder()])
        train_denoising(autoencoder, images, steps=steps)
    return base.get_weights(), watch.seconds, watch.cpu_seconds
