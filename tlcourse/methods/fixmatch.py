"""Semi-supervised learning by consistency: what a network is sure of must survive a change."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import Examples
from tlcourse.data.labels import Split, check_unlabelled
from tlcourse.methods.augment import random_affine
from tlcourse.methods.frozen import train_head
from tlcourse.models import add_head, build_base, letters_base, unfreeze

# As many updates as methods without unlabelled images have, up to 2,560 labels.
STEPS, LEARNING_RATE = 400, 2e-3
LABELLED, UNLABELLED = 32, 128  # images of each kind in an update
CONFIDENCE_THRESHOLD = 0.95  # a teacher's opinion counts from this probability on
EMA_DECAY = 0.99  # how slowly the teacher follows the student


@dataclass(frozen=True)
class PseudoLabels:
    """What is thought of the unlabelled images before training.

    Attributes:
        labels: integers, shape ``(n,)``.
        trusted: bool, shape ``(n,)``: which of them may be used.
    """

    labels: np.ndarray
    trusted: np.ndarray


def fixmatch_scratch(split: Split, seed: int) -> keras.Model:
    """Learn from labelled and unlabelled images, from random weights."""
    keras.utils.set_random_seed(seed)
    model = add_head(build_base(), split.n_classes)
    train_fixmatch(model, split.labelled, split.unlabelled, seed)
    return model


def fixmatch_letters(split: Split, seed: int) -> keras.Model:
    """Learn from labelled and unlabelled images, from the letters base and a head trained on it."""
    base = letters_base()
    model = train_head(base, split, seed)
    unfreeze(
        base, train_batchnorm=True
    )  # many images of the target: their statistics can be learned
    train_fixmatch(model, split.labelled, split.unlabelled, seed)
    return model


def train_fixmatch(
    model: keras.Model,
    labelled: Examples,
    unlabelled: np.ndarray,
    seed: int,
    *,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    labelled_weight: float = 1.0,
    pseudo_labels: PseudoLabels | None = None,
    callback: Callable[[int, keras.Model], None] | None = None,
) -> None:
    """Train ``model`` in place, as student of its own moving average.

    The teacher, an exponential moving average of the student's weights, looks at the unlabelled
    images as they are. Where it is sure, its answer is the label of the same image, changed
    strongly, for the student; where it is not, ``pseudo_labels`` are, or the image is left out.

    Args:
        model: from images to probabilities; what is ``trainable`` now is trained.
        labelled: images with labels.
        unlabelled: float32 images of shape ``(n, 28, 28, 1)``, 0 to 1.
        seed: chooses the order of the images and their changes.
        steps: of 32 labelled (or all, if fewer) and 128 unlabelled images each.
        learning_rate: at the start; it falls to 0 along a cosine.
        labelled_weight: how much the mean loss of the labelled images counts, 0 or more; that of
            the unlabelled ones counts 1.
        pseudo_labels: labels for the unlabelled images to begin with.
        callback: called before each update and after the last one, with the number of updates so far
            and the teacher of that moment; to look at it, not to change it.

    Raises:
        DataError: there are no unlabelled images.

    Reference:
        Sohn et al. (2020), "FixMatch: Simplifying semi-supervised learning with consistency and
        confidence"; Tarvainen and Valpola (2017), "Mean teachers are better role models".
    """
    check_unlabelled(unlabelled)
    images, labels = tf.constant(labelled.images), tf.constant(labelled.labels)
    others, n_others = tf.constant(unlabelled), len(unlabelled)
    pseudo_labels = pseudo_labels or PseudoLabels(np.zeros(n_others, int), np.zeros(n_others, bool))
    given, trusted = tf.constant(pseudo_labels.labels), tf.constant(pseudo_labels.trusted)
    teacher = keras.models.clone_model(model)
    teacher.set_weights(model.get_weights())
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False)
    def update(step: tf.Tensor, few: tf.Tensor, many: tf.Tensor, decay: tf.Tensor) -> None:
        shown = tf.gather(others, many)
        answers = teacher(shown, training=False)
        sure = tf.reduce_max(answers, axis=1) >= CONFIDENCE_THRESHOLD
        targets = tf.where(sure, tf.argmax(answers, axis=1), tf.gather(given, many))
        counts = tf.cast(sure | tf.gather(trusted, many), tf.float32)
        targets = tf.concat([tf.gather(labels, few), targets], axis=0)
        changed = strong_affine(tf.concat([tf.gather(images, few), shown], axis=0), (seed, step))
        with tf.GradientTape() as tape:
            guesses = model(changed, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(targets, guesses)
            known, guessed = losses[: tf.size(few)], losses[tf.size(few) :]
            loss = labelled_weight * tf.reduce_mean(known) + tf.reduce_mean(counts * guessed)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        for slow, fast in zip(teacher.weights, model.weights, strict=True):
            slow.assign(decay * slow + (1 - decay) * fast)

    rng = np.random.default_rng(seed)
    few = batch_indices(rng, len(labels), steps, LABELLED)
    many = batch_indices(rng, n_others, steps, UNLABELLED)
    for step in range(steps):
        if callback is not None:
            callback(step, teacher)
        # At first the average is over all updates so far, so that random weights are forgotten.
        decay = tf.constant(min(EMA_DECAY, step / (step + 1)), tf.float32)
        update(tf.constant(step), tf.constant(few[step]), tf.constant(many[step]), decay)
    if callback is not None:
        callback(steps, teacher)
    model.set_weights(teacher.get_weights())


def strong_affine(images: tf.Tensor, seed: tuple[int, int]) -> tf.Tensor:
    """Change images as ``random_affine`` does, but turned, slanted and stretched half as far again.

    Args:
        images: float32, shape ``(n, 28, 28, 1)``.
        seed: two integers.
    """
    return random_affine(images, seed, rotation=0.3, shear=0.3, zoom=0.225)


def batch_indices(rng: np.random.Generator, n: int, steps: int, size: int) -> np.ndarray:
    """Return which images come in which update: each once before any comes again."""
    size = min(size, n)
    passes = -(-steps * size // n)
    order = np.concatenate([rng.permutation(n) for _ in range(passes)])[: steps * size]
    return order.reshape(steps, size)
