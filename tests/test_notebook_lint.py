"""Lint for notebooks: each keeps every rule of notebook_rules.py, and every rule can fail."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import (
    COMPARED,
    MAX_BYTES,
    NOTEBOOKS,
    RULES,
    WIDGET_VIEW,
    Notebook,
)

import tlcourse as tl
from tlcourse.checks import Exercise

READ = [Notebook(path) for path in NOTEBOOKS]  # each is read once, for all rules


def test_the_notebooks_are_found():
    names = {path.stem for path in NOTEBOOKS}
    assert {"00_start_here", "06_feature_extraction", "07_fine_tuning"} <= names


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("notebook", READ, ids=lambda notebook: notebook.path.stem)
def test_notebook(notebook, name):
    faults = list(RULES[name](notebook))
    assert not faults, "\n".join([notebook.path.name, *faults])


# ---------------------------------------------------------------------- a notebook as it should be

PNG = "iVBORw0KGgo/tmp/home/"  # base64 may look like a path
IMAGE = f'<img src="data:image/png;base64,{PNG}" alt="A row of &quot;digits&quot;">'


@pytest.fixture
def example(tmp_path, monkeypatch) -> nbformat.NotebookNode:
    """Return a good notebook with the number 50; two neighbours lie in ``tmp_path``."""
    for neighbour in ("49_before.ipynb", "51_after.ipynb"):
        (tmp_path / neighbour).touch()
    for name in ("50.1", "50.2"):
        exercise = Exercise(name, "answer", f"answer = None  # {name}", "", "answer = 1", "")
        monkeypatch.setitem(tl.checks.EXERCISES, name, exercise)
    cells = [
        new_markdown_cell("# 50 · An example\n\nWhat is a good notebook?"),
        new_markdown_cell("## What you will be able to do\n\n- Tell a good notebook."),
        new_markdown_cell(
            "## What you need first\n\n[Before](49_before.ipynb#here)\n\n**Time:** reading "
            "5 minutes; running 20 seconds on two cores (MNIST), 10 seconds (digits)"
        ),
        new_markdown_cell("## 1 · Look\n\nSee [the paper](https://example.org/a)."),
        code('tl.data.load("auto")', printed("Data in use: mnist (60,000 training images).\n")),
        code("print(1)", printed("1\n")),
        code("1 + 1", shown({"text/plain": "2"})),
        code("figure", shown({"image/png": PNG, "text/html": IMAGE})),
        code("explorer", shown({"text/html": IMAGE}, {"widget": True})),
        new_markdown_cell("## 2 · Quiz"),
        code('tl.widgets.quiz("50")', shown({"text/html": "<ol></ol>"})),
        new_markdown_cell("## Exercises"),
    ]
    for name in ("50.1", "50.2"):
        stub = code(f"answer = None  # {name}")
        stub.metadata.tags = [f"exercise-{name}"]
        cells += [
            new_markdown_cell(f"### Exercise {name} · Try"),
            stub,
            code(f'tl.checks.check("{name}", answer)', printed(f"Exercise {name}: not yet.")),
            code(f'tl.checks.solution("{name}")', shown({"text/html": "<details></details>"})),
        ]
    cells += [
        new_markdown_cell("## Summary\n\n- It is good."),
        new_markdown_cell(
            "## What comes next\n\n[← 49 · Before](49_before.ipynb) · [After →](51_after.ipynb)"
        ),
    ]
    for place in (5, 6):
        cells[place].metadata.tags = [COMPARED]
    numbered = [cell for cell in cells if cell.cell_type == "code"]
    for i, cell in enumerate(numbered, start=1):
        cell.execution_count = i
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    return new_notebook(cells=cells, metadata=metadata)


def code(source: str, *outputs) -> nbformat.NotebookNode:
    return new_code_cell(source, outputs=list(outputs))


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return new_output("stream", name=name, text=text)


def shown(data: dict, metadata: dict | None = None) -> nbformat.NotebookNode:
    return new_output("display_data", data=data, metadata=metadata or {})


def broken_rules(notebook: nbformat.NotebookNode, folder: Path) -> set[str]:
    path = folder / "50_example.ipynb"
    # Not nbformat.write, which would refuse some of the faults.
    path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
    return {name for name, rule in RULES.items() if list(rule(Notebook(path)))}


def test_a_good_notebook_breaks_no_rule(example, tmp_path):
    assert broken_rules(example, tmp_path) == set()


# ------------------------------------------------------------------------------ one fault at a time

Break = Callable[[nbformat.NotebookNode], object]
FAULTS: list[tuple[str, str, Break]] = []


def fault(rule: str) -> Callable[[Break], Break]:
    def register(change: Break) -> Break:
        FAULTS.append((rule, change.__name__, change))
        return change

    return register


def find(notebook: nbformat.NotebookNode, text: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if text in cell.source)


def swap(notebook: nbformat.NotebookNode, old: str, new: str) -> None:
    cell = find(notebook, old)
    cell.source = cell.source.replace(old, new)


@fault("is_small")
def much_text(notebook):
    find(notebook, "## Summary").source += "x" * MAX_BYTES


@fault("is_valid")
def a_cell_twice(notebook):
    notebook.cells.append(notebook.cells[-1])


@fault("is_valid")
def a_cell_without_id(notebook):
    del notebook.cells[-1]["id"]


@fault("is_valid")
def an_unknown_entry(notebook):
    find(notebook, "print(1)").outputs[0].size = 3


@fault("runs_with_the_usual_kernel")
def a_kernel_of_ones_own(notebook):
    notebook.metadata.kernelspec.name = "my-env"


@fault("has_no_errors")
def an_error(notebook):
    failed = new_output("error", ename="ValueError", evalue="no", traceback=[])
    find(notebook, "print(1)").outputs.append(failed)


@fault("has_no_errors")
def a_warning_on_stderr(notebook):
    find(notebook, "print(1)").outputs.append(printed("a warning", name="stderr"))


@fault("is_executed_in_order")
def a_cell_run_later(notebook):
    find(notebook, "figure").execution_count = 17


@fault("is_executed_in_order")
def a_cell_not_run(notebook):
    find(notebook, "figure").execution_count = None


@fault("is_run_on_mnist")
def run_on_digits(notebook):
    find(notebook, "tl.data.load").outputs = [printed("Data in use: digits (1,197 ...).")]


@fault("names_no_machine")
def a_path_in_code(notebook):
    swap(notebook, "print(1)", 'open("/home/ada/x")')


@fault("names_no_machine")
def a_path_in_an_output(notebook):
    find(notebook, "print(1)").outputs = [printed("made C:\\Users\\ada\\x\n")]


@fault("names_no_machine")
def a_path_in_a_repr(notebook):
    path = "<module from '.venv/lib/python3.11/site-packages/keras'>"
    find(notebook, "1 + 1").outputs = [shown({"text/plain": path})]


@fault("has_no_progress_noise")
def a_progress_bar(notebook):
    find(notebook, "print(1)").outputs = [printed(" 50%|█████     | 1/2 [00:00<00:00, 9.6it/s]")]


@fault("stores_no_times_of_execution")
def times_of_execution(notebook):
    find(notebook, "print(1)").metadata.execution = {"iopub.execute_input": "2026-01-01"}


@fault("has_compared_outputs")
def too_few_compared(notebook):
    find(notebook, "print(1)").metadata.tags = []


@fault("has_compared_outputs")
def marked_by_a_comment(notebook):
    swap(notebook, "print(1)", "# NBVAL_CHECK_OUTPUT\nprint(1)")


@fault("has_compared_outputs")
def nothing_to_compare(notebook):
    find(notebook, "figure").metadata.tags = [COMPARED]


@fault("has_a_quiz")
def a_quiz_of_another_notebook(notebook):
    swap(notebook, 'quiz("50")', 'quiz("49")')


@fault("has_alt_texts")
def a_bare_image(notebook):
    output = find(notebook, "figure").outputs[0]
    output.data = {"image/png": PNG}
    output.metadata = {"image/png": {"alt": "A row of digits"}}  # which no page shows


@fault("has_alt_texts")
def a_figure_without_alt(notebook):
    find(notebook, "figure").outputs[0].data["text/html"] = '<img src="data:image/png;base64,AA">'


@fault("has_alt_texts")
def a_figure_with_one_word(notebook):
    find(notebook, "figure").outputs[0].data["text/html"] = '<img src="x.png" alt="figure">'


@fault("has_alt_texts")
def a_widget_without_alt(notebook):
    data = find(notebook, "explorer").outputs[0].data
    data["text/html"] = '<img src="data:image/png;base64,AAAA" alt="">'


@fault("has_alt_texts")
def markdown_without_alt(notebook):
    find(notebook, "## Summary").source += "\n\n![](49_before.ipynb)"


@fault("has_alt_texts")
def html_without_alt(notebook):
    find(notebook, "## Summary").source += '\n\n<img src="x.png">'


@fault("has_no_empty_table_headers")
def a_table_with_an_empty_header(notebook):
    table = pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="n"))
    find(notebook, "1 + 1").outputs = [shown({"text/html": table.to_html(), "text/plain": "a"})]


@fault("has_a_widget")
def no_widget(notebook):
    del find(notebook, "explorer").outputs[0].metadata["widget"]


@fault("has_a_widget")
def a_widget_that_needs_a_kernel(notebook):
    find(notebook, "explorer").outputs[0].data[WIDGET_VIEW] = {"model_id": "abc"}


@fault("has_a_widget")
def the_state_of_widgets(notebook):
    notebook.metadata["widgets"] = {}


@fault("has_a_widget")
def a_widget_without_figure(notebook):
    del find(notebook, "explorer").outputs[0].data["text/html"]


@fault("has_short_cells")
def a_long_cell(notebook):
    find(notebook, "print(1)").source += "\nx = 1" * 25


@fault("has_short_cells")
def all_cells_rather_long(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code" and "exercise" not in str(cell.metadata):
            cell.source += "\n" * 12 + "#"


@fault("has_the_sections")
def another_number_in_the_title(notebook):
    swap(notebook, "# 50 ·", "# 51 ·")


@fault("has_the_sections")
def two_titles(notebook):
    find(notebook, "## Summary").source += "\n\n# 50 · Again"


@fault("has_the_sections")
def no_summary(notebook):
    swap(notebook, "## Summary", "Summary")


@fault("has_the_sections")
def sections_in_another_order(notebook):
    summary = find(notebook, "## Summary")
    notebook.cells.remove(summary)
    notebook.cells.append(summary)


@fault("has_the_sections")
def a_number_left_out(notebook):
    swap(notebook, "## 1 · Look", "## 2 · Look")


@fault("has_the_sections")
def no_section_of_its_own(notebook):
    swap(notebook, "## 1 · Look", "Look")


@fault("has_the_sections")
def a_level_left_out(notebook):
    find(notebook, "## 1 · Look").source += "\n\n#### Closer"


@fault("opens_with_a_paragraph")
def no_opening_paragraph(notebook):
    swap(notebook, "\n\nWhat is a good notebook?", "")


@fault("tells_measured_times")
def no_times(notebook):
    swap(notebook, "**Time:**", "Time:")


@fault("has_exercises")
def one_exercise(notebook):
    find(notebook, "answer = None  # 50.2").metadata.tags = []


@fault("has_exercises")
def another_stub(notebook):
    swap(notebook, "answer = None  # 50.1", "answer = 1")


@fault("has_exercises")
def no_check(notebook):
    notebook.cells.remove(find(notebook, 'check("50.1"'))


@fault("has_exercises")
def a_solved_stub(notebook):
    find(notebook, 'check("50.1"').outputs = [printed("✓ Exercise 50.1: right.")]


@fault("has_exercises")
def no_solution(notebook):
    notebook.cells.remove(find(notebook, 'solution("50.2"'))


@fault("has_exercises")
def no_task(notebook):
    swap(notebook, "### Exercise 50.1 · Try", "### Try")


@fault("has_links_that_lead_somewhere")
def a_dead_link(notebook):
    swap(notebook, "49_before.ipynb#here", "48_nowhere.ipynb")


@fault("links_to_its_neighbours")
def no_way_back(notebook):
    swap(notebook, "(49_before.ipynb) ·", "(51_after.ipynb) ·")


@fault("links_to_its_neighbours")
def no_way_on(notebook):
    swap(notebook, "[After →](51_after.ipynb)", "The end.")


@pytest.mark.parametrize(("rule", "name", "change"), FAULTS, ids=[name for _, name, _ in FAULTS])
def test_fault_is_found(rule, name, change, example, tmp_path):
    change(example)
    assert rule in broken_rules(example, tmp_path)


def test_every_rule_can_fail():
    assert {rule for rule, _, _ in FAULTS} == set(RULES)
