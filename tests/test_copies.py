"""The learner's copies: the course may change as it likes, and no answer is lost."""

import json
from pathlib import Path

import pytest

from tlcourse import copies
from tlcourse.data import DataError


def notebook(*sources: str, answer: str = "answer = None", output: str = "") -> str:
    cells = [{"cell_type": "code", "metadata": {}, "source": [s], "outputs": []} for s in sources]
    cells.append(
        {
            "cell_type": "code",
            "metadata": {"tags": ["exercise-00.1"]},
            "source": [answer],
            "outputs": [output] if output else [],
        }
    )
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    originals = tmp_path / "notebooks"
    originals.mkdir()
    (originals / "00_start.ipynb").write_text(notebook("1 + 1"))
    (originals / "01_next.ipynb").write_text(notebook("2 + 2"))
    (originals / "glossary.md").write_text("a term")
    assert copies.update(originals, tmp_path / "my") == []
    return originals, tmp_path / "my"


def answer_in(path: Path) -> str:
    return "".join(json.loads(path.read_text())["cells"][-1]["source"])


def test_copies_are_made_once_and_work_in_them_stays(folders):
    originals, my = folders
    assert sorted(path.name for path in my.glob("*.*") if path.name[0] != ".") == [
        *("00_start.ipynb", "01_next.ipynb", "glossary.md")
    ]
    (my / "00_start.ipynb").write_text(notebook("1 + 1", answer="answer = 2", output="x"))
    (my / "mine.ipynb").write_text("whatever")
    assert copies.update(originals, my) == []
    assert answer_in(my / "00_start.ipynb") == "answer = 2"
    assert (my / "mine.ipynb").read_text() == "whatever"


def test_a_changed_notebook_keeps_the_answers_and_the_copy_of_before(folders):
    originals, my = folders
    mine = notebook("1 + 1", "my_own = 5", answer="answer = 2")
    (my / "00_start.ipynb").write_text(mine)
    (my / "01_next.ipynb").write_text(notebook("2 + 2", output="only run"))
    for name in ("00_start.ipynb", "01_next.ipynb"):
        (originals / name).write_text(notebook("better()"))
    (told,) = copies.update(originals, my)
    assert told.startswith("00_start.ipynb has changed. Your answers were taken over")
    for name, answer in (("00_start.ipynb", "answer = 2"), ("01_next.ipynb", "answer = None")):
        assert "better()" in (my / name).read_text()
        assert answer_in(my / name) == answer
    (earlier,) = (my / "earlier").iterdir()
    assert earlier.read_text() == mine
    assert earlier.name in told
    assert copies.update(originals, my) == []


def test_a_damaged_copy_is_kept_and_replaced(folders):
    originals, my = folders
    (my / "00_start.ipynb").write_text("{ half")
    (originals / "00_start.ipynb").write_text(notebook("better()"))
    assert len(copies.update(originals, my)) == 1
    assert answer_in(my / "00_start.ipynb") == "answer = None"
    assert [path.read_text() for path in (my / "earlier").iterdir()] == ["{ half"]


def test_a_lost_state_loses_nothing(folders):
    originals, my = folders
    (my / ".course.json").write_text("[]")
    (my / "00_start.ipynb").write_text(notebook("1 + 1", answer="answer = 2"))
    copies.update(originals, my)
    assert answer_in(my / "00_start.ipynb") == "answer = 2"


def test_reset_one_or_all(folders):
    originals, my = folders
    for name in ("00_start.ipynb", "01_next.ipynb"):
        (my / name).write_text(notebook("x", answer="answer = 2"))
    (told,) = copies.reset(["01"], originals, my)
    assert told.startswith("01_next.ipynb is new; before it was my")
    assert answer_in(my / "00_start.ipynb") == "answer = 2"
    assert answer_in(my / "01_next.ipynb") == "answer = None"
    assert len(copies.reset(["all"], originals, my)) == 2
    assert answer_in(my / "00_start.ipynb") == "answer = None"
    assert len(list((my / "earlier").iterdir())) == 3
    with pytest.raises(DataError, match="There is no notebook named '7'; choose from 00, 01"):
        copies.reset(["7"], originals, my)


def test_a_folder_that_cannot_be_written(folders):
    originals, _ = folders
    (originals.parent / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written to .*file"):
        copies.update(originals, originals.parent / "file")
