"""A training step: our loop against plain ``model.fit`` on arrays, and what bounds both.

For the same network and batches of 64, with one thread and with two:

* the bare convolutions of a step: forward, and both gradients, with the network's shapes, in one
  ``tf.function`` that does nothing else;
* the whole step as a ``tf.function`` of our own on one batch in memory: no input, no metrics;
* our loop, ``tlcourse.methods.train``; and plain ``fit`` on arrays.

What lies between the first two is the rest of the mathematics, between the second and the loops
input and Python. A large product of matrices gives the speed that the cores can reach at all.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from benchmarks.kernels import BATCH, bare_convolutions, operations, random_convolutions
from benchmarks.measuring import Row, alternate, compare, run_alone, use_threads, wall_seconds
from tlcourse.data.paths import REPOSITORY
from tlcourse.methods import train
from tlcourse.models import add_head, build_base

CLASSES, LEARNING_RATE = 10, 1e-3
STEPS, REPEATS, WANTED = 100, 5, 1.5
PARTS = ("ours", "fit", "step", "convolutions", "matmul")


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return three rows for each number of threads; ``data`` plays no part, pixels are random."""
    return [row for threads in (1, 2) for row in _rows(threads, _in_a_process(threads, smoke))]


def _in_a_process(threads: int, smoke: bool) -> dict[str, list[float]]:
    """Measure with so many threads, which TensorFlow fixes once for a process."""
    code = "import sys; from benchmarks import training_step as t; t.print_times(*sys.argv[1:])"
    command = [sys.executable, "-c", code, str(threads), str(int(smoke))]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def print_times(threads: str, smoke: str) -> None:
    """Print ``times`` as JSON; the entry of the child processes."""
    use_threads(int(threads))
    print(json.dumps(times(steps=10, repeats=1) if int(smoke) else times()))


def times(*, steps: int = STEPS, repeats: int = REPEATS) -> dict[str, list[float]]:
    """Return the seconds of one step for each of ``PARTS``, from alternating repeats.

    The seconds of ``"matmul"`` are those of the product of two 2048×2048 matrices.
    """
    rng = np.random.default_rng(0)
    images = rng.random((steps * BATCH, 28, 28, 1), dtype=np.float32)
    labels = rng.integers(0, CLASSES, len(images))
    step = whole_step(build(), images[:BATCH], labels[:BATCH])
    convolutions = bare_convolutions(random_convolutions())
    matrix = tf.constant(rng.random((2048, 2048), dtype=np.float32))

    def repeated(function: Callable[[], object], times: int) -> float:
        def calls() -> None:
            for _ in range(times):
                function()

        function()  # traces it, and wakes the threads
        return wall_seconds(calls) / times

    found = alternate(
        lambda: our_loop(build(), images, labels),
        lambda: plain_fit(build(), images, labels),
        lambda: repeated(step, steps),
        lambda: repeated(convolutions, steps),
        lambda: repeated(lambda: tf.linalg.matmul(matrix, matrix).numpy(), 10),
        repeats=repeats,
    )
    return dict(zip(PARTS, found, strict=True))


def build() -> keras.Model:
    """Return the course's base with a head, the same weights each time."""
    keras.utils.set_random_seed(0)
    return add_head(build_base(), CLASSES)


class _Clock(keras.callbacks.Callback):
    """Wall seconds of the second epoch: the first one traces and warms up."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds = time.perf_counter() - self._start


def our_loop(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the seconds of one step in the course's loop."""
    steps, clock = len(images) // BATCH, _Clock()
    train(
        model,
        images,
        labels,
        steps=2 * steps,
        epochs=2,
        learning_rate=LEARNING_RATE,
        seed=0,
        callbacks=(clock,),
    )
    return clock.seconds / steps


def plain_fit(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the seconds of one step of ``fit`` on arrays, as every tutorial calls it."""
    clock = _Clock()
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=BATCH, epochs=2, callbacks=[clock], verbose=0)
    return clock.seconds / (len(images) // BATCH)


def whole_step(
    model: keras.Model, images: np.ndarray, labels: np.ndarray
) -> Callable[[], tf.Tensor]:
    """Return a function that makes one update on always the same batch and returns its loss."""
    images, labels = tf.constant(images), tf.constant(labels)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            predictions = model(images, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, predictions)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return lambda: step().numpy()  # waits for the result


def _rows(threads: int, seconds: dict[str, list[float]]) -> list[Row]:
    median = {part: float(np.median(values)) for part, values in seconds.items()}
    ms = {part: [1e3 * value for value in values] for part, values in seconds.items()}
    where = f"{threads} thread{'s' * (threads > 1)}"
    peak, reached = 2 * 2048**3 / median["matmul"], operations() / median["convolutions"]
    share = median["convolutions"] / median["ours"]
    loops = compare(
        f"Training step, {where}",
        [BATCH / value for value in seconds["ours"]],
        [BATCH / value for value in seconds["fit"]],
        "images/s",
        wanted=WANTED,
        more_is_better=True,
        notes=(
            f"Our loop against plain fit on arrays, batches of {BATCH}, {where}, second epoch "
            "(nothing is traced in it), wall time. A program that did the convolutions and "
            f"nothing else would be {median['fit'] / median['convolutions']:.2f}× as fast as "
            "plain fit."
        ),
    )
    # What even the bare convolutions do not reach, no loop around them can.
    out_of_reach = median["fit"] / median["convolutions"] < WANTED
    judged = {"wanted": f"≥ {WANTED:g}×, or kernel-bound", "met": loops.met or out_of_reach}
    return [
        replace(loops, **judged),
        compare(
            f"… against its bare convolutions, {where}",
            ms["ours"],
            ms["convolutions"],
            "ms a step",
            notes=(
                f"The convolutions alone are {share:.0%} of our step, so no loop around them can "
                f"be more than {1 / share:.2f}× as fast. They run at {reached / 1e9:.0f} GFLOP/s, "
                f"{reached / peak:.0%} of the {peak / 1e9:.0f} that a large product of matrices "
                "reaches."
            ),
        ),
        compare(
            f"… against the step without input and loop, {where}",
            ms["ours"],
            ms["step"],
            "ms a step",
            notes="The same update as one tf.function on one batch in memory, without metrics.",
        ),
    ]


if __name__ == "__main__":
    run_alone(measure)
