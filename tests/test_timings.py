"""Timings: one notebook is really executed and measured; the table says what notebooks hold."""

import json
import re
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import NOTEBOOKS

from benchmarks import timings

TIME = "running {} seconds on two cores (MNIST), {} seconds (digits)"
ROW = "| [98 · Two](notebooks/98_example.ipynb) | what it is | {} | {} |\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of results; the course has one notebook, which takes 200 MB."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    view = new_output("display_data", metadata={"widget": True})
    cells = [
        new_markdown_cell("# 98 · Two words\n\n" + TIME.format(1, 1)),
        new_code_cell("x = bytearray(200_000_000)", metadata={"tags": ["exercise-98.1"]}),
        new_code_cell("1\n2\n3", outputs=[view]),
    ]
    path = notebooks / "98_example.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    (tmp_path / "README.md").write_text(ROW.format(1, 1))
    monkeypatch.setattr(timings, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(timings, "README", tmp_path / "README.md")
    return tmp_path


def test_shape(folder):
    held = timings.shape(folder / "notebooks" / "98_example.ipynb")
    assert held == {
        "words": 15,
        "code cells": 2,
        "median lines": 2,
        "longest": 3,
        "exercises": 1,
        "widgets": 1,
    }


def test_cost_is_that_of_the_kernel(folder, monkeypatch, capsys):
    path = folder / "notebooks" / "98_example.ipynb"
    monkeypatch.setattr(sys, "argv", ["cost", str(path)])
    timings.cost()
    found = json.loads(capsys.readouterr().out)
    assert found["peak_bytes"] > 2e8
    assert found["cpu_seconds"] > 0
    assert 0 < found["seconds"] < 100


def test_each_kind_of_data_joins_the_table(folder, monkeypatch):
    answer = json.dumps({"seconds": 61.4, "cpu_seconds": 90.2, "peak_bytes": 1.64e9})
    monkeypatch.setattr(timings, "mnist_folder", lambda: folder)
    monkeypatch.setattr(timings, "notebook_environment", lambda data, folder: {})
    monkeypatch.setattr(
        timings.subprocess, "run", lambda *args, **kw: type("Done", (), {"stdout": answer})
    )
    timings.main(["98", "--out", str(folder)])
    head, _, row = (folder / "timings.md").read_text(encoding="utf-8").splitlines()
    assert "MNIST, s | MNIST, CPU s | MNIST, GB | digits, s" in head
    assert row.startswith("| 98_example | 15 | 2 | 2 | 3 | 1 | 1 | 61 | 90 | 1.6 | 61 | 90 | 1.6 |")
    # In the notebook and the README: rounded up, for two kinds of data.
    text = (folder / "notebooks" / "98_example.ipynb").read_text(encoding="utf-8")
    assert TIME.format(65, 65) in text
    assert (folder / "README.md").read_text() == ROW.format(65, 65)


def test_what_notebooks_and_readme_say_was_measured():
    costs = json.loads((timings.FOLDER / "timings.json").read_text(encoding="utf-8"))
    readme = timings.README.read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        mnist, digits = (costs[path.stem][data]["seconds"] for data in ("MNIST", "digits"))
        said = re.search(timings.TIME, path.read_text(encoding="utf-8"))
        row = re.search(rf"{path.name}\) \|.* \| (\d+) \| (\d+) \|", readme)
        for numbers in (re.findall(r"\d+", said[0]), row.groups()):
            assert [int(n) - m for n, m in zip(numbers, (mnist, digits), strict=True)] == [
                pytest.approx(2.5, abs=2.5),
                pytest.approx(2.5, abs=2.5),
            ], path.name
