"""Notebook 03: its exercises take right answers and say what is wrong with the usual others."""

import types

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from tlcourse.checks import EXERCISES, nb03
from tlcourse.checks.exercise import CheckFailed

FUNCTIONS = {"03.1": "cross_entropy", "03.2": "stops_after", "03.3": "measures"}
cross_entropy, stops_after, measures = (
    run_code(EXERCISES[name].solution, function) for name, function in FUNCTIONS.items()
)


def p_true(probabilities, labels):
    return probabilities[np.arange(len(labels)), labels]


def stop(**mistake):
    return lambda losses, patience: nb03._stop(losses, patience, **mistake)


def silent_at_the_end(losses, patience):
    epochs = stops_after(losses, patience)
    return epochs if epochs < len(losses) else None


def without_care_for_zero(matrix, k):
    precision, recall = matrix[k, k] / matrix[:, k].sum(), matrix[k, k] / matrix[k].sum()
    return precision, recall, 2 * precision * recall / (precision + recall)


MISTAKES = [
    ("03.1", 2.3, "Expected a function"),
    ("03.1", lambda p, k: -np.log(p_true(p, k)), "losses of the three images"),
    ("03.1", lambda p, k: np.log(p_true(p, k)).mean(), "sign is wrong"),
    ("03.1", lambda p, k: -np.log(p_true(p, k)).sum(), "That is the sum"),
    ("03.1", lambda p, k: -np.log10(p_true(p, k)).mean(), "base 10"),
    ("03.1", lambda p, k: -np.log2(p_true(p, k)).mean(), "base 2"),
    ("03.1", lambda p, k: -np.log(p.max(axis=1)).mean(), "largest probability"),
    ("03.1", lambda p, k: -np.log(p).mean(), "over all classes"),
    ("03.1", lambda p, k: -np.log(p_true(p, k).mean()), "logarithm of the mean"),
    ("03.1", lambda p, k: (1 - p_true(p, k)).mean(), "mean of 1 − p"),
    ("03.1", lambda p, k: -np.log(p_true(p, k)).sum() / 3, "four images"),
    ("03.1", lambda p, k: 0.3, "it should return 0.8419"),
    ("03.1", lambda p, k: p, "array of shape"),
    ("03.2", 2.3, "Expected a function"),
    ("03.2", lambda x, n: stops_after(x, n) - 1, "One too few"),
    ("03.2", lambda x, n: int(np.argmin(x)) + 1, "the best epoch"),
    ("03.2", lambda x, n: stops_after(x, n + 1), "one epoch too long"),
    ("03.2", stop(against=nb03._previous), "the epoch before"),
    ("03.2", stop(ties=True), "equals the best one"),
    ("03.2", stop(reset=False), "back to 0"),
    ("03.2", silent_at_the_end, "never stops early"),
    ("03.2", lambda x, n: 3, "should stop after 4 epochs; yours says 3"),
    ("03.2", lambda x, n: [1, 2], "one number"),
    ("03.3", 2.3, "Expected a function"),
    ("03.3", lambda m, k: measures(m.T, k), "swapped"),
    ("03.3", without_care_for_zero, "mind the zeros"),
    ("03.3", lambda m, k: [100 * x for x in measures(m, k)], "per cent"),
    ("03.3", lambda m, k: (*measures(m, k)[:2], sum(measures(m, k)[:2]) / 2), "harmonic"),
    ("03.3", lambda m, k: measures(m, 0), "class 2 is not"),
    ("03.3", lambda m, k: [np.trace(m) / m.sum()] * 3, "accuracy over all classes"),
    ("03.3", lambda m, k: 0.5, "three numbers"),
    ("03.3", lambda m, k: (1, 0.5, 0.2), "precision should be 0.926, not 1.000"),
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


def test_cross_entropy_is_that_of_keras():
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(10), size=50), rng.integers(0, 10, 50)
    by_keras = float(keras.losses.SparseCategoricalCrossentropy()(labels, probabilities))
    assert cross_entropy(probabilities, labels) == pytest.approx(by_keras, rel=1e-4)


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_early_stopping_stops_where_keras_stops(patience):
    rng = np.random.default_rng(patience)
    for _ in range(20):
        losses = rng.integers(1, 8, 12).astype(float).tolist()  # with ties
        callback = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min")
        model = types.SimpleNamespace(stop_training=False)
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, loss in enumerate(losses, start=1):
            callback.on_epoch_end(epoch - 1, {"val_loss": loss})
            if model.stop_training:
                break
        assert stops_after(losses, patience) == stop()(losses, patience) == epoch


def test_measures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    matrix = confusion_matrix(labels, predictions)
    expected = np.array(precision_recall_fscore_support(labels, predictions)[:3])
    np.testing.assert_allclose(np.transpose([measures(matrix, k) for k in range(5)]), expected)
