"""The student edition: no solution to be read, and checks that say what they always say."""

import json
import re
import tomllib
from datetime import date

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import tlcourse as tl
from editions import student
from tlcourse.checks import EXERCISES, exercise, sealed
from tlcourse.data import DataError

# Those of a notebook whose exercises need no TensorFlow.
SOME = {name: e for name, e in EXERCISES.items() if name[:2] == "11"}
CODE = "enough = method[method"  # of the solution of 11.2


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """Return the folder of an edition in which some exercises are sealed."""
    out = tmp_path_factory.mktemp("editions") / "student"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(student, "FILES", [p for p in exercise.FILES if p.stem[-2:] == "11"])
        patch.setattr(student, "EXERCISES", SOME)
        student.make(out, "owl", date(2027, 2, 1))
    return out


def test_what_is_for_instructors_is_not_in_it(edition):
    assert {path.name for path in edition.iterdir()} >= {"course.py", "notebooks", "tlcourse"}
    for name in (*student.NOT_FOR_STUDENTS, ".git", "my"):
        assert not (edition / name).exists()


def test_no_solution_can_be_read_in_it(edition):
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in edition.rglob("*")
        if path.suffix in (".ipynb", ".json", ".toml", ".py", ".md")
    }
    for name in SOME:
        code = SOME[name].solution.strip()
        ways = code, json.dumps(code)[1:-1]
        assert [path for path, text in texts.items() if any(w in text for w in ways)] == []
        for mistake in SOME[name].mistakes:
            assert [path for path, text in texts.items() if mistake.code.strip() in text] == []
    shown = [path for path in texts if "A solution of exercise" in texts[path]]
    assert [path.suffix for path in shown] == [".py"]


def test_the_checks_say_what_they_always_say(edition):
    passed = []
    for closed in exercise._read(edition / "tlcourse" / "checks" / "notebook_11.toml"):
        original = SOME[closed.name]
        wrong = [mistake.code for mistake in original.mistakes]
        for code in (original.solution, original.stub, *wrong):
            fault = closed.fault(original.run(code))
            assert fault == original.fault(original.run(code))
            passed += [closed.name] * (fault is None)
    assert sorted(passed) == sorted(SOME)  # the solutions, and nothing else


def test_of_a_function_only_its_results_are_kept(edition):
    content = tomllib.loads((edition / "tlcourse/checks/notebook_11.toml").read_text("utf-8"))
    entry = content["exercise"][1]
    assert re.fullmatch(r'labels_saved = replay\("\S+"\)', entry["solution"])
    packed = re.search(r'"(\S+)"', entry["solution"])[1]
    kept = [result for result, _ in sealed.unpack(packed)]
    asked = SOME["11.2"]
    cases = asked.run(f"cases = {asked.cases}", "cases")
    right = asked.run(asked.solution)
    for result, case in zip(kept, cases, strict=True):
        np.testing.assert_array_equal(result, right(*case))


@pytest.fixture
def as_student(edition, monkeypatch, tmp_path):
    """Give the course the sealed solutions of the edition, and a day."""
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sealed, "FILE", edition / "tlcourse" / "checks" / "sealed.json")

    def on(day: date) -> None:
        class Day(date):
            @classmethod
            def today(cls):
                return day

        monkeypatch.setattr(sealed, "date", Day)

    on(date(2027, 1, 31))
    return on


def test_a_solution_opens_on_its_day(as_student):
    assert CODE in SOME["11.2"].solution
    assert "shown from 2027-02-01 on" in tl.checks.solution("11.2").data
    assert CODE not in tl.checks.solution("11.2").data
    as_student(date(2027, 2, 1))
    assert CODE in tl.checks.solution("11.2").data


def test_a_key_opens_all_and_a_wrong_one_none(as_student):
    with pytest.raises(DataError, match="does not open the solutions"):
        tl.checks.solution("11.2", key="Owl")
    assert CODE not in tl.checks.solution("11.2").data
    assert CODE in tl.checks.solution("11.2", key="owl").data
    assert CODE in tl.checks.solution("11.2").data


def test_without_a_date_the_key_is_not_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "FILES", [])
    monkeypatch.setattr(student, "EXERCISES", {"11.2": SOME["11.2"]})
    student.make(tmp_path / "student", "owl")
    content = json.loads((tmp_path / "student" / "tlcourse/checks/sealed.json").read_text())
    assert (content["opens"], content["key"]) == (None, None)
    # Made anew it keeps what its reader made, and gets the new key.
    (tmp_path / "student" / "my").mkdir()
    student.make(tmp_path / "student", "eagle")
    assert (tmp_path / "student" / "my").is_dir()
    again = json.loads((tmp_path / "student" / "tlcourse/checks/sealed.json").read_text())
    assert CODE in sealed.unseal(again["solutions"]["11.2"], "eagle")


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DataError, match="holds something else"):
        student.make(tmp_path, "owl")


def test_outputs_go_from_exercises_only():
    output = new_output("stream", text="seen")
    cells = [
        new_markdown_cell("text"),
        new_code_cell("1 + 1", outputs=[output], execution_count=1),
        new_code_cell("x = 0", outputs=[output], metadata={"tags": ["exercise-00.1"]}),
        new_code_cell('tl.checks.check("00.1", x)', outputs=[output], execution_count=3),
        new_code_cell('tl.checks.solution("00.1")', outputs=[output], execution_count=4),
    ]
    made = student.without_answers(new_notebook(cells=cells))
    assert [len(cell.get("outputs", [])) for cell in made.cells] == [0, 1, 0, 0, 0]
    assert [cell.get("execution_count") for cell in made.cells[1:]] == [1, None, None, None]


def test_toml_is_read_as_it_was_written():
    path = exercise.FILES[0]
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert tomllib.loads(student.as_toml(content)) == content
