"""Exercises: right and wrong answers, answers nobody foresaw, and what is remembered."""

import pytest
from bs4 import BeautifulSoup

import tlcourse as tl
from tlcourse.checks import exercise
from tlcourse.checks.exercise import CheckFailed, Exercise, register
from tlcourse.data import DataError


def three(answer: object) -> str:
    if answer + 0 != 3:
        raise CheckFailed(f"{answer} is not three.")
    return "Three it is."


THREE = Exercise("98.1", "answer = None", "Count the corners of a triangle.", "1 < 2 and 3", three)


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
        "Exercise 98.1: not yet. 4 is not three.\nHint: Count the corners of a triangle.\n"
    )
    assert tl.checks.done() == []


def test_long_lines_are_broken_between_words(capsys):
    hint = (
        "Count the corners. " + "They are where two sides meet. " * 5 + "np.unique(a[:, 0]) helps."
    )
    register(Exercise("98.4", "", hint, "", THREE.check))
    tl.checks.check("98.4", 4)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 88
    assert " ".join(lines) == f"Exercise 98.4: not yet. 4 is not three. Hint: {hint}"


def test_an_answer_nobody_foresaw_gets_a_sentence_and_no_traceback(capsys):
    tl.checks.check("98.1", "three")
    captured = capsys.readouterr()
    assert "not yet. The answer could not be checked (TypeError: " in captured.out
    assert captured.out.endswith("Hint: Count the corners of a triangle.\n")
    assert "Traceback" not in captured.out + captured.err
    assert tl.checks.done() == []


def test_stopping_a_check_stops_it():
    def interrupted(answer):
        raise KeyboardInterrupt

    register(Exercise("98.3", "", "", "", interrupted))
    with pytest.raises(KeyboardInterrupt):
        tl.checks.check("98.3", None)


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
