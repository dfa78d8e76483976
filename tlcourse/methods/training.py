"""How all methods train: batches, optimiser, schedule, one seed; with ``fit`` or an own loss."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_count, check_seed
from tlcourse.methods.augment import random_affine
from tlcourse.methods.validation import check_inputs, check_lengths

BATCH_SIZE = 64
_MAX_STEPS_PER_EXECUTION = 125  # that Keras makes before it looks up; with more, Ctrl-C seems dead


def steps_for(n_labels: int) -> int:
    """Return how many training steps the course grants for a number of labels.

    A step is one update of the weights, on one batch. At least 400, so that a handful of labels
    is learned at all; then ten epochs of the labelled images, up to 3,000 steps.
    """
    return min(max(400, 10 * (n_labels // BATCH_SIZE)), 3_000)


def set_seed(seed: int) -> int:
    """Seed Python, NumPy and Keras; return the seed as an int.

    Raises:
        DataError: no whole number from 0 to 2**32 - 1.
    """
    seed = check_seed(seed)
    keras.utils.set_random_seed(seed)
    return seed


def stateless_seed(seed: int, step: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the two int32 numbers that seed TensorFlow's stateless functions in a step.

    Of the seeds, 0 to 2**32 - 1, the upper half becomes negative.
    """
    return tf.constant(np.uint32(seed).view(np.int32)), tf.cast(step, tf.int32)


# -------------------------------------------------------------------------------- Keras' own loop


def train(
    model: keras.Model,
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    learning_rate: float,
    seed: int,
    steps: int | None = None,
    augment: bool = False,
    epochs: int = 1,
    validation: Examples | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> dict[str, list[float]]:
    """Train ``model`` in place with Adam, its learning rate falling to 0 along a cosine.

    The model is compiled here, so what is ``trainable`` now is what will be trained.

    Args:
        model: from images (or features) to probabilities.
        inputs: images or features, shape ``(n, ...)``, float32; images from 0 to 1.
        labels: shape ``(n,)``, integers.
        learning_rate: at the start.
        seed: chooses the order of the examples and the augmentation, 0 to 2**32 - 1.
        steps: number of batches of (at most) 64 examples; ``steps_for`` decides if None.
        augment: augment every image anew each time it is shown (``random_affine``).
        epochs: into how many equal parts to divide the steps; the history has one value for
            each.
        validation: measured after each epoch, never trained on.
        callbacks: Keras callbacks.

    Returns:
        The learning curves: ``loss`` and ``accuracy``, with ``val_`` in front for validation.

    Raises:
        DataError: inputs that are not what the model takes (images of 0 to 255, say), labels that
            are not one integer for each of them, a label that the model has no output for, or
            ``steps`` that is no multiple of ``epochs``.
    """
    inputs, labels = check_inputs(model, inputs, labels)
    steps = check_count(steps_for(len(labels)) if steps is None else steps, "steps")
    epochs = check_count(epochs, "epochs")
    if steps % epochs:
        raise DataError(
            f"steps must be a multiple of epochs; got {steps} and {epochs}. Take "
            f"{steps - steps % epochs or epochs} steps."
        )
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss="sparse_categorical_crossentropy",
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        # Between two steps Keras needs a millisecond, more than a small head; see benchmarks/.
        steps_per_execution=_largest_divisor(steps // epochs, _MAX_STEPS_PER_EXECUTION),
    )
    model.optimizer.build(model.trainable_variables)  # else each step would be traced twice
    augment_fn = random_affine if augment else None
    history = model.fit(
        batches(inputs, labels, steps=steps, seed=seed, augment_fn=augment_fn),
        epochs=epochs,
        steps_per_epoch=steps // epochs,
        validation_data=validation and (validation.images, validation.labels),
        callbacks=list(callbacks),
        shuffle=False,  # the batches are shuffled already
        verbose=0,
    )
    return history.history


def batches(
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int,
    seed: int,
    augment_fn: Callable[[tf.Tensor, tuple[tf.Tensor, tf.Tensor]], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """Return ``steps`` shuffled batches; each example comes once before any comes again.

    Args:
        inputs: images or features, shape ``(n, ...)``.
        labels: shape ``(n, ...)``: integers, or whatever else belongs to each input.
        steps: number of batches, of 64 examples or of all if there are fewer.
        seed: the same seed gives the same batches in the same order; 0 to 2**32 - 1.
        augment_fn: applied to the inputs of each batch with a seed of its own, as
            ``random_affine``.

    Raises:
        DataError: lengths that differ, no example, or no seed.
    """
    seed, steps = check_seed(seed), check_count(steps, "steps")
    inputs, labels = tf.constant(np.asarray(inputs)), tf.constant(np.asarray(labels))
    check_lengths(inputs, labels)
    order = batch_indices(np.random.default_rng(seed), len(inputs), steps, BATCH_SIZE)

    def batch(step: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(inputs, index)
        if augment_fn is not None:
            chosen = augment_fn(chosen, stateless_seed(seed, step))
        return chosen, tf.gather(labels, index)

    numbered = (np.arange(steps, dtype=np.int32), order.astype(np.int32))
    return tf.data.Dataset.from_tensor_slices(numbered).map(batch, num_parallel_calls=2).prefetch(4)


def batch_indices(rng: np.random.Generator, n: int, steps: int, size: int) -> np.ndarray:
    """Return which examples come in which step: each once before any comes again.

    Args:
        rng: shuffles them anew for each pass.
        n: number of examples, 1 or more.
        steps: number of batches.
        size: of a batch; all examples if there are fewer.

    Returns:
        int64 array of shape ``(steps, min(size, n))``, 0 to ``n - 1``.
    """
    size = min(size, n)
    passes = -(-steps * size // n)
    order = np.concatenate([rng.permutation(n) for _ in range(passes)])[: steps * size]
    return order.reshape(steps, size)


# --------------------------------------------------------------------------- a loss of one's own


class CustomTraining:
    """Training by a loss that ``fit`` cannot express: Adam, a cosine and a gradient tape.

    Its step is traced once and may be run again and again, with other weights and data.

    Args:
        loss_fn: from the tensors of a batch to the loss, a scalar.
        variables: what is trained.
        learning_rate: at the start; it falls to 0 along a cosine within ``steps``.
        after_step: called in the graph after each update, with the same tensors.
        input_signature: forms of the tensors of a batch; those of the first one if None.
    """

    def __init__(
        self,
        loss_fn: Callable[..., tf.Tensor],
        variables: list[keras.Variable],
        *,
        learning_rate: float,
        steps: int,
        after_step: Callable[..., None] | None = None,
        input_signature: list[tf.TensorSpec] | None = None,
    ) -> None:
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self._optimizer = optimizer = keras.optimizers.Adam(schedule)
        optimizer.build(variables)

        @tf.function(input_signature=input_signature)
        def step(*batch: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                loss = loss_fn(*batch)
            optimizer.apply(tape.gradient(loss, variables), variables)
            if after_step is not None:
                after_step(*batch)

        self._step = step

    def run(
        self, batches: Iterable[tuple[Any, ...]], callback: Callable[[int], None] | None = None
    ) -> None:
        """Make a step with each batch, as the optimiser's first ones.

        Args:
            batches: tuples of arrays, one tuple for each step.
            callback: called before each step and after the last one, with the number of steps
                so far.
        """
        reset_optimizer(self._optimizer)
        done = 0
        for done, batch in enumerate(batches, start=1):
            if callback is not None:
                callback(done - 1)
            self._step(*map(tf.constant, batch))
        if callback is not None:
            callback(done)


def reset_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer forget what it has seen; its learning rate stays.

    With other weights in the model, the next training is then the first of a freshly compiled
    model, without the time that compiling takes. A schedule of rates begins anew.

    Args:
        optimizer: of a compiled model.
    """
    for memory in optimizer.variables:
        if memory.name != "learning_rate":
            memory.assign(keras.ops.zeros_like(memory))


def _largest_divisor(number: int, limit: int) -> int:
    return next(k for k in range(min(number, limit), 0, -1) if number % k == 0)
