"""Notebook 09: what its checks say to answers, and solutions against what libraries do."""

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed

FUNCTIONS = {"09.1": "pseudo_labels", "09.2": "fixmatch_loss", "09.3": "propagate_once"}


def solution(name: str):
    return run_code(EXERCISES[name].solution, FUNCTIONS[name])


def above(probabilities, threshold):
    return probabilities.max(axis=1) >= threshold


def losses(weak, strong):
    return -np.log(strong[np.arange(len(strong)), weak.argmax(axis=1)])


def soft(weak, strong, threshold):
    return -(above(weak, threshold)[:, None] * weak * np.log(strong)).sum(axis=1).mean()


def means(before, neighbours, known, reduce=np.mean, own=False):
    rows = [[i, *others] if own else others for i, others in enumerate(neighbours)]
    new = np.array([reduce(before[others], axis=0) for others in rows])
    new[: len(known)] = known
    return new


def in_place(before, neighbours, known):
    for i, others in enumerate(neighbours):
        before[i] = before[others].mean(axis=0)
    before[: len(known)] = known
    return before


def overwriting(before, neighbours, known):
    before[:] = means(before, neighbours, known)
    return before


MISTAKES = [
    ("09.1", 0.8, "Expected a function"),
    ("09.1", lambda p, t: (None, None), "still None"),
    ("09.1", lambda p, t: p.argmax(axis=1), "Expected two arrays"),
    ("09.1", lambda p, t: (np.flatnonzero(above(p, t)), p.argmax(axis=1)), "True or False"),
    ("09.1", lambda p, t: (p.max(axis=0) >= t, p.argmax(axis=0)), "4 times True or False"),
    ("09.1", lambda p, t: (p.max(axis=1) > t, p.argmax(axis=1)), "use >="),
    ("09.1", lambda p, t: (~above(p, t), p.argmax(axis=1)), "below the threshold"),
    ("09.1", lambda p, t: (above(p, 0.5), p.argmax(axis=1)), "the second and the third"),
    ("09.1", lambda p, t: (above(p, t), p.argmax(axis=1)), "of the kept ones only"),
    ("09.1", lambda p, t: (above(p, t), p[above(p, t)]), r"has the shape \(2,\)"),
    ("09.1", lambda p, t: (above(p, t), p.max(axis=1)[above(p, t)]), "probabilities"),
    ("09.1", lambda p, t: (above(p, t), p.argmin(axis=1)[above(p, t)]), "0 and 2"),
    ("09.1", lambda p, t: (above(p, 0.8), p.argmax(axis=1)[above(p, 0.8)]), "0.95"),
    ("09.2", 0.8, "Expected a function"),
    ("09.2", lambda w, s, t: None, "returns None"),
    ("09.2", lambda w, s, t: above(w, t) * losses(w, s), "Expected one number"),
    ("09.2", lambda w, s, t: losses(w, s)[above(w, t)].mean(), "the number of confident images"),
    ("09.2", lambda w, s, t: (above(w, t) * losses(w, s)).sum(), "add up the losses"),
    ("09.2", lambda w, s, t: -(above(w, t) * losses(w, s)).mean(), "sign is wrong"),
    ("09.2", lambda w, s, t: (above(w, t) * losses(s, s)).mean(), "pseudo-label comes from weak"),
    ("09.2", lambda w, s, t: losses(w, s).mean(), "count all images"),
    ("09.2", lambda w, s, t: (above(s, t) * losses(w, s)).mean(), "it is weak that must reach it"),
    ("09.2", lambda w, s, t: (above(s, t) * losses(s, s)).mean(), "both belong to weak"),
    ("09.2", soft, "weight all classes"),
    ("09.2", lambda w, s, t: 1.0, "should be 0.749; yours is 1.000"),
    ("09.2", lambda w, s, t: (above(w, 0.95) * losses(w, s)).mean(), "use the argument"),
    ("09.3", 0.8, "Expected a function"),
    ("09.3", lambda d, n, k: None, "returns None"),
    ("09.3", lambda d, n, k: means(d, n, k)[1:], r"shape \(5, 2\)"),
    ("09.3", in_place, "of before"),
    ("09.3", overwriting, "change the array that was given"),
    ("09.3", lambda d, n, k: means(d, n, k[:0]), "put known back in"),
    ("09.3", lambda d, n, k: means(d, n, k, np.sum), "take their mean"),
    ("09.3", lambda d, n, k: means(d, n, k, own=True), "take the neighbours only"),
    ("09.3", lambda d, n, k: d + 0.0, "For the chain expected"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_solution_passes(name):
    assert check_answer(name, solution(name))


def test_the_loss_is_that_of_keras_with_weights_of_0_and_1():
    weak, strong = np.random.default_rng(0).dirichlet([0.3] * 4, (2, 50))
    by_keras = keras.losses.sparse_categorical_crossentropy(weak.argmax(axis=1), strong)
    expected = (above(weak, 0.7) * np.asarray(by_keras)).mean()
    assert solution("09.2")(weak, strong, 0.7) == pytest.approx(expected, rel=1e-5)
