"""The training loop that all methods share: batches, optimiser, schedule, one seed."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import Examples, check_labels
from tlcourse.methods.augment import random_affine

BATCH_SIZE = 64
_AT_ONCE = 125  # updates that Keras makes before it looks up; no more, or Ctrl-C would seem dead


def steps_for(n_labels: int) -> int:
    """Return how many updates of the weights the course grants for a number of labels.

    At least 400, so that a handful of labels is learned at all; then ten passes over the labelled
    images, up to 3,000 updates.
    """
    return min(max(400, 10 * (n_labels // BATCH_SIZE)), 3_000)


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
        inputs: images or features, shape ``(n, ...)``, float32.
        labels: shape ``(n,)``, integers.
        learning_rate: at the start.
        seed: chooses the order of the examples and the augmentation.
        steps: number of batches of (at most) 64 examples; ``steps_for`` decides if None.
        augment: change every image anew each time it is shown (``random_affine``).
        epochs: into how many equal parts to divide the updates; the history has one value for
            each.
        validation: measured after each epoch, never trained on.
        callbacks: Keras callbacks.

    Returns:
        The learning curves: ``loss`` and ``accuracy``, with ``val_`` in front for validation.

    Raises:
        DataError: a label that the model has no output for.
        ValueError: ``updates`` is not a multiple of ``epochs``.
    """
    steps = steps_for(len(labels)) if steps is None else steps
    if steps % epochs:
        raise ValueError(f"updates must be a multiple of epochs; got {steps} and {epochs}.")
    check_labels(labels, model.output_shape[-1])
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss="sparse_categorical_crossentropy",
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,  # XLA made small CNNs slower on CPUs
        # Between two updates Keras needs a millisecond, more than a small head; see benchmarks/.
        steps_per_execution=_largest_divisor(steps // epochs, _AT_ONCE),
    )
    model.optimizer.build(model.trainable_variables)  # else each update would be traced twice
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
    augment_fn: Callable[[tf.Tensor, tuple[int, int]], tf.Tensor] | None = None,
) -> tf.data.Dataset:
    """Return ``updates`` shuffled batches; each example comes once before any comes again.

    Args:
        inputs: images or features, shape ``(n, ...)``.
        labels: shape ``(n,)``.
        steps: number of batches, of 64 examples or of all if there are fewer.
        seed: the same seed gives the same batches in the same order.
        augment_fn: applied to the inputs of each batch with a seed of its own.
    """
    rng = np.random.default_rng(seed)
    n, size = len(inputs), min(BATCH_SIZE, len(inputs))
    passes = -(-steps * size // n)
    order = np.concatenate([rng.permutation(n) for _ in range(passes)])[: steps * size]
    inputs, labels = tf.constant(inputs), tf.constant(labels)

    def batch(step: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(inputs, index)
        if augment_fn is not None:
            chosen = augment_fn(chosen, (seed, step))
        return chosen, tf.gather(labels, index)

    steps = (np.arange(steps, dtype=np.int32), order.reshape(steps, size).astype(np.int32))
    return tf.data.Dataset.from_tensor_slices(steps).map(batch, num_parallel_calls=2).prefetch(4)


def reset_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer forget what it has seen; its learning rate stays.

    With other weights in the model, the next training is then the first of a freshly compiled
    model, without the time that compiling takes. A schedule of rates begins anew.

    Args:
        optimizer: of a compiled model; taught in notebooks 03 and 07.
    """
    for memory in optimizer.variables:
        if memory.name != "learning_rate":
            memory.assign(keras.ops.zeros_like(memory))


def _largest_divisor(number: int, limit: int) -> int:
    return next(k for k in range(min(number, limit), 0, -1) if number % k == 0)
