"""The claim of the course: with ten labels, letters beat scratch by a wide margin.

Paired: for each of five seeds both methods get the same ten labelled digits, one of each class,
and are measured on the whole test part. The margins are the means of the five differences.
"""

import statistics

import pytest

from tlcourse.data import Dataset, load
from tlcourse.experiment import run

pytestmark = pytest.mark.slow
SEEDS = range(5)


def differences(dataset: Dataset) -> list[float]:
    """Return letters frozen minus scratch in points of test accuracy, for each seed."""
    found = []
    for seed in SEEDS:
        letters, scratch = (
            100 * run(method, dataset, 10, seed).accuracy
            for method in ("letters_frozen", "scratch")
        )
        print(f"{dataset.name}, seed {seed}: letters {letters:.1f} %, scratch {scratch:.1f} %")
        found.append(letters - scratch)
    print(f"{dataset.name}: letters better by {statistics.mean(found):.1f} points on average")
    return found


def test_on_mnist(real_mnist):
    assert statistics.mean(differences(load("mnist"))) >= 20


def test_on_digits():
    assert statistics.mean(differences(load("digits"))) >= 10
