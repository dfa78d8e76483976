"""Runs every notebook (see notebook_runs.py); here stands what those runs find in faulty ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_rules import NOTEBOOKS
from notebook_runs import no_hint

import tlcourse as tl
from benchmarks import notebook_environment
from tlcourse.data.paths import REPOSITORY

CONFTEST = """
import notebook_runs
import warm_kernel
from notebook_runs import NotebookRun

notebook_runs.rendered = list  # these notebooks need no letters
warm_kernel.PRELOADED = ["ipykernel.kernelapp"]  # and no TensorFlow

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb":
        return NotebookRun.of(parent, file_path, "digits")
"""


def test_every_exercise_belongs_to_a_notebook():
    numbers = {path.name[:2] for path in NOTEBOOKS}
    assert {name.partition(".")[0] for name in tl.checks.EXERCISES} == numbers


def outcomes(folder: Path, name: str, *cells: nbformat.NotebookNode) -> dict[str, str]:
    """Return what becomes of each cell when the notebook is run as those of the course are."""
    (folder / "conftest.py").write_text(CONFTEST)
    cells = [new_code_cell("import sys\nimport tlcourse as tl"), *cells]
    for cell in cells:
        cell.execution_count = 1
    nbformat.write(new_notebook(cells=cells), folder / name)
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    command = [sys.executable, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider", name]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert "\x1b" not in done.stdout
    return dict(re.findall(r"::([^:]+?) (PASSED|FAILED|SKIPPED)", done.stdout))


def test_every_fault_of_a_notebook_is_found(tmp_path):
    exercise = tl.checks.EXERCISES["02.1"]
    other = new_output("stream", name="stdout", text="1\n")
    compared = {"tags": ["nbval-check-output"]}
    found = outcomes(
        tmp_path,
        "98_faults.ipynb",
        new_code_cell('print("a warning", file=sys.stderr)'),
        new_code_cell("print(2)", outputs=[other], metadata=compared),
        new_code_cell("print(1)", outputs=[other], metadata=compared),
        new_code_cell(exercise.solution, metadata={"tags": ["exercise-02.1"]}),
        new_code_cell(f'tl.checks.check("02.1", {exercise.answer})'),
        new_code_cell('tl.experiment.claim("Not in the table", [1.0, 2.0, 3.0])'),
        new_code_cell("1 / 0"),
        new_code_cell("1"),
    )
    assert found == {
        "cell 0": "PASSED",
        "cell 1": "FAILED",
        "cell 2": "FAILED",
        "cell 3": "PASSED",
        "cell 4": "PASSED",
        "cell 5, stub of 02.1": "FAILED",  # it passes
        "cell 6": "FAILED",
        "cell 7": "FAILED",
        "cell 8": "SKIPPED",  # an error ends the run
        "explorers at their ends": "SKIPPED",
    }


@pytest.mark.parametrize("praise", ["", "Exercise 02.1: not yet. No.", "Exercise 02.2: not yet."])
def test_a_stub_needs_its_hint(praise):
    exercise = tl.checks.EXERCISES["02.1"]
    assert no_hint(exercise, praise)
    assert "foresee" in no_hint(
        exercise,
        f"Exercise 02.1: not yet. The answer could not be checked (X).\nHint: {exercise.hint}",
    )
    assert no_hint(exercise, f"Exercise 02.1: not yet. No.\nHint: {exercise.hint}\n") is None


@pytest.fixture
def computer(tmp_path, monkeypatch) -> Path:
    """Return the shared folder of a computer with MNIST and weights; a download failed there."""
    shared = tmp_path / "shared"
    for file in ("data/mnist/t10k-labels-idx1-ubyte.gz", "keras/models/weights.h5"):
        (shared / file).parent.mkdir(parents=True)
        (shared / file).touch()
    own = tmp_path / "own" / "mnist"
    own.mkdir(parents=True)
    (own / ".download.lock").touch()  # all that a download that failed leaves behind
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(own.parent))
    monkeypatch.setattr(notebook_environment, "SHARED", shared)
    return shared


def test_on_mnist_a_notebook_has_mnist_and_its_own_copy_of_the_weights(computer, tmp_path):
    variables = notebook_environment.notebook_environment("MNIST", tmp_path / "run")
    assert variables["TLCOURSE_DATA_DIR"] == str(computer / "data")
    assert variables["KERAS_HOME"] == str(tmp_path / "run" / "keras")
    assert (tmp_path / "run" / "keras" / "models" / "weights.h5").exists()


def test_on_the_digits_a_notebook_has_nothing_and_no_network(computer, tmp_path):
    variables = notebook_environment.notebook_environment("digits", tmp_path / "run")
    for name in ("TLCOURSE_DATA_DIR", "TLCOURSE_CACHE_DIR", "KERAS_HOME"):
        assert not Path(variables[name]).exists()
        assert Path(variables[name]).parent == tmp_path / "run"
    code = """
import urllib.request
for address in ("http://example.org", "https://example.org"):
    try:
        urllib.request.urlopen(address, timeout=30)
    except OSError as error:
        print("refused" in str(error))
"""
    env = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "True\nTrue\n"


def test_without_mnist_the_notebooks_are_not_run_on_it(computer, tmp_path):
    (computer / "data" / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert notebook_environment.mnist_folder() is None
    with pytest.raises(FileNotFoundError, match="MNIST"):
        notebook_environment.notebook_environment("MNIST", tmp_path / "run")
