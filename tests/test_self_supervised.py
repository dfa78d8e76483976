"""VICReg: what its loss asks for, and that its base knows more than random weights."""

from importlib import import_module

import keras
import numpy as np
import pytest

from tlcourse.data import DataError, labelled_split, load
from tlcourse.methods.supervised import fit_logistic
from tlcourse.models import build_base, predict

module = import_module("tlcourse.methods.self_supervised")


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))


def loss(one, other) -> float:
    return float(module.vicreg_loss(*(np.asarray(z, np.float32) for z in (one, other))))


def test_each_term_of_the_loss():
    """Four images, columns of mean 0 and variance 4/3, so that only what is changed costs."""
    a, b = np.array([1, -1, 1, -1]), np.array([1, 1, -1, -1])
    good = np.stack([a, b], axis=1)
    assert loss(good, good) == pytest.approx(0, abs=1e-5)
    assert loss(good, good + 0.1) == pytest.approx(25 * 0.01, abs=1e-4)  # views differ
    alike = np.ones((4, 2))
    assert loss(alike, alike) == pytest.approx(25 * (1 - np.sqrt(1e-4)), rel=1e-4)  # collapse
    twice = np.stack([a, a], axis=1)
    assert loss(twice, twice) == pytest.approx(2 * 2 * (4 / 3) ** 2 / 2, rel=1e-4)  # repeats


def test_its_base_reads_digits_better_than_random_weights(monkeypatch):
    monkeypatch.setattr(module, "STEPS", 60)
    digits = load("digits")
    split = labelled_split(digits, total=100, seed=0)
    base, seconds, cpu_seconds = module.vicreg_base(digits.train.images)
    again = module.vicreg_base(digits.train.images)
    assert again[1:] == (seconds, cpu_seconds), "read, not trained again"
    keras.utils.set_random_seed(0)
    untrained = build_base()
    for _ in range(30):
        untrained(digits.train.images[:200], training=True)  # only batch normalisation moves

    def right(base) -> float:
        kernel, bias = fit_logistic(predict(base, split.labelled.images), split.labelled.labels)
        scores = predict(base, digits.test.images) @ kernel + bias
        return (scores.argmax(axis=1) == digits.test.labels).mean()

    print(right(base), right(untrained))
    assert right(base) > right(untrained) + 0.02


def test_one_image_has_nothing_to_be_compared_with():
    with pytest.raises(DataError, match=r"got 1\. Give two at least"):
        module.vicreg_base(load("digits").train.images[:1])
