"""Timings: one notebook is really executed and measured; the table says what notebooks hold."""

import json
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from benchmarks import timings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of results; the course has one notebook, which takes 200 MB."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    view = new_output("display_data", data={timings.WIDGET_VIEW: {"model_id": "a"}})
    cells = [
        new_markdown_cell("# 98 · Two words"),
        new_code_cell("x = bytearray(200_000_000)", metadata={"tags": ["exercise-98.1"]}),
        new_code_cell("1\n2\n3", outputs=[view]),
    ]
    path = notebooks / "98_example.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setattr(timings, "NOTEBOOKS", notebooks)
    return tmp_path


def test_shape(folder):
    held = timings.shape(folder / "notebooks" / "98_example.ipynb")
    assert held == {
        "words": 5,
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
    assert row.startswith("| 98_example | 5 | 2 | 2 | 3 | 1 | 1 | 61 | 90 | 1.6 | 61 | 90 | 1.6 |")
