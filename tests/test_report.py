"""The report: made from any table, whole or partial, with its provenance and what is missing."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from synthetic import LEFT_OUT, failed, full, methods, row, table

from tlcourse import report
from tlcourse.data import DataError
from tlcourse.methods import METHODS


@pytest.fixture(autouse=True)
def _all_methods(monkeypatch):
    for name, method in methods().items():
        monkeypatch.setitem(METHODS, name, method)


def saved(cells: pd.DataFrame, path: Path, **story) -> Path:
    cells.to_csv(path, index=False)
    if story:
        path.with_suffix(".json").write_text(json.dumps(story))
    return path


def small() -> pd.DataFrame:
    """Return two methods: at 10 labels both, at 100 one with two seeds; and a failed cell."""
    levels = {("scratch", 10): 0.5, ("letters_finetuned", 10): 0.7, ("letters_finetuned", 100): 0.9}
    rows = [
        row(name, labels, seed, level + 0.001 * seed)
        for (name, labels), level in levels.items()
        for seed in range(3 if labels == 10 else 2)
    ]
    return table([*rows, failed("scratch", 100, 0)])


def tables(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of the last table in each section, by the section's title."""
    found, title = {}, ""
    tokens = MarkdownIt().enable("table").parse(text)
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            title = tokens[i + 1].content
        elif token.type == "table_open":
            found[title] = []
        elif token.type == "tr_open":
            found[title].append([])
        elif token.type in ("th_open", "td_open"):
            found[title][-1].append(tokens[i + 1].content)
    return found


def test_report_of_a_whole_table(tmp_path, capsys):
    path = report.write(saved(full(), tmp_path / "all.csv"), tmp_path / "report")
    assert path == tmp_path / "report" / "report.md"
    assert capsys.readouterr().out == ""
    text = path.read_text(encoding="utf-8")
    shown = dict(re.findall(r"^!\[(.+)\]\((.+)\)$", text, re.MULTILINE))
    assert sorted(shown.values()) == sorted(file.name for file in path.parent.glob("*.png"))
    assert {"grid.png", "claims.png", "forest_60000.png", "accuracy_by_cpu_10.png"} <= set(
        shown.values()
    )
    assert all(len(alt.split()) > 5 for alt in shown)
    for file in shown.values():
        with Image.open(path.parent / file) as image:
            assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
            assert image.width <= 8 * 150
    for told in (
        f"- pseudo label with 60,000 labels: not in the table ({LEFT_OUT})",
        "- imagenet tuned with 10 labels: not in the table\n",
        "- scratch with 50 labels, seed 1: failed, MemoryError: 2 GB",
    ):
        assert told in text
    assert not re.search(r"\bnan\b", text)
    assert len(tables(text)["Accuracy"]) == 1 + 19


def test_numbers_are_those_of_the_table(tmp_path):
    path = report.write(saved(small(), tmp_path / "some.csv"), tmp_path)
    found = tables(path.read_text(encoding="utf-8"))
    # Standard deviation 0.1 points, 3 seeds: 4.303 * 0.1 / sqrt(3) = 0.25.
    assert found["Accuracy"] == [
        ["method", "10 labels", "100 labels"],
        ["scratch", "50.10 ± 0.25 (3)", "–"],
        ["letters, tuned", "70.10 ± 0.25 (3)", "90.05 (2)"],
    ]
    assert found["Processor time"][1:] == [["scratch", "8", "–"], ["letters, tuned", "128", "129"]]
    assert found['Differences to "scratch"'][1] == [
        "letters, tuned",
        "+20.00 [+20.00, +20.00]",
        "–",
    ]
    assert found["What decides it"][1][:2] == ["pretraining on letters", "+20.00 [+20.00, +20.00]"]
    supported = [line for line in found["The article's claims"] if line[-1] == "supported"]
    assert [line[:4] for line in supported] == [
        ["2: supervised beats baseline", "letters, tuned", "scratch", "10"]
    ]
    text = path.read_text(encoding="utf-8")
    (absent,) = re.findall("^- methods that the claims need: (.+)$", text, re.MULTILINE)
    assert {"scratch_augmented", "pseudo_label"} <= set(absent.split(", "))
    assert not {"scratch", "letters_finetuned"} & set(absent.split(", "))


def test_the_same_table_gives_the_same_files(tmp_path):
    source = saved(small(), tmp_path / "some.csv")
    first, second = (report.write(source, tmp_path / name).parent for name in "ab")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_provenance_is_told(tmp_path):
    source = saved(small(), tmp_path / "some.csv")
    checksum = hashlib.sha256(source.read_bytes()).hexdigest()
    text = report.write(source, tmp_path).read_text(encoding="utf-8")
    assert f"- sha256 of the table: {checksum}" in text
    assert "There is no some.json beside the table" in text
    saved(small(), source, profile="full", cores=2, sha256=checksum)
    text = report.write(source, tmp_path).read_text(encoding="utf-8")
    assert "- profile: full\n- cores: 2\n" in text
    assert "differs" not in text
    saved(small(), source, profile="full", sha256="0" * 64)
    text = report.write(source, tmp_path).read_text(encoding="utf-8")
    assert "**The table is not the one that some.json describes: its sha256 differs.**" in text


def test_damaged_provenance_is_told(tmp_path):
    source = saved(small(), tmp_path / "some.csv")
    source.with_suffix(".json").write_text('{"profile": ')
    with pytest.raises(DataError, match=r"some\.json is damaged"):
        report.write(source, tmp_path)


def test_without_a_path_the_committed_table_is_taken(tmp_path, monkeypatch):
    saved(small(), tmp_path / "experiment_mnist.csv")
    monkeypatch.setattr(report, "repository_data", lambda name: tmp_path / name)
    text = report.write(None, tmp_path).read_text(encoding="utf-8")
    assert "- table: experiment_mnist.csv" in text


def test_a_table_without_results(tmp_path):
    source = saved(table([failed("scratch", 10, 0)]), tmp_path / "none.csv")
    with pytest.raises(DataError, match="has no finished cell yet; go on with"):
        report.write(source, tmp_path)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(DataError):
        report.write(tmp_path / "nowhere.csv", tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written to .*; give a folder"):
        report.write(saved(small(), tmp_path / "some.csv"), tmp_path / "file")
