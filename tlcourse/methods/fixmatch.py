"""FixMatch: pseudo-labels of a weakly augmented view, learned from a strongly augmented one."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import Examples, check_images, check_labels
from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split, check_unlabelled
from tlcourse.data.validation import check_count, check_seed
from tlcourse.methods.augment import strong_affine
from tlcourse.methods.supervised import train_head
from tlcourse.methods.training import CustomTraining, batch_indices, set_seed, stateless_seed
from tlcourse.methods.validation import check_inputs
from tlcourse.models import add_head, build_base, letters_base, unfreeze

# As many steps as methods without unlabelled images have, up to 2,560 labels.
STEPS, LEARNING_RATE = 400, 2e-3
LABELLED, UNLABELLED = 32, 128  # images of each kind in a step
CONFIDENCE_THRESHOLD = 0.95  # a prediction is a pseudo-label from this probability on
EMA_DECAY = 0.99  # how slowly the teacher follows the student


@dataclass(frozen=True)
class PseudoLabels:
    """Labels for the unlabelled images that are known before training, right or wrong.

    Attributes:
        labels: integers, shape ``(n,)``.
        mask: bool, shape ``(n,)``: which of them may be used.
    """

    labels: np.ndarray
    mask: np.ndarray


def fixmatch_scratch(split: Split, seed: int) -> keras.Model:
    """Learn from labelled and unlabelled images with FixMatch, from random weights."""
    set_seed(seed)
    model = add_head(build_base(), split.n_classes)
    train_fixmatch(model, split.labelled, split.unlabelled, seed)
    return model


def fixmatch_letters(split: Split, seed: int) -> keras.Model:
    """Learn with FixMatch, from the letters base and a head trained on it."""
    base = letters_base()
    model = train_head(base, split, seed)
    # There are many images of the target, so their statistics can be learned.
    unfreeze(base, train_batchnorm=True)
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
    """Train ``model`` in place with FixMatch, as the student of a mean teacher.

    The teacher is an exponential moving average (EMA) of the student's weights. It predicts the
    class of each unlabelled image in a weakly augmented view; where it is confident, its
    prediction is the pseudo-label of the strongly augmented view for the student. Where it is
    not, the label in ``pseudo_labels`` is taken, or the image does not count.

    Two things differ from the paper: the weakly augmented view is here the image as it is, and
    the teacher is not the student itself. The labelled images are strongly augmented, too.

    Args:
        model: from images to probabilities; what is ``trainable`` now is trained.
        labelled: images with labels.
        unlabelled: float32 images of shape ``(n, 28, 28, 1)``, 0 to 1.
        seed: chooses the order of the images and their augmentation, 0 to 2**32 - 1.
        steps: of 32 labelled (or all, if fewer) and 128 unlabelled images each.
        learning_rate: at the start; it falls to 0 along a cosine.
        labelled_weight: how much the mean loss of the labelled images counts, 0 or more; that of
            the unlabelled ones counts 1.
        pseudo_labels: labels for the unlabelled images to begin with.
        callback: called before each step and after the last one, with the number of steps so far
            and the teacher of that moment; to look at it, not to change it.

    Raises:
        DataError: there are no unlabelled images, they are not images of the course, or labels do
            not fit the images or the model.

    Reference:
        Sohn et al. (2020), "FixMatch: Simplifying semi-supervised learning with consistency and
        confidence"; Tarvainen and Valpola (2017), "Mean teachers are better role models".
    """
    seed, steps = check_seed(seed), check_count(steps, "steps")
    images, labels = map(tf.constant, check_inputs(model, labelled.images, labelled.labels))
    unlabelled = check_images(unlabelled)
    check_unlabelled(unlabelled)
    given_labels, given_mask = _given(pseudo_labels, len(unlabelled), model.output_shape[-1])
    pool = tf.constant(unlabelled)
    teacher = keras.models.clone_model(model)
    teacher.set_weights(model.get_weights())

    def loss_fn(step: tf.Tensor, few: tf.Tensor, many: tf.Tensor, decay: tf.Tensor) -> tf.Tensor:
        weak_view = tf.gather(pool, many)
        predictions = teacher(weak_view, training=False)
        confident = tf.reduce_max(predictions, axis=1) >= CONFIDENCE_THRESHOLD
        targets = tf.where(confident, tf.argmax(predictions, axis=1), tf.gather(given_labels, many))
        mask = tf.cast(confident | tf.gather(given_mask, many), tf.float32)
        both = tf.concat([tf.gather(images, few), weak_view], axis=0)
        strong_views = strong_affine(both, stateless_seed(seed, step))
        losses = keras.losses.sparse_categorical_crossentropy(
            tf.concat([tf.gather(labels, few), targets], axis=0), model(strong_views, training=True)
        )
        labelled_loss = tf.reduce_mean(losses[: tf.size(few)])
        unlabelled_loss = tf.reduce_mean(mask * losses[tf.size(few) :])
        return labelled_weight * labelled_loss + unlabelled_loss

    def update_teacher(step: tf.Tensor, few: tf.Tensor, many: tf.Tensor, decay: tf.Tensor) -> None:
        for average, weights in zip(teacher.weights, model.weights, strict=True):
            average.assign(decay * average + (1 - decay) * weights)

    rng = np.random.default_rng(seed)
    few = batch_indices(rng, len(images), steps, LABELLED)
    many = batch_indices(rng, len(unlabelled), steps, UNLABELLED)
    numbers = np.arange(steps)
    # At first the average is over all steps so far, so that random weights are forgotten.
    decays = np.minimum(EMA_DECAY, numbers / (numbers + 1)).astype(np.float32)
    training = CustomTraining(
        loss_fn,
        model.trainable_variables,
        learning_rate=learning_rate,
        steps=steps,
        after_step=update_teacher,
    )
    training.run(
        zip(numbers, few, many, decays, strict=True),
        callback and (lambda step: callback(step, teacher)),
    )
    model.set_weights(teacher.get_weights())


def _given(
    pseudo_labels: PseudoLabels | None, n: int, n_classes: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the labels to begin with and their mask, each of shape ``(n,)``."""
    if pseudo_labels is None:
        pseudo_labels = PseudoLabels(np.zeros(n, np.int64), np.zeros(n, bool))
    labels, mask = check_labels(pseudo_labels.labels, n_classes), np.asarray(pseudo_labels.mask)
    if not len(labels) == len(mask) == n:
        raise DataError(
            f"Every unlabelled image needs one pseudo-label and one entry of the mask; got {n:,} "
            f"images, {len(labels):,} labels and {len(mask):,} entries."
        )
    return tf.constant(labels, tf.int64), tf.constant(mask, tf.bool)
