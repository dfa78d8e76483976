"""Exercises and widgets of each notebook, tried in the notebook itself: one run for all of them."""

from pathlib import Path

import nbclient
import nbformat
import pytest
from nbformat.v4 import new_code_cell
from notebook_rules import NOTEBOOKS, Notebook, exercises

import tlcourse as tl

# Run after a notebook's last cell, with everything that it showed still there.
INSPECTION = f"""
import gc
import sys

sys.path.insert(0, {str(Path(__file__).parent)!r})
import figure_checks

explorers = [thing for thing in gc.get_objects() if isinstance(thing, tl.widgets.Explorer)]
pictures = [thing for thing in gc.get_objects() if isinstance(thing, tl.plots.AltFigure)]
for explorer in explorers:
    pictures += figure_checks.move_to_ends(explorer)
for fault in sorted({{fault for picture in pictures for fault in figure_checks.faults(picture)}}):
    print(fault)
print(f"{{len(explorers)}} explorers")
"""


def test_every_exercise_belongs_to_a_notebook():
    numbers = {path.name[:2] for path in NOTEBOOKS}
    assert {name.partition(".")[0] for name in tl.checks.EXERCISES} == numbers


@pytest.mark.slow
@pytest.mark.timeout(1200)  # the time of the notebook itself
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stubs_get_hints_solutions_pass_and_widgets_work_at_their_ends(
    path, tmp_path, monkeypatch, no_network
):
    for name in ("TLCOURSE_CACHE_DIR", "KERAS_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    notebook = Notebook(path)
    content = notebook.content
    stubs = {place: name for name, place in exercises(notebook).items()}
    cells, first_tries, second_tries = [], {}, {}
    for i, cell in enumerate(content.cells):
        cells.append(cell)
        if i - 1 in stubs:  # this cell checks what the stub before it left
            name = stubs[i - 1]
            first_tries[name] = cell
            second_tries[name] = new_code_cell(cell.source)
            cells += [new_code_cell(tl.checks.EXERCISES[name].solution), second_tries[name]]
    done, inspection = new_code_cell("tl.checks.done()"), new_code_cell(INSPECTION)
    content.cells = [*cells, done, inspection]

    run(content, tmp_path)

    for name in stubs.values():
        said = text_of(first_tries[name])
        assert said.startswith(f"Exercise {name}: not yet. ")
        unwrapped = said.replace("\n", " ").strip()  # long hints are printed in several lines
        assert unwrapped.endswith(f"Hint: {tl.checks.EXERCISES[name].hint}")
        assert "could not be checked" not in said, "the check should foresee the stub"
        assert text_of(second_tries[name]).startswith(f"✓ Exercise {name}: right. ")
    assert text_of(done) == repr(sorted(stubs.values()))
    *faults, explorers = text_of(inspection).splitlines()
    assert not faults, "\n".join([path.name, *faults])
    assert explorers != "0 explorers"
    assert not [o.text for cell in cells for o in cell.get("outputs", []) if is_stderr(o)]


def run(content: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells in a kernel of their own; an error in a cell is raised here."""
    client = nbclient.NotebookClient(
        content,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()


def text_of(cell: nbformat.NotebookNode) -> str:
    parts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    ]
    return "".join(parts)


def is_stderr(output: nbformat.NotebookNode) -> bool:
    return output.get("name") == "stderr"
