"""``run``: one method, one dataset, one label budget, one seed -> one record."""

import platform
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version

import keras
import pandas as pd

from tlcourse.data import Dataset, labelled_split
from tlcourse.data.dataset import Examples
from tlcourse.methods import get_method
from tlcourse.methods.registry import PRETRAINING
from tlcourse.models import count_parameters


@dataclass(frozen=True)
class Record:
    """What one run gave and what it took.

    Attributes:
        method: name of the method.
        dataset: name of the dataset.
        labels: number of labelled examples.
        seed: chose the labelled examples, the random weights and the order of training.
        accuracy: share of the test part classified correctly, 0 to 1.
        seconds: wall-clock time of training.
        cpu_seconds: processor time of training, over all cores.
        pretraining_seconds: wall-clock time of making the pretrained base, once; 0 without one,
            NaN if nobody knows.
        pretraining_cpu_seconds: processor time of the same.
        parameters_total: numbers in training, with decoders and moving averages.
        parameters_trainable: those that the last stage of training changed.
        parameters_deployed: numbers in the model that is put to use.
        versions: Python, tlcourse, TensorFlow, Keras and NumPy, as ``name version`` pairs.
    """

    method: str
    dataset: str
    labels: int
    seed: int
    accuracy: float
    seconds: float
    cpu_seconds: float
    pretraining_seconds: float
    pretraining_cpu_seconds: float
    parameters_total: int
    parameters_trainable: int
    parameters_deployed: int
    versions: str


def run(method: str, dataset: Dataset, labels: int, seed: int) -> Record:
    """Train ``method`` on ``labels`` labelled examples and measure it on the test part.

    For a given seed, every method gets the same labelled examples.

    Args:
        method: a name in ``tlcourse.methods.METHODS``.
        dataset: from ``tlcourse.data.load``.
        labels: label budget in all, balanced over the classes.
        seed: any integer from 0 on.

    Raises:
        DataError: no such method, or a budget the dataset cannot give.
    """
    chosen = get_method(method)
    split = labelled_split(dataset, total=labels, seed=seed)
    before = PRETRAINING[chosen.pretraining](split)
    wall, cpu = time.perf_counter(), time.process_time()
    model = chosen.train(split, seed)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

    parameters = count_parameters(model)
    return Record(
        method=method,
        dataset=dataset.name,
        labels=int(labels),  # JSON knows no NumPy integers
        seed=int(seed),
        accuracy=accuracy(model, dataset.test),
        seconds=wall,
        cpu_seconds=cpu,
        pretraining_seconds=before[0],
        pretraining_cpu_seconds=before[1],
        parameters_total=parameters.total + chosen.extra_parameters(model),
        parameters_trainable=parameters.trainable,
        parameters_deployed=parameters.total,
        versions=versions(),
    )


def accuracy(model: keras.Model, examples: Examples) -> float:
    """Return the share of examples, 0 to 1, that the model classifies correctly."""
    guesses = model.predict(examples.images, batch_size=256, verbose=0).argmax(axis=1)
    return float((guesses == examples.labels).mean())


def table(records: Iterable[Record]) -> pd.DataFrame:
    """Return records as a tidy table: one row for each, one column for each attribute."""
    rows = [asdict(record) for record in records]
    return pd.DataFrame(rows, columns=[field.name for field in fields(Record)])


def versions() -> str:
    """Return the versions of Python and of the libraries that a result depends on, in one line."""
    import keras
    import tensorflow as tf

    parts = {
        "python": platform.python_version(),
        "tlcourse": version("tlcourse"),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": version("numpy"),
    }
    return " ".join(f"{name} {number}" for name, number in parts.items())
