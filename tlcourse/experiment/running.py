"""``run``: one method, one dataset, one label budget, one seed -> one record."""

import platform
from importlib.metadata import version

import keras
import tensorflow as tf

from tlcourse.data import Dataset, Examples, labelled_split
from tlcourse.data.validation import check_count, check_seed
from tlcourse.experiment.provenance import commit
from tlcourse.experiment.records import Record
from tlcourse.methods import Method, get_method
from tlcourse.methods.registry import PRETRAINING
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import accuracy, count_parameters, extract_features, predict

__all__ = ["Record", "accuracy", "run", "versions"]


def run(method: str, dataset: Dataset, labels: int, seed: int) -> Record:
    """Train ``method`` on ``labels`` labelled examples and measure it on the test set.

    For a given seed, every method gets the same labelled examples.

    Args:
        method: a name in ``tlcourse.methods.METHODS``.
        dataset: from ``tlcourse.data.load``.
        labels: label budget in all, balanced over the classes.
        seed: an integer from 0 to 2**32 - 1.

    Raises:
        DataError: no such method, a budget the dataset cannot give, or no seed.
    """
    chosen = get_method(method)
    labels, seed = check_count(labels, "labels"), check_seed(seed)
    split = labelled_split(dataset, total=labels, seed=seed)
    pretraining_seconds, pretraining_cpu_seconds = PRETRAINING[chosen.pretraining](split)
    with Stopwatch() as watch:
        model = chosen.train(split, seed)

    parameters = count_parameters(model)
    return Record(
        method=method,
        dataset=dataset.name,
        labels=labels,
        seed=seed,
        accuracy=_test_accuracy(model, chosen, dataset.test),
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds,
        pretraining_seconds=pretraining_seconds,
        pretraining_cpu_seconds=pretraining_cpu_seconds,
        parameters_total=parameters.total + chosen.extra_parameters(model),
        parameters_trainable=parameters.trainable,
        parameters_deployed=parameters.total,
        versions=versions(),
    )


def _test_accuracy(model: keras.Model, method: Method, test: Examples) -> float:
    """Return the accuracy; the features of a frozen ImageNet base are computed once for all cells.

    They take a minute, and are the same for every seed and budget.
    """
    base, head = model.layers[-2:]
    if method.pretraining != "imagenet" or base.trainable:
        return accuracy(model, test)
    features = extract_features(base, test.images, batch_size=64)
    return float((predict(head, features).argmax(axis=1) == test.labels).mean())


def versions() -> str:
    """Return the versions of Python and of the libraries that a result depends on, in one line.

    In a checkout, the course's own names the commit, like ``0.1.0+g37c0687``.
    """
    head, _, changed = commit().partition(" ")
    source = "" if head == "unknown" else f"+g{head[:7]}" + (".changed" if changed else "")
    parts = {
        "python": platform.python_version(),
        "tlcourse": version("tlcourse") + source,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": version("numpy"),
    }
    return " ".join(f"{name} {number}" for name, number in parts.items())
