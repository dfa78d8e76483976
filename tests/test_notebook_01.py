"""Notebook 01: its exercises, the mistakes they recognise, and its quiz."""

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import EXERCISES, nb01  # noqa: F401  it registers its exercises
from tlcourse.checks.exercise import CheckFailed
from tlcourse.checks.quiz import QUIZZES

FUNCTIONS = {"01.1": "scale", "01.2": "leaked", "01.3": "k_folds"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_array_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, np.zeros(5))


# -------------------------------------------------------------------------------------- scaling


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda train, new: new / 255, "training images' alone"),
        (lambda train, new: (new - new.min()) / np.ptp(new), "training images' alone"),
        (lambda train, new: (new - train.min()) / np.ptp(train), "wraps around"),
        (lambda train, new: new / train.max(), "subtract the smallest"),
        (lambda train, new: (new - 50.0) / train.max(), "difference of maximum and minimum"),
        (lambda train, new: np.clip((new - 50.0) / 200.0, 0, 1), "Do not clip"),
        (lambda train, new: (train - 50.0) / 200.0, "return the new ones"),
        (
            lambda train, new: (train.max() - new.astype(float)) / 200,
            "subtract the minimum from the images",
        ),
        (lambda train, new: new.ravel() / 255, "should have the shape"),
        (
            lambda train, new: (
                (new - train.min(axis=0).astype(float))
                / (train.max(axis=0).astype(float) - train.min(axis=0))
            ),
            "for each pixel",
        ),
        (lambda train, new: new.astype(float), "should become"),
    ],
)
def test_mistakes_in_scaling(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("01.1", mistake)


def test_an_answer_may_change_the_arrays_it_is_given():
    def careless(train, new):
        low, high = float(train.min()), float(train.max())
        result = (new - low) / (high - low)
        train[:], new[:] = 0, 0
        return result

    assert check_answer("01.1", careless)


# ---------------------------------------------------------------------------------------- leaks


def twins(train, validation):
    return (train[None] == validation[:, None]).reshape(len(validation), len(train), -1).all(axis=2)


def by_sum(train, validation):
    sums = train.sum(axis=(1, 2, 3))
    return np.array([np.isclose(sums, image.sum()).any() for image in validation])


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (by_sum, "not by a sum"),
        (lambda t, v: np.flatnonzero(twins(t, v).any(axis=1)), "return a mask"),
        (lambda t, v: np.flatnonzero(twins(t, v).any(axis=0)), "places in the training part"),
        (lambda t, v: twins(t, v).any(axis=1).sum(), "two indeed"),
        (lambda t, v: twins(t, v).any(axis=1).astype(int), "True and False, got the dtype"),
        (lambda t, v: ~twins(t, v).any(axis=1), "changed places"),
        (lambda t, v: (t == v).all(axis=(1, 2, 3)), "another place"),
        (lambda t, v: np.isin(v, t), "one answer for each of 5"),
        (lambda t, v: np.isin(v, t).any(axis=(1, 2, 3)), "One equal pixel|should be"),
        (lambda t, v: np.array([True, False, False, False, False]), "should be"),
    ],
)
def test_mistakes_with_leaks(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("01.2", mistake)


def test_a_slow_comparison_is_right_too():
    assert check_answer("01.2", lambda t, v: [any(np.array_equal(a, b) for b in t) for a in v])


# ---------------------------------------------------------------------------------------- folds


def shuffled(n, seed):
    return np.random.default_rng(seed).permutation(n)


def uneven(n, k, seed):
    order, size = shuffled(n, seed), n // k
    return [*(order[i * size : (i + 1) * size] for i in range(k - 1)), order[(k - 1) * size :]]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda n, k, seed: np.array_split(np.arange(n), k), "shuffle first"),
        (lambda n, k, seed: shuffled(n, seed)[: n // k * k].reshape(k, -1), "what about the rest"),
        (uneven, "differ by one at most"),
        (lambda n, k, seed: np.array_split(shuffled(n, 0), k), "Another seed"),
        (lambda n, k, seed: np.array_split(np.random.permutation(n), k), "The same seed"),  # noqa: NPY002
        (
            lambda n, k, seed: [
                np.setdiff1d(np.arange(n), f) for f in np.array_split(shuffled(n, seed), k)
            ],
            "parts to train on",
        ),
        (
            lambda n, k, seed: [
                (np.setdiff1d(np.arange(n), f), f) for f in np.array_split(shuffled(n, seed), k)
            ],
            "no pairs",
        ),
        (
            lambda n, k, seed: np.array_split(np.random.default_rng(seed).integers(n, size=n), k),
            "more than once",
        ),
        (lambda n, k, seed: np.array_split(shuffled(n, seed) + 1, k), "from 0 to 22"),
        (lambda n, k, seed: np.array_split(shuffled(n, seed), k)[0], "Each fold|a list of 5"),
        (lambda n, k, seed: shuffled(n, seed), "expected a list of 5 arrays; got 23"),
        (lambda n, k, seed: k, "Expected a list of 5 arrays, got int"),
    ],
)
def test_mistakes_with_folds(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("01.3", mistake)


# ----------------------------------------------------------------------------------------- quiz


def test_the_quiz_explains_every_choice():
    questions = QUIZZES["01"]
    assert 3 <= len(questions) <= 4
    for question in questions:
        assert sum(choice.right for choice in question.choices) == 1
        assert all(len(choice.reason.split()) > 5 for choice in question.choices)


def test_what_the_quiz_says_of_a_small_buffer_is_true():
    """In a dataset of 1,000 of each class, a buffer of 100 gives batches of one class or two."""
    rng = np.random.default_rng(0)
    source = iter(np.repeat(np.arange(10), 1_000))
    buffer = [next(source) for _ in range(100)]
    given = []
    while buffer:
        place = rng.integers(len(buffer))
        given.append(buffer[place])
        following = next(source, None)
        if following is None:
            buffer.pop(place)
        else:
            buffer[place] = following
    batches = [len(np.unique(given[k : k + 32])) for k in range(0, 10_000, 32)]
    assert max(batches) <= 3
    assert np.mean(batches) < 1.5
