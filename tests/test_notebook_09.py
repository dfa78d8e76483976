"""Notebook 09: what its checks say to answers, and its quiz."""

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import nb09  # noqa: F401  registers its exercises and its quiz
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import questions

FUNCTIONS = {"09.1": "pseudo_labels", "09.2": "consistency_loss", "09.3": "spread_once"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match=r"returns None|still None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 0.8)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p, t: p.argmax(axis=1), "Expected two arrays"),
        (lambda p, t: (np.flatnonzero(p.max(axis=1) >= t), p.argmax(axis=1)), "True or False"),
        (lambda p, t: (p.max(axis=0) >= t, p.argmax(axis=0)), "4 times True or False"),
        (lambda p, t: (p.max(axis=1) > t, p.argmax(axis=1)), "use >="),
        (lambda p, t: (p.max(axis=1) < t, p.argmax(axis=1)), "below the threshold"),
        (lambda p, t: (p.max(axis=1) >= 0.5, p.argmax(axis=1)), "the second and the third"),
        (lambda p, t: (p.max(axis=1) >= t, p.argmax(axis=1)), "of the kept ones only"),
        (lambda p, t: (p.max(axis=1) >= t, p[p.max(axis=1) >= t]), r"has the shape \(2,\)"),
        (lambda p, t: (p.max(axis=1) >= t, p.max(axis=1)[p.max(axis=1) >= t]), "probabilities"),
        (lambda p, t: (p.max(axis=1) >= t, p.argmin(axis=1)[p.max(axis=1) >= t]), "0 and 2"),
        (lambda p, t: (p.max(axis=1) >= 0.8, p.argmax(axis=1)[p.max(axis=1) >= 0.8]), "0.95"),
    ],
)
def test_mistakes_with_pseudo_labels(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("09.1", mistake)


def given(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(labels)), labels]


def losses(teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    return -np.log(given(student, teacher.argmax(axis=1)))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda t, s, h: (t.max(axis=1) >= h) * losses(t, s), "Expected one number"),
        (lambda t, s, h: losses(t, s)[t.max(axis=1) >= h].mean(), "divide by the number of sure"),
        (lambda t, s, h: ((t.max(axis=1) >= h) * losses(t, s)).sum(), "add up the losses"),
        (lambda t, s, h: -((t.max(axis=1) >= h) * losses(t, s)).mean(), "sign is wrong"),
        (lambda t, s, h: ((t.max(axis=1) >= h) * losses(s, s)).mean(), "comes from the teacher"),
        (lambda t, s, h: losses(t, s).mean(), "count all images"),
        (lambda t, s, h: ((s.max(axis=1) >= h) * losses(t, s)).mean(), "the teacher who must be"),
        (lambda t, s, h: ((s.max(axis=1) >= h) * losses(s, s)).mean(), "both are the teacher's"),
        (
            lambda t, s, h: -((t.max(axis=1) >= h)[:, None] * t * np.log(s)).sum(axis=1).mean(),
            "weight all classes",
        ),
        (lambda t, s, h: 1.0, "should be 0.749; yours is 1.000"),
        (lambda t, s, h: ((t.max(axis=1) >= 0.95) * losses(t, s)).mean(), "use the argument"),
    ],
)
def test_mistakes_with_the_loss_of_consistency(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("09.2", mistake)


def spread(shares, neighbours, known, reduce=np.mean, own=False):
    asked = [[i, *others] if own else others for i, others in enumerate(neighbours)]
    new = np.array([reduce(shares[others], axis=0) for others in asked])
    new[: len(known)] = known
    return new


def in_place(shares, neighbours, known):
    for i, others in enumerate(neighbours):
        shares[i] = shares[others].mean(axis=0)
    shares[: len(known)] = known
    return shares


def overwriting(shares, neighbours, known):
    shares[:] = spread(shares, neighbours, known)
    return shares


def forgetting(shares, neighbours, known):
    return np.array([shares[others].mean(axis=0) for others in neighbours])


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda s, n, k: spread(s, n, k)[1:], r"shape \(5, 2\)"),
        (in_place, "of before"),
        (overwriting, "change the array that was given"),
        (forgetting, "put known back in"),
        (lambda s, n, k: spread(s, n, k, np.sum), "take their mean"),
        (lambda s, n, k: spread(s, n, k, own=True), "ask the neighbours only"),
        (lambda s, n, k: s + 0.0, "For the chain expected"),
    ],
)
def test_mistakes_with_spreading(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("09.3", mistake)


def test_the_quiz_asks_four_questions_and_explains_every_choice():
    asked = questions("09")
    assert len(asked) == 4
    for question in asked:
        assert len(question.choices) == 3
        assert all(len(choice.reason.split()) > 5 for choice in question.choices)
    # The right one stands at different places, else its place would tell.
    assert len({[c.right for c in q.choices].index(True) for q in asked}) > 1
