"""Notebook 03: what its checks say to answers and to usual mistakes, and its quiz."""

import types

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import nb03
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import questions

FUNCTIONS = {"03.1": "cross_entropy", "03.2": "stops_after", "03.3": "measures"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 2.3)


# --------------------------------------------------------------------------------------- 03.1


def of_truth(probabilities, labels):
    return probabilities[np.arange(len(labels)), labels]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p, k: -np.log(of_truth(p, k)), "losses of the three images"),
        (lambda p, k: np.log(of_truth(p, k)).mean(), "sign is wrong"),
        (lambda p, k: -np.log(of_truth(p, k)).sum(), "That is the sum"),
        (lambda p, k: -np.log10(of_truth(p, k)).mean(), "base 10"),
        (lambda p, k: -np.log2(of_truth(p, k)).mean(), "base 2"),
        (lambda p, k: -np.log(p.max(axis=1)).mean(), "largest probability"),
        (lambda p, k: -np.log(p).mean(), "over all classes"),
        (lambda p, k: -np.log(of_truth(p, k).mean()), "logarithm of the mean"),
        (lambda p, k: (1 - of_truth(p, k)).mean(), "mean of 1 − p"),
        (lambda p, k: -np.log(of_truth(p, k)).sum() / 3, "four images"),
        (lambda p, k: 0.3, "it should return 0.8419"),
        (lambda p, k: p, "array of shape"),
    ],
)
def test_mistakes_with_cross_entropy(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("03.1", mistake)


def test_cross_entropy_is_that_of_keras():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(10), size=50)
    labels = rng.integers(0, 10, 50)
    solution = run_code(EXERCISES["03.1"].solution, "cross_entropy")
    by_keras = keras.losses.SparseCategoricalCrossentropy()(labels, probabilities)
    assert solution(probabilities, labels) == pytest.approx(float(by_keras), rel=1e-4)


# --------------------------------------------------------------------------------------- 03.2


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda x, n: nb03._stop(x, n) - 1, "One too few"),
        (lambda x, n: int(np.argmin(x)) + 1, "the best epoch"),
        (lambda x, n: nb03._stop(x, n + 1), "one epoch too long"),
        (lambda x, n: nb03._stop(x, n, against=nb03._previous), "the epoch before"),
        (lambda x, n: nb03._stop(x, n, ties=True), "equals the best one"),
        (lambda x, n: nb03._stop(x, n, reset=False), "back to 0"),
        (lambda x, n: s if (s := nb03._stop(x, n)) < len(x) else None, "never stops early"),
        (lambda x, n: 3, "should stop after 4 epochs; yours says 3"),
        (lambda x, n: [1, 2], "one number"),
    ],
)
def test_mistakes_with_early_stopping(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("03.2", mistake)


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_early_stopping_stops_where_keras_stops(patience):
    solution = run_code(EXERCISES["03.2"].solution, "stops_after")
    rng = np.random.default_rng(patience)
    for _ in range(20):
        losses = rng.integers(1, 8, 12).astype(float).tolist()  # with ties
        assert solution(losses, patience) == epochs_by_keras(losses, patience)


def epochs_by_keras(losses: list[float], patience: int) -> int:
    callback = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min")
    model = types.SimpleNamespace(stop_training=False)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            return epoch + 1
    return len(losses)


# --------------------------------------------------------------------------------------- 03.3


def right(matrix, k):
    return run_code(EXERCISES["03.3"].solution, "measures")(matrix, k)


def without_care_for_zero(matrix, k):
    precision, recall = matrix[k, k] / matrix[:, k].sum(), matrix[k, k] / matrix[k].sum()
    return precision, recall, 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda m, k: right(m.T, k), "swapped"),
        (without_care_for_zero, "mind the zeros"),
        (lambda m, k: [100 * x for x in right(m, k)], "per cent"),
        (lambda m, k: (*right(m, k)[:2], sum(right(m, k)[:2]) / 2), "harmonic"),
        (lambda m, k: right(m, 0), "class 2 is not"),
        (lambda m, k: [np.trace(m) / m.sum()] * 3, "accuracy over all classes"),
        (lambda m, k: 0.5, "three numbers"),
        (lambda m, k: (1, 0.5, 0.2), "precision should be 0.926, not 1.000"),
    ],
)
def test_mistakes_with_precision_and_recall(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("03.3", mistake)


def test_measures_are_those_of_scikit_learn():
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    rng = np.random.default_rng(0)
    truth, guesses = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    matrix = confusion_matrix(truth, guesses)
    expected = np.array(precision_recall_fscore_support(truth, guesses)[:3])
    found = np.array([right(matrix, k) for k in range(5)]).T
    np.testing.assert_allclose(found, expected)


# --------------------------------------------------------------------------------------- quiz


def test_the_quiz_has_its_questions_and_explains_every_choice():
    assert 3 <= len(questions("03")) <= 4
    for question in questions("03"):
        assert all(len(choice.reason.split()) >= 5 for choice in question.choices)
