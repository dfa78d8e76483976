"""Features computed once and a head on them, against fitting through the frozen base.

Both make the same steps of the same head on the same batches in the same order, by the
course's own loop; the second one computes the features of every image again in every epoch.
"""

from dataclasses import dataclass

import keras
import numpy as np

from benchmarks.measuring import Row, compare, cpu_seconds, run_alone, use_threads
from tlcourse.data import Dataset, labelled_split, load
from tlcourse.methods import train
from tlcourse.methods.supervised import attach_head
from tlcourse.methods.training import BATCH_SIZE
from tlcourse.models import accuracy, extract_features, letters_base

# The more epochs, the less the one computation of the features weighs.
EPOCHS, IMAGES, REPEATS, SEED = 100, 3_000, 3, 0
LEARNING_RATE = 1e-3


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return one row: CPU seconds of the whole, features included."""
    use_threads(1)
    dataset = load(data)
    images = min(IMAGES, len(dataset.train) // 10 * 10)
    task = make_task(dataset, images=128 if smoke else images, epochs=2 if smoke else EPOCHS)
    models: dict[str, keras.Model] = {}

    def ours() -> None:
        models["ours"] = on_features(task)

    def other() -> None:
        models["other"] = through_the_base(task)

    times = [(cpu_seconds(ours), cpu_seconds(other)) for _ in range(1 if smoke else REPEATS)]
    features = [
        cpu_seconds(lambda: extract_features(letters_base(), task.images, cached=False))
        for _ in times
    ]
    right = {name: accuracy(model, dataset.test) for name, model in models.items()}
    same = abs(right["ours"] - right["other"]) <= 0.002
    return [
        compare(
            f"A head on frozen features, {task.epochs} epochs over {len(task.labels):,} images",
            [a for a, _ in times],
            [b for _, b in times],
            "CPU s",
            wanted=10,
            valid=same,
            notes=(
                f"{task.steps:,} steps of {BATCH_SIZE} images on both sides, the same batches; "
                f"test accuracy {right['ours']:.2%} against {right['other']:.2%}. Of our time, "
                f"{np.median(features):.2f} s compute the features (loading the base included). "
                "One thread; building and tracing included."
            ),
        )
    ]


@dataclass(frozen=True)
class Task:
    """Labelled images, and how often to go over them.

    Attributes:
        images: float32, shape ``(n, 28, 28, 1)``.
        labels: integers, shape ``(n,)``.
        n_classes: number of classes.
        epochs: passes over the images.
    """

    images: np.ndarray
    labels: np.ndarray
    n_classes: int
    epochs: int

    @property
    def steps(self) -> int:
        """Number of batches in all the epochs together."""
        return self.epochs * len(self.labels) // BATCH_SIZE


def make_task(dataset: Dataset, *, images: int, epochs: int) -> Task:
    """Return the task of learning from a balanced subset of so many images."""
    labelled = labelled_split(dataset, total=images, seed=SEED).labelled
    return Task(labelled.images, labelled.labels, dataset.n_classes, epochs)


def on_features(task: Task) -> keras.Model:
    """Compute the letters features once, train a head on them, and join the two."""
    base = letters_base()
    features = extract_features(base, task.images, cached=False)
    dense = keras.layers.Dense(task.n_classes, "softmax", kernel_initializer="zeros")
    head = keras.Sequential([keras.Input(features.shape[1:]), dense])
    _train(head, features, task)
    return attach_head(base, *head.get_weights())


def through_the_base(task: Task) -> keras.Model:
    """Train the same head where it sits, behind the frozen letters base."""
    model = attach_head(letters_base(), np.zeros((384, task.n_classes)), np.zeros(task.n_classes))
    _train(model, task.images, task)
    return model


def _train(model: keras.Model, inputs: np.ndarray, task: Task) -> None:
    train(
        model, inputs, task.labels, steps=task.steps, learning_rate=LEARNING_RATE, seed=SEED
    )  # fmt: skip


if __name__ == "__main__":
    run_alone(measure)
