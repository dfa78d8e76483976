"""What a run gave and what it took, as one record; readable without TensorFlow."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import pandas as pd

KEY = ("method", "dataset", "labels", "seed")  # what tells one run from another


@dataclass(frozen=True)
class Record:
    """What one run gave and what it took.

    Attributes:
        method: name of the method.
        dataset: name of the dataset.
        labels: number of labelled examples.
        seed: chose the labelled examples, the random weights and the order of training.
        accuracy: share of the test set classified correctly, 0 to 1.
        seconds: wall-clock time of training.
        cpu_seconds: processor time of training, over all cores.
        pretraining_seconds: wall-clock time of making the pretrained base, once; 0 without one,
            NaN if nobody knows.
        pretraining_cpu_seconds: processor time of the same.
        parameters_total: numbers in training, with decoders and moving averages.
        parameters_trainable: those that the last stage of training changed.
        parameters_deployed: numbers in the model that is put to use.
        versions: Python, tlcourse (with its commit), TensorFlow, Keras and NumPy, as
            ``name version`` pairs.
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


FIELDS = tuple(field.name for field in fields(Record))


def table(records: Iterable[Record]) -> pd.DataFrame:
    """Return records as a tidy table: one row for each, one column for each attribute."""
    return pd.DataFrame([asdict(record) for record in records], columns=list(FIELDS))
