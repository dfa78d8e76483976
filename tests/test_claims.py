"""The table of claims: read from what notebooks printed, written by one command, compared."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import NOTEBOOKS

import tlcourse as tl
from benchmarks import claims
from benchmarks.notebook_environment import steady
from tlcourse.report import WIDGET_VIEW, still

LINES = (
    "Supported: Letters (all) beat scratch (+34.2 points, 95 % interval +28.1 to +40.3, 3 seeds).",
    "Undecided: A beats B (-1.0 points, 2 seeds).",
    "Undecided: A beats nothing (+nan points, 0 seeds).",
)
FOUND = claims.Claim("Supported", "Letters (all) beat scratch", "+34.2", "+28.1", "+40.3", "3")


def test_claims_are_read_from_what_was_printed(capsys):
    from tlcourse.experiment import claim

    first, second = claims.claims_in("\n".join(["Accuracies", *LINES[:2], "Supported: no claim"]))
    assert first == FOUND
    assert second == ("Undecided", "A beats B", "-1.0", "", "", "2")
    for differences in ([1.0, 2.0, 3.0], [30, 31], [0.1, 0.2, 0.15]):
        claim("A (with B) beats C", differences)
        (found,) = claims.claims_in(capsys.readouterr().out)
        assert found.statement == "A (with B) beats C"


@pytest.mark.parametrize(
    ("verdict", "elsewhere", "words"),
    [
        ("Supported", False, None),
        ("Undecided", False, "has 'Supported' from 3 seeds, this run"),
        ("Undecided", True, None),  # another processor, and a verdict near the border
        ("Contradicted", True, "has 'Supported' from 3 seeds, this run"),
    ],
)
def test_another_verdict_than_the_stored_one_is_a_fault(verdict, elsewhere, words):
    fault = claims.fault(FOUND._replace(verdict=verdict), [FOUND], elsewhere=elsewhere)
    assert (fault is None) == (words is None)
    assert words is None or words in fault


def test_another_number_of_seeds_than_the_stored_one_is_a_fault():
    """As when a table has grown and a notebook was not run again."""
    fault = claims.fault(FOUND._replace(seeds="10"), [FOUND], elsewhere=True)
    assert "from 3 seeds" in fault


def test_a_claim_that_is_not_in_the_table_is_a_fault():
    assert "'make claims'" in claims.fault(FOUND._replace(statement="New"), [FOUND], elsewhere=True)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Give a course of one notebook, which makes one claim that depends on the data."""
    code = (
        "import os\n"
        "word = 'Supported' if os.environ['DATA'] == 'MNIST' else 'Undecided'\n"
        "print(word + ': A beats B (+1.0 points, 95 % interval +0.5 to +1.5, 3 seeds).')"
    )
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), tmp_path / "98_example.ipynb")
    monkeypatch.setattr(claims, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(claims, "mnist_folder", lambda: tmp_path)
    monkeypatch.setattr(claims, "notebook_environment", lambda data, folder: {"DATA": data})
    return tmp_path


def test_the_command_writes_a_table_of_both_kinds_of_data(course):
    path = course / "98_example.ipynb"
    before = path.read_text()
    claims.main(["98", "--out", str(course)])
    assert path.read_text() == before
    row = "| 98 | A beats B | supported: +1.0 [+0.5, +1.5], 3 seeds | undecided: +1.0 [+0.5, +1.5]"
    assert row in (course / "claims.md").read_text(encoding="utf-8")
    _, stored = claims.read(course)
    assert [claim.verdict for claim in stored["98_example"]["digits"]] == ["Undecided"]
    claims.main(["98", "--out", str(course), "--store"])
    (claim,) = claims.claims_of(nbformat.read(path, as_version=4))
    assert claim.verdict == "Supported", "the notebook keeps what it printed on MNIST"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_outputs_are_those_of_the_table(path):
    _, stored = claims.read()
    shown = list(claims.claims_of(nbformat.read(path, as_version=4)))
    assert shown == stored.get(path.stem, {}).get("MNIST", [])
    assert len({claim.statement for claim in shown}) == len(shown), "each statement only once"


def test_what_is_drawn_at_random_is_the_same_in_two_stored_runs():
    def run(first: str, second: str) -> nbformat.NotebookNode:
        table = f'<td id="T_{first}_row0"> T_max, 1 </td><td id="T_{second}_row0"></td>'
        outputs = [new_output("display_data", {"text/html": table})]
        return new_notebook(cells=[new_code_cell("tables", id="tables", outputs=outputs)])

    one, other = steady(run("aaaaa", "0bbbb")), steady(run("ccccc", "12345"))
    assert one == other
    assert one.cells[0].outputs[0].data["text/html"] == (
        '<td id="T_00000_row0"> T_max, 1 </td><td id="T_00001_row0"></td>'
    )


def test_of_a_widget_its_picture_is_stored_and_of_a_progress_bar_nothing():
    picture = {"text/html": "<img alt='a figure'>", "text/plain": "50 %"}
    bar, widget = (
        new_output("display_data", {WIDGET_VIEW: {"model_id": "a"}, **more})
        for more in ({"text/plain": "50 %"}, picture)
    )
    cell = new_code_cell("fit()", outputs=[bar, widget, new_output("stream", text="done")])
    live = new_notebook(cells=[new_markdown_cell("text"), cell], metadata={"widgets": {"a": 1}})
    stored = still(live)
    shown = new_output("display_data", picture, metadata={"widget": True})
    assert stored.cells[1].outputs == [shown, new_output("stream", text="done")]
    assert not stored.metadata


def test_an_exported_notebook_shows_every_widget_by_its_picture():
    notebook = nbformat.read(next(path for path in NOTEBOOKS if path.stem[:2] == "02"), 4)
    widgets = [
        cell.id
        for cell in notebook.cells
        if any(output.get("metadata", {}).get("widget") for output in cell.get("outputs", []))
    ]
    page = BeautifulSoup(HTMLExporter().from_notebook_node(notebook)[0], "html.parser")
    assert len(widgets) >= 3
    for name in widgets[:3]:  # the last one is the quiz, in words
        (image,) = page.find(id=f"cell-id={name}").find_all("img")
        assert image["alt"]
        assert image["src"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stored_quiz_is_that_of_now(path):
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = [cell for cell in cells if cell.source.startswith("tl.widgets.quiz(")]
    now = tl.widgets.quiz(path.stem[:2])._repr_mimebundle_()
    assert cell.outputs[0].data["text/html"] == now["text/html"], "run the cell, and store it"
