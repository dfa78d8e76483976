"""Exercises: right and wrong answers of every form, and what is remembered."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from bs4 import BeautifulSoup

import tlcourse as tl
from tlcourse.checks import exercise
from tlcourse.checks.exercise import Exercise, Mistake
from tlcourse.data import DataError

THREE = Exercise(
    "98.1",
    "corners",
    stub="corners = None",
    hint="Count the corners of a triangle.",
    solution="corners = 3  # and not < 3",
    praise="Three it is.",
    mistakes=(Mistake("corners = 2", "That is a line."),),
)
ADD = Exercise(
    "98.5",
    "add",
    stub="def add(a, b):\n    return None",
    hint="Use +.",
    solution="def add(a, b):\n    return a + b",
    praise="Right.",
    setup="import numpy as np",
    cases="[(np.array([1.0, 2.0]), 3), (np.zeros(2), 0)]",
    mistakes=(Mistake("def add(a, b):\n    return a * b", "That is the product."),),
)
PAIR = replace(ADD, solution="def add(a, b):\n    return a.sum(), a + b", mistakes=())
TRAINED = Exercise(
    "98.6",
    "network",
    stub="network = None",
    hint="Train it.",
    solution="network = {'accuracy': 0.9}",
    praise="Well trained.",
    check="def check(answer):\n    if answer['accuracy'] < 0.8:\n        return 'Train it longer.'",
)


def in_place(a, b):
    a += b
    return a


def fails(a, b):
    raise KeyError("c")


@pytest.mark.parametrize(
    ("exercise", "answer", "sentence"),
    [
        (THREE, 3, None),
        (THREE, np.int64(3), None),
        (THREE, 2, "That is a line."),
        (THREE, 4, "corners should be 3; yours is 4."),
        (THREE, None, "corners is still None."),
        (THREE, [3, 3], "Expected one number, got an array of shape (2,)."),
        (ADD, lambda a, b: np.add(a, b), None),
        (ADD, lambda a, b: a * b, "That is the product."),
        (ADD, 3, "Expected a function, got int."),
        (ADD, lambda a, b: None, "add([1., 2.], 3) returns None."),
        (ADD, lambda a, b: 1, "Expected an array of shape (2,), got one number."),
        (ADD, lambda a, b: a - b, "add([1., 2.], 3) should be [4., 5.]; yours is [-2., -1.]."),
        (
            ADD,
            lambda a, b: np.array([4, 5]),
            "add([0., 0.], 0) should be [0., 0.]; yours is [4, 5].",
        ),
        (ADD, fails, "add([1., 2.], 3) raises KeyError: 'c'"),
        (ADD, in_place, "The function changes what it is given; let it work on a copy."),
        (PAIR, lambda a, b: (a.sum(), a + b), None),
        (PAIR, lambda a, b: a + b, "Expected 2 values, separated by commas; got [4., 5.]."),
        (PAIR, lambda a, b: (a.sum(), None), "One of the 2 values is still None."),
        (TRAINED, {"accuracy": 0.9}, None),
        (TRAINED, {"accuracy": 0.7}, "Train it longer."),
    ],
)
def test_what_is_said_of_an_answer(exercise, answer, sentence):
    assert exercise.fault(answer) == sentence


@pytest.fixture(autouse=True)
def _exercises_98(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(exercise, "EXERCISES", {"98.1": THREE, "98.2": THREE})


def test_a_right_answer_is_praised_and_remembered(capsys):
    tl.checks.check("98.1", 3)
    assert capsys.readouterr().out == "✓ Exercise 98.1: right. Three it is.\n"
    assert tl.checks.done() == ["98.1"]


def test_a_wrong_answer_gets_the_reason_and_the_hint(capsys):
    tl.checks.check("98.1", 4)
    assert capsys.readouterr().out == (
        "Exercise 98.1: not yet. corners should be 3; yours is 4.\n"
        "Hint: Count the corners of a triangle.\n"
    )
    assert tl.checks.done() == []


def test_long_lines_are_broken_between_words(capsys):
    hint = (
        "Count the corners. " + "They are where two sides meet. " * 5 + "np.unique(a[:, 0]) helps."
    )
    exercise.EXERCISES["98.4"] = replace(THREE, hint=hint)
    tl.checks.check("98.4", 4)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 88
    assert " ".join(lines).endswith(f"yours is 4. Hint: {hint}")


def test_an_answer_nobody_foresaw_gets_a_sentence_and_no_traceback(capsys):
    exercise.EXERCISES["98.6"] = TRAINED
    tl.checks.check("98.6", "three")
    captured = capsys.readouterr()
    assert "not yet. The answer could not be checked (TypeError: " in captured.out
    assert captured.out.endswith("Hint: Train it.\n")
    assert "Traceback" not in captured.out + captured.err
    assert tl.checks.done() == []


def test_stopping_a_check_stops_it():
    def interrupted(a, b):
        raise KeyboardInterrupt

    exercise.EXERCISES["98.5"] = ADD
    with pytest.raises(KeyboardInterrupt):
        tl.checks.check("98.5", interrupted)


def test_a_solution_is_hidden_until_asked_for():
    page = BeautifulSoup(tl.checks.solution("98.1").data, "html.parser")
    (details,) = page.find_all("details", recursive=False)
    assert "open" not in details.attrs
    assert "98.1" in details.summary.text
    assert details.pre.text == THREE.solution
    assert THREE.solution not in details.summary.text
    assert THREE.solution not in repr(tl.checks.solution("98.1"))


@pytest.mark.parametrize("ask", [tl.checks.solution, lambda name: tl.checks.check(name, 3)])
def test_an_unknown_exercise_is_named_with_those_there_are(ask):
    with pytest.raises(DataError, match=r"no exercise named '98\.7'; choose from 98\.1, 98\.2"):
        ask("98.7")


def test_what_was_solved_is_listed_once_and_in_order():
    for name in ("98.2", "98.1", "98.2"):
        tl.checks.check(name, 3)
    tl.checks.check("98.2", 5)  # a later try does not take it away
    assert tl.checks.done() == ["98.1", "98.2"]


def test_reset_forgets_all():
    tl.checks.check("98.1", 3)
    tl.checks.reset()
    assert tl.checks.done() == []
    tl.checks.check("98.2", 3)
    assert tl.checks.done() == ["98.2"]


def test_a_damaged_memory_is_kept_aside_and_said(capsys, tmp_path):
    tl.checks.check("98.1", 3)
    (memory,) = (tmp_path / "cache").glob("*.json")
    memory.write_text('["98.')
    capsys.readouterr()
    tl.checks.check("98.2", 3)
    printed = capsys.readouterr().out
    assert "cannot be read" in printed
    assert "✓ Exercise 98.2" in printed
    assert tl.checks.done() == ["98.2"]
    assert memory.with_name(f"{memory.name}.damaged").read_text() == '["98.'


def test_what_no_file_can_take_is_said_once_and_not_lost(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    tl.checks.check("98.1", 3)
    first = capsys.readouterr().out
    assert "remembered only until this kernel ends" in " ".join(first.split())
    assert "✓ Exercise 98.1: right." in first
    tl.checks.check("98.2", 3)
    assert capsys.readouterr().out == "✓ Exercise 98.2: right. Three it is.\n"
    assert tl.checks.done() == ["98.1", "98.2"]


@pytest.mark.parametrize(
    "value",
    [tf.constant([1.0, 2.5]), np.array([1.0, 2.5]), pd.Series([1.0, 2.5], index=["a", "b"])],
)
def test_a_value_is_shown_as_its_numbers_whatever_holds_it(value):
    shown = exercise._short(value)
    assert [float(number) for number in re.findall(r"\d+\.?\d*", shown)] == [1.0, 2.5]
    assert "dtype" not in shown
