"""Grading: a class of thirty, some of them hostile or broken, and what each is told."""

import json
import os
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from tlcourse import grading
from tlcourse.checks import EXERCISES
from tlcourse.data import DataError
from tlcourse.grading import confined, submissions

GAP, BOUND = EXERCISES["10.1"], EXERCISES["10.2"]  # they need neither TensorFlow nor data
LIMITS = confined.Limits(seconds=6, memory=5e8)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines like this")


def function(body: str) -> str:
    return "def share_of_gap(adapted, source_only, target_only):\n" + textwrap.indent(body, "    ")


# Each with a part of the sentence that it gets.
HOSTILE = {
    "asleep": ("while True:\n    pass", "stopped after 6 seconds"),
    "gone": ("import os\nos._exit(3)", "It ended Python (exit code 3)."),
    "greedy": ("return bytearray(10**11)", "raises MemoryError"),
    "grabbing": ("import numpy as np\nreturn np.ones(10**11 // 8)", "MemoryError"),
    "bomber": ("import os\nwhile True:\n    os.fork()", "started too many processes"),
    "writer": ("open('{outside}', 'w').write('x')", "Permission"),
    "reader": ("return open('{secret}').read()", "Permission"),
    "caller": ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "PermissionError"),
    "killer": ("import os\nos.kill(-1, 9)", "PermissionError"),
    "leaver": ("raise SystemExit", "SystemExit"),
}
PATCHED = """
from tlcourse.checks.exercise import Exercise
Exercise.fault = lambda self, answer: None
"""
ALWAYS = "np.allclose = lambda *pair, **options: True\n"


def cell(source: str, tag: str = "") -> dict:
    metadata = {"tags": [tag]} if tag else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": []}


def notebook(gap: str = GAP.stub, bound: str = BOUND.stub, before: str = "1 / 0") -> str:
    """Return a notebook in which the check of 10.1 was edited; its first cell need not run."""
    cells = [cell(before), cell(gap, "exercise-10.1"), cell("print('✓ Exercise 10.1: right.')")]
    return json.dumps({"cells": [*cells, cell(bound, "exercise-10.2")], "nbformat": 4})


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return the folder of a class of thirty."""
    handed_in = tmp_path / "class"
    for number in range(10):
        (handed_in / f"right {number}").mkdir(parents=True)
        path = handed_in / f"right {number}" / "10_domain_adaptation.ipynb"
        path.write_text(notebook(GAP.solution + f"\n# by number {number % 2}", BOUND.solution))
    for number in range(4):
        mistake = GAP.mistakes[number % 2].code
        (handed_in / f"wrong {number}.ipynb").write_text(notebook(mistake))
    for number in range(2):
        (handed_in / f"empty {number}.ipynb").write_text(notebook())
    for name, (body, _) in HOSTILE.items():
        body = body.format(outside=tmp_path / "outside", secret=handed_in / "empty 0.ipynb")
        (handed_in / f"{name}.ipynb").write_text(notebook(function(body)))
    wrong = function("return adapted - source_only")
    (handed_in / "patching.ipynb").write_text(notebook(PATCHED + wrong))
    (handed_in / "patching numpy.ipynb").write_text(notebook(ALWAYS + wrong))
    (handed_in / "damaged.ipynb").write_text(notebook()[:-30])
    os.symlink(handed_in / "right 0" / "10_domain_adaptation.ipynb", handed_in / "linked.ipynb")
    return handed_in


@linux
def test_a_class_of_thirty_is_graded_by_one_call(folder, tmp_path):
    assert len(list(folder.iterdir())) == 30
    told = []
    rows = grading.grade(folder, tmp_path / "table.csv", limits=LIMITS, progress=told.append)
    said = {(row.learner, row.exercise): row for row in rows}

    for number in range(10):
        assert said[f"right {number}", "10.1"].says == " ".join(GAP.praise.split())
        assert said[f"right {number}", "10.2"].result == "right"
    for number in range(4):
        row = said[f"wrong {number}", "10.1"]
        assert (row.result, row.says) == ("wrong", GAP.mistakes[number % 2].says)
        assert said[f"wrong {number}", "10.2"].result == "empty"
    assert said["empty 0", "10.1"].says == "Not begun: the cell is as it was."
    for name, (_, sentence) in HOSTILE.items():
        assert said[name, "10.1"].result in ("wrong", "stopped"), name
        assert sentence in said[name, "10.1"].says, said[name, "10.1"]
    for name in ("patching", "patching numpy"):
        assert "it changes the check" in said[name, "10.1"].says
    assert said["patching", "10.1"].read == "tlcourse.checks"
    assert said["killer", "10.1"].read == "os"
    for name in ("damaged", "linked"):
        assert "is no notebook that can be read" in said[name, ""].says

    # Alike answers are run once: two right ones, two mistakes, 10.2, and the hostile.
    assert told[-1] == f"{2 + 2 + 1 + len(HOSTILE) + 2} of {2 + 2 + 1 + len(HOSTILE) + 2} answers"
    assert not (tmp_path / "outside").exists()
    assert grading.read_table(tmp_path / "table.csv") == rows
    shown = grading.summary(rows)
    assert "right 3         ✓✓–" in shown
    assert "asleep 10.1: It was stopped after 6 seconds" in shown


def test_what_is_graded_is_not_run_again(folder, tmp_path, monkeypatch):
    for path in folder.glob("*.ipynb"):
        if not path.name.startswith("wrong"):
            path.unlink()
    table, told = tmp_path / "table.csv", []

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grading.grade(folder, table, limits=LIMITS, workers=1, progress=stop)
    results = {row.result for row in grading.read_table(table)}
    assert grading.WAITING in results
    assert results & {"right", "wrong"}
    grading.grade(folder, table, limits=LIMITS, workers=1, progress=told.append)
    assert 1 <= len(told) <= 4  # one of five was done, and perhaps the next had begun
    monkeypatch.setattr(confined, "run", lambda *_, **__: pytest.fail("it was run again"))
    before = grading.read_table(table)
    assert grading.grade(folder, table, limits=LIMITS) == before
    assert grading.WAITING not in {row.result for row in before}
    (folder / "wrong 0.ipynb").unlink()
    assert len(grading.grade(folder, table, names=["10.2"], limits=LIMITS)) == 13
    kept = {(row.learner, row.exercise) for row in grading.read_table(table)}
    assert kept >= {("wrong 0", "10.1"), ("right 3", "10.1")}  # what was graded stays in the table


def judged(code: str, before: str = "", name: str = "10.1") -> list:
    """Return what the check says of a notebook's answer."""
    source = submissions._with_needs(code, [before], EXERCISES[name].setup)
    return confined.run(grading.judge, name, source, limits=LIMITS).result


def test_an_answer_may_use_what_the_notebook_defines_before_it():
    before = """
import math, fractions
fail = 1 / 0
@property
def other(): ...
ratio = lambda a, b: float(fractions.Fraction(a) / fractions.Fraction(b)) if b > 0 else math.nan
def of(part, whole):
    return ratio(part, whole)
"""
    code = function("return of(adapted - source_only, target_only - source_only)")
    assert judged(code, before) == [True, GAP.praise]
    right, says = judged(code)
    assert not right
    assert says.endswith("raises NameError: name 'of' is not defined")


def test_what_cannot_run_is_said():
    assert judged("share = 3") == [False, "The cell does not define share_of_gap."]
    assert judged("def share_of_gap(")[1].startswith("The cell raises SyntaxError: ")


@linux
def test_nothing_that_an_answer_started_outlives_it(tmp_path):
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1_000)
    os._exit(0)
"""
    before = set(psutil.pids())
    assert judged(code + GAP.solution)[0]
    time.sleep(0.2)
    mine = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert [p for p in mine if "forkserver" not in " ".join(p.cmdline())] == []


@linux
def test_protections_are_in_force():
    # An administrator may forbid the namespaces that the last one needs.
    assert confined.missing_protections() in ([], ["leave processes behind"])


def test_a_table_holds_no_formulas(tmp_path):
    row = submissions.Row("=1+1", "10.1", "wrong", "-1 is wrong")
    grading.write_table(tmp_path / "table.csv", [row])
    assert "'=1+1,10.1,wrong,'-1 is wrong" in (tmp_path / "table.csv").read_text("utf-8-sig")
    assert grading.read_table(tmp_path / "table.csv") == [row]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: None, "is no folder"),
        (lambda folder: folder.mkdir(), "holds no submissions"),
    ],
)
def test_a_folder_without_submissions_is_said(tmp_path, make, sentence):
    make(tmp_path / "class")
    with pytest.raises(DataError, match=sentence):
        grading.grade(tmp_path / "class", tmp_path / "table.csv")


def test_a_file_that_is_no_table_is_not_overwritten(folder, tmp_path):
    (tmp_path / "table.csv").write_text("mine")
    with pytest.raises(DataError, match="no table of this command"):
        grading.grade(folder, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == "mine"
