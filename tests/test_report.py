"""The report: notebook 11 on any table, with its provenance, and a sentence where it lacks some."""

import hashlib
import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from synthetic import failed, row, table

from tlcourse import report
from tlcourse.data import DataError
from tlcourse.experiment import analysis, article, results


def small() -> pd.DataFrame:
    """Return two methods: at 10 labels both, at 100 one with two seeds; and a failed cell."""
    levels = {("scratch", 10): 0.5, ("letters_finetuned", 10): 0.7, ("letters_finetuned", 100): 0.9}
    rows = [
        row(name, labels, seed, level + 0.001 * seed)
        for (name, labels), level in levels.items()
        for seed in range(3 if labels == 10 else 2)
    ]
    return table([*rows, failed("scratch", 100, 0)])


@pytest.fixture
def saved(tmp_path) -> Path:
    small().to_csv(tmp_path / "some.csv", index=False)
    return tmp_path / "some.csv"


def written(path: Path | None, folder: Path, *cells: str) -> nbformat.NotebookNode:
    """Write the report of a notebook with these cells, and return it as executed."""
    notebook = folder / "notebook.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    text = new_notebook(cells=[new_markdown_cell("# A"), *map(new_code_cell, cells)])
    nbformat.write(text, notebook)
    assert report.write(path, folder, notebook) == folder / "report.html"
    return nbformat.read(folder / "report.ipynb", as_version=4)


def outputs(document: nbformat.NotebookNode) -> list[str]:
    """Return what each code cell printed; nothing else may have come out."""
    code = [cell for cell in document.cells if cell.cell_type == "code"]
    assert {o.output_type for cell in code for o in cell.outputs} <= {"stream"}
    return ["".join(output.text for output in cell.outputs) for cell in code]


def test_notebook_11_on_a_table_that_lacks_most_of_it(saved, tmp_path):
    path = report.write(saved, tmp_path / "report")
    document = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    found = [output for cell in document.cells for output in cell.get("outputs", ())]
    assert len(found) > 30
    assert not [output for output in found if output.output_type == "error"]
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    widgets = [output for output in found if output.get("metadata", {}).get("widget")]
    assert len(widgets) > 1
    pictures = [output for output in found if "image/png" in output.get("data", {})]
    assert len(page.find_all("img", alt=True)) == len(pictures)
    text = page.get_text()
    assert "Results in use: some.csv, 9 cells on mnist" in text
    assert "What the text says here of the course's own table does not hold for this one." in text
    assert "Traceback" not in text
    assert "failed: scratch with 100 labels, seed 0: MemoryError: 2 GB" in text


def test_a_cell_that_the_table_cannot_answer_says_so_in_a_sentence(saved, tmp_path):
    shown = outputs(
        written(
            saved,
            tmp_path / "report",
            "from tlcourse.experiment import results\ntable = results.experiment_table()",
            "print(1); assert len(table) == 460",
            "best = table.set_index('method').loc['graph_fixmatch']",
            "best.mean()",
            "results.read('nowhere.csv')",
            "print(len(table))",
        )
    )
    assert shown[0] == "Results in use: some.csv, 9 cells on mnist\n"
    assert shown[1].startswith("1\nWhat the text says here")
    assert shown[2] == "This table lacks something that the cell needs ('graph_fixmatch').\n"
    assert shown[3] == "This follows from a cell above that this table cannot answer.\n"
    assert shown[4].startswith("Not to be had from this table: The table of results nowhere.csv")
    assert shown[5] == "9\n"


def test_every_number_is_written_with_all_its_digits(saved, tmp_path):
    folder = tmp_path / "report"
    written(saved, folder)
    means = pd.read_csv(folder / "report_means.csv", index_col=["method", "labels"])
    pd.testing.assert_frame_equal(means, analysis.means(small()))
    claims = pd.read_csv(folder / "report_claims.csv")
    pd.testing.assert_frame_equal(claims, article.claims(small()), check_dtype=False)
    ablations = pd.read_csv(folder / "report_ablations.csv")
    pd.testing.assert_frame_equal(ablations, article.ablations(small()), check_dtype=False)


def test_the_report_says_where_its_table_comes_from(saved):
    def text() -> str:
        return report._provenance(saved, results.read(saved)).source

    checksum = hashlib.sha256(saved.read_bytes()).hexdigest()
    assert "- cells: 9, of which 1 failed" in text()
    assert f"- sha256: {checksum}" in text()
    assert "There is no some.json beside the table" in text()
    about = saved.with_suffix(".json")
    about.write_text(json.dumps({"profile": "full", "cores": 2, "sha256": checksum, "runs": [1]}))
    assert "- profile: full\n- cores: 2\n" in text()
    assert "differs" not in text()
    about.write_text(json.dumps({"profile": "full", "sha256": "0" * 64}))
    assert "**It is not the table that some.json describes: sha256 differs.**" in text()
    about.write_text('{"profile": ')
    with pytest.raises(DataError, match=r"some\.json is damaged"):
        text()


def test_what_cannot_be_reported_is_said_before_anything_runs(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_executed", lambda *_: pytest.fail("too late"))
    with pytest.raises(DataError, match="cannot be read"):
        report.write(tmp_path / "nowhere.csv", tmp_path)
    table([failed("scratch", 10, 0)]).to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(DataError, match="has no finished cell yet; go on with"):
        report.write(tmp_path / "none.csv", tmp_path)
    own = saved.rename(tmp_path / "report_means.csv")
    with pytest.raises(DataError, match="might replace its table"):
        report.write(own, tmp_path)


def test_a_folder_that_cannot_be_written(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_executed", lambda *_: new_notebook())
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written to .*; give a folder"):
        report.write(saved, tmp_path / "file")
