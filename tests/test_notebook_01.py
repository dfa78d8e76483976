"""Notebook 01: its exercises take right answers and say what is wrong with the usual others."""

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed

FUNCTIONS = {"01.1": "scale", "01.2": "leaked", "01.3": "k_folds"}


def per_pixel(train, new):
    low, high = train.min(axis=0).astype(float), train.max(axis=0).astype(float)
    return (new - low) / (high - low)


def equal(train, validation):
    return (train[None] == validation[:, None]).reshape(len(validation), len(train), -1).all(axis=2)


def by_sum(train, validation):
    return np.isclose(validation.sum(axis=(1, 2, 3))[:, None], train.sum(axis=(1, 2, 3))).any(1)


def shuffled(n, seed):
    return np.random.default_rng(seed).permutation(n)


def uneven(n, k, seed):
    order, size = shuffled(n, seed), n // k
    return [*(order[i * size : (i + 1) * size] for i in range(k - 1)), order[(k - 1) * size :]]


def to_train_on(n, k, seed):
    return [np.setdiff1d(range(n), fold) for fold in np.array_split(shuffled(n, seed), k)]


MISTAKES = [
    ("01.1", np.zeros(5), "Expected a function"),
    ("01.1", lambda train, new: new / 255, "training images' alone"),
    ("01.1", lambda train, new: (new - new.min()) / np.ptp(new), "training images' alone"),
    ("01.1", lambda train, new: (new - train.min()) / np.ptp(train), "wraps around"),
    ("01.1", lambda train, new: new / train.max(), "subtract the smallest"),
    ("01.1", lambda train, new: (new - 50.0) / train.max(), "difference of maximum and minimum"),
    ("01.1", lambda train, new: np.clip((new - 50.0) / 200.0, 0, 1), "Do not clip"),
    ("01.1", lambda train, new: (train - 50.0) / 200.0, "return the new ones"),
    ("01.1", lambda train, new: (250.0 - new) / 200, "subtract the minimum from the images"),
    ("01.1", lambda train, new: new.ravel() / 255, "should have the shape"),
    ("01.1", per_pixel, "for each pixel"),
    ("01.1", lambda train, new: new.astype(float), "should become"),
    ("01.2", np.zeros(5), "Expected a function"),
    ("01.2", by_sum, "not by a sum"),
    ("01.2", lambda t, v: np.flatnonzero(equal(t, v).any(axis=1)), "return a mask"),
    ("01.2", lambda t, v: np.flatnonzero(equal(t, v).any(axis=0)), "places in the training set"),
    ("01.2", lambda t, v: equal(t, v).any(axis=1).sum(), "two indeed"),
    ("01.2", lambda t, v: equal(t, v).any(axis=1).astype(int), "True and False, got the dtype"),
    ("01.2", lambda t, v: ~equal(t, v).any(axis=1), "changed places"),
    ("01.2", lambda t, v: (t == v).all(axis=(1, 2, 3)), "another place"),
    ("01.2", lambda t, v: np.isin(v, t), "one value for each of 5"),
    ("01.2", lambda t, v: np.ones(5, bool), "One equal pixel is not enough"),
    ("01.2", lambda t, v: np.array([True, False, False, False, False]), "should be"),
    ("01.3", np.zeros(5), "Expected a function"),
    ("01.3", lambda n, k, seed: np.array_split(np.arange(n), k), "shuffle first"),
    ("01.3", lambda n, k, seed: shuffled(n, seed)[: n // k * k].reshape(k, -1), "the rest"),
    ("01.3", uneven, "differ by one at most"),
    ("01.3", lambda n, k, seed: np.array_split(shuffled(n, 0), k), "Another seed"),
    ("01.3", lambda n, k, seed: np.array_split(shuffled(n, None), k), "The same seed"),
    ("01.3", to_train_on, "folds to train on"),
    ("01.3", lambda n, k, seed: [(fold, fold) for fold in to_train_on(n, k, seed)], "no pairs"),
    ("01.3", lambda n, k, seed: np.array_split(shuffled(n, seed) // 2, k), "more than once"),
    ("01.3", lambda n, k, seed: np.array_split(shuffled(n, seed) + 1, k), "from 0 to 22"),
    ("01.3", lambda n, k, seed: [[]] * k, "none should be empty"),
    ("01.3", lambda n, k, seed: shuffled(n, seed), "expected a list of 5 arrays; got 23"),
    ("01.3", lambda n, k, seed: k, "Expected a list of 5 arrays, got int"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_the_solution_passes_and_the_stub_does_not(name, function):
    assert check_answer(name, run_code(EXERCISES[name].solution, function))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(EXERCISES[name].stub, function))


def test_an_answer_may_change_the_arrays_it_is_given_and_may_be_a_list():
    def careless(train, new):
        low, high = float(train.min()), float(train.max())
        result = (new - low) / (high - low)
        train[:], new[:] = 0, 0
        return result

    assert check_answer("01.1", careless)
    assert check_answer("01.2", lambda t, v: [any(np.array_equal(a, b) for b in t) for a in v])


def test_what_the_quiz_says_of_a_small_shuffle_buffer_is_true():
    """With 1,000 images of each class in order, batches hold one class or two."""
    import tensorflow as tf

    labels = tf.data.Dataset.from_tensor_slices(np.repeat(np.arange(10), 1_000))
    batches = labels.shuffle(buffer_size=100, seed=0).batch(32).as_numpy_iterator()
    classes = [len(np.unique(batch)) for batch in batches]
    assert max(classes) <= 3
    assert np.mean(classes) < 1.5
