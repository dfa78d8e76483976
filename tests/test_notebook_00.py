"""Notebook 00: its exercises take the right answer and say what is wrong with the usual others."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code

import tlcourse as tl
from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.experiment import scoreboard

BOARD = pd.DataFrame(
    [
        (dataset, method, 10, seed, accuracy + 0.1 * seed)
        for dataset, shift in (("mnist", 0.4), ("digits", 0.3))  # the notebook's own comes last
        for method, accuracy in (("scratch", 0.4), ("letters_frozen", 0.4 + shift))
        for seed in range(2)
    ],
    columns=["dataset", "method", "labels", "seed", "accuracy"],
)

MISTAKES = [
    ("00.1", None, "Expected what labelled_split returns, got NoneType"),
    ("00.1", "tl.data.labelled_split(digits, total=10, seed=0)", "should have 3 labelled examples"),
    ("00.2", 0.75, "Expected a function"),
    ("00.2", lambda predictions, labels: None, "returns None"),
    ("00.2", lambda predictions, labels: predictions == labels, r"array of shape \(8,\)"),
    ("00.2", lambda predictions, labels: (predictions == labels).sum(), "how many are right"),
    ("00.2", lambda predictions, labels: (predictions != labels).mean(), "error rate"),
    ("00.2", lambda predictions, labels: 75, "the accuracy is not 75"),
    ("00.3", None, "Expected one number, got NoneType"),
    ("00.3", 0.3, "one point is a hundredth"),
    ("00.3", -30, "letters minus scratch"),
    ("00.3", 40, "not the mean difference"),
]


@pytest.fixture(autouse=True)
def digits(monkeypatch) -> tl.data.Dataset:
    monkeypatch.setattr(scoreboard, "read", lambda: BOARD)
    return tl.data.load("digits")


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence, digits):
    if isinstance(answer, str):
        answer = run_code(f"answer = {answer}", "answer", tl=tl, digits=digits)
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize(
    ("name", "variable"), [("00.1", "answer"), ("00.2", "accuracy"), ("00.3", "gain")]
)
def test_the_solution_passes(name, variable, digits):
    accuracies = BOARD.query("dataset == 'digits'").pivot(
        index="seed", columns="method", values="accuracy"
    )
    known = {"tl": tl, "digits": digits, "accuracies": accuracies}
    assert check_answer(name, run_code(EXERCISES[name].solution, variable, **known))
    assert "30.0 points" in check_answer("00.3", np.float64(30))
