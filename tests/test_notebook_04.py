"""Notebook 04: what its checks say to answers, and the rules that it writes itself."""

import json

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import EXERCISES, nb04
from tlcourse.checks.exercise import CheckFailed
from tlcourse.data.paths import REPOSITORY

NOTEBOOK = json.loads((REPOSITORY / "notebooks/04_training_well.ipynb").read_text("utf-8"))
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
FUNCTIONS = {"04.1": "penalised", "04.2": "images_needed", "04.3": "stop_early"}


def l1(kernels):
    return sum(np.abs(kernel).sum() for kernel in kernels)


def l2(kernels):
    return sum((kernel**2).sum() for kernel in kernels)


def means(kernels, a, b):
    return sum(a * np.abs(kernel).mean() + b * (kernel**2).mean() for kernel in kernels)


def stop(**mistake):
    return lambda losses, patience: nb04._stop(losses, patience, **mistake)


right = stop()

MISTAKES = [
    ("04.1", 3, "Expected a function"),
    ("04.1", lambda loss, k, a, b: a * l1(k) + b * l2(k), "penalties alone"),
    ("04.1", lambda loss, k, a, b: loss, "without any penalty"),
    ("04.1", lambda loss, k, a, b: loss + a * sum(x.sum() for x in k) + b * l2(k), "absolute"),
    ("04.1", lambda loss, k, a, b: loss + b * l1(k) + a * l2(k), "changed places"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k) + b * np.sqrt(l2(k)), "without a root"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k) + b * l1(k) ** 2, "then add up"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k) + b * l2(k) / 2, "not half"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k), "L2 part is missing"),
    ("04.1", lambda loss, k, a, b: loss + b * l2(k), "L1 part is missing"),
    ("04.1", lambda loss, k, a, b: loss - a * l1(k) - b * l2(k), "larger; add"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k[:1]) + b * l2(k[:1]), "first kernel alone"),
    ("04.1", lambda loss, k, a, b: loss + a * l1(k[1:]) + b * l2(k[1:]), "last kernel alone"),
    ("04.1", lambda loss, k, a, b: loss + means(k, a, b), "do not take means"),
    ("04.1", lambda loss, k, a, b: loss + 0.1 * l1(k) + 0.01 * l2(k), "use both arguments"),
    ("04.1", lambda loss, k, a, b: k[0], r"array of shape \(2, 2\)"),
    ("04.1", lambda loss, k, a, b: 42, "should be 1.80; yours is 42.00"),
    ("04.2", 3, "Expected a function"),
    ("04.2", lambda p, h: 1.96**2 * p * (1 - p) / h**2, "no whole number"),
    ("04.2", lambda p, h: int(1.96**2 * p * (1 - p) / h**2), "not down"),
    ("04.2", lambda p, h: np.ceil(round(p * (1 - p) / h**2, 6)), "one standard error"),
    ("04.2", lambda p, h: np.ceil(1.96 * p * (1 - p) / h**2), "Square the 1.96"),
    ("04.2", lambda p, h: np.ceil(1.96**2 * p * (1 - p) / h), "Square the half width"),
    ("04.2", lambda p, h: np.ceil(4 * 1.96**2 * p * (1 - p) / h**2), "from end to end"),
    ("04.2", lambda p, h: np.ceil(1.96**2 * p / h**2), "accuracy times"),
    ("04.2", lambda p, h: np.ceil(1.96**2 * 0.25 / h**2), "accuracy of one half"),
    ("04.2", lambda p, h: 7, "should be 865; yours is 7"),
    ("04.3", 3, "Expected a function"),
    ("04.3", lambda losses, patience: right(losses, patience)[::-1], "first where training stops"),
    ("04.3", lambda losses, patience: 2 * right(losses, patience)[:1], "keep the last weights"),
    ("04.3", lambda losses, patience: (len(losses) - 1, int(np.argmin(losses))), "whole list"),
    ("04.3", stop(late=1), "too late"),
    ("04.3", stop(late=-1), "too early"),
    ("04.3", stop(previous=True), "epoch before"),
    ("04.3", stop(ties=True), "only a lower one"),
    ("04.3", lambda losses, patience: 3, "two whole numbers"),
    ("04.3", lambda losses, patience: (0, 0), r"it should be \(5, 2\); yours is \(0, 0\)"),
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


def test_the_exact_quantile_is_as_good_as_1_96():
    assert check_answer("04.2", lambda p, h: np.ceil(1.959964**2 * p * (1 - p) / h**2))


@pytest.mark.parametrize(("losses", "patience"), nb04._RUNS)
def test_early_stopping_is_what_keras_does(losses, patience):
    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience)
    callback.set_model(keras.Sequential([keras.Input([1]), keras.layers.Dense(1)]))
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if callback.stopped_epoch:
            break
    assert (epoch, callback.best_epoch) == right(losses, patience)


# --------------------------------------------------------------------------------- the notebook


def function(name: str, **known):
    """Return a function that a cell of the notebook defines."""
    (cell,) = [code for code in CODE if f"\ndef {name}(" in f"\n{code}"]
    return run_code(cell, name, **known)


def test_schedules_start_at_the_top_and_fall_after_their_warm_up():
    rate_at = function("rate_at", RATE=0.003)
    for kind, at_half in (("constant", 3e-3), ("step", 1e-3), ("cosine", 1.5e-3)):
        rates = [rate_at(done, kind) for done in np.linspace(0, 0.999, 51)]
        assert rates[0] == pytest.approx(3e-3)
        assert rates[25] == pytest.approx(at_half, rel=1e-2)
        assert (np.diff(rates) <= 0).all()
        # A warm-up of 20 % ends where the schedule starts, and leaves it four fifths of the time.
        assert rate_at(0.1, kind, 20) == pytest.approx(1.5e-3)
        assert rate_at(0.6, kind, 20) == pytest.approx(rate_at(0.5, kind))
    assert rate_at(0.9, "step") == pytest.approx(1e-3 / 3)


def test_half_size_averages_squares_of_pixels():
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    small = function("half_size")(images)
    assert small.shape == (3, 196)
    assert small[2, 15] == pytest.approx(images[2, 2:4, 2:4, 0].mean(), rel=1e-5)


def test_choosing_on_a_set_flatters_and_a_second_set_does_not():
    rng = np.random.default_rng(0)
    right = rng.random((100, 700)) < rng.normal(0.7, 0.03, (100, 1))
    choose = function("choose", rng=rng, right=right, population=range(700))
    reported, second, truth = np.mean([choose(50, 50) for _ in range(300)], axis=0)
    assert reported > truth + 0.05
    assert second == pytest.approx(truth, abs=0.02)


def test_the_test_set_is_opened_once_and_for_what_the_validation_set_chose():
    (cell,) = [code for code in CODE if "digits.test" in code]
    assert cell.index("by_validation.idxmax()") < cell.index("digits.test")
