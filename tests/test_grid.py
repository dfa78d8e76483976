"""The plan of the experiment, its expected time, its table of results and its command."""

import dataclasses
import hashlib
import json
import os
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from tlcourse import cli, experiment
from tlcourse.data import DataError, load
from tlcourse.experiment import Record, command, engine, grid, results
from tlcourse.experiment.grid import Cell
from tlcourse.methods import METHODS

BIG = SimpleNamespace(name="mnist", train=range(60_000), n_classes=10)
SMALL = SimpleNamespace(name="digits", train=range(1197), n_classes=10, source="nowhere")

# ---------------------------------------------------------------------------------------- plan


def test_the_full_profile_is_the_committed_table():
    plan = grid.plan("full", BIG)
    assert plan.methods == list(METHODS)
    assert plan.budgets == [10, 50, 100, 1000, 3000, 60_000]
    committed = results.committed_table()[list(results.KEY)].itertuples(index=False, name=None)
    assert sorted(tuple(vars(cell).values()) for cell in plan.cells) == sorted(committed)
    excluded = {
        "scratch_augmented_long": [3000, 60_000],
        "imagenet_finetuned": [10, 50, 3000, 60_000],
        "pseudo_label": [60_000],
        "label_spreading": [60_000],
        "fixmatch_scratch": [60_000],
        "fixmatch_letters": [60_000],
        "imagenet_logistic": [60_000],
        "graph_fixmatch": [60_000],
        "graph_fixmatch_unbalanced": [50, 100, 1000, 3000, 60_000],
    }
    assert plan.excluded == {
        (name, labels): METHODS[name].exclusion_reason
        for name in excluded
        for labels in excluded[name]
    }


def test_a_small_dataset_gets_fewer_budgets_and_none_without_unlabelled_images():
    plan = grid.plan("full", SMALL, methods=["scratch", "pseudo_label"])
    assert plan.budgets == [10, 50, 100, 1000, 1197]
    # All of its labels are fewer than 3000, but no image is left without one.
    assert plan.excluded.keys() == {("pseudo_label", 1197)}
    assert [cell.seed for cell in plan.cells if cell.labels == 1197] == [0, 1, 2]


def test_an_interrupted_run_is_useful_and_no_long_cell_is_the_last():
    plan = grid.plan("full", BIG, methods=["letters_frozen", "scratch"])
    order = [(cell.seed, -cell.labels) for cell in plan.cells]
    assert order == sorted(order)
    names = [cell.method for cell in plan.cells]
    assert names == ["scratch", "letters_frozen"] * (len(names) // 2)


def test_every_part_of_a_profile_can_be_overridden():
    plan = grid.plan("quick", BIG)
    assert plan.budgets == [10, 100, 1000]
    assert len(plan.cells) == 4 * 3 * 2
    names = ["label_spreading", "scratch_augmented"]
    plan = grid.plan("quick", BIG, methods=names, labels=[50, 20], seeds=[7, 3, 7])
    assert plan.methods == names[::-1]  # as the course orders them
    assert plan.budgets == [20, 50]
    assert [cell.seed for cell in plan.cells] == [3] * 4 + [7] * 4
    # Other budgets get as many seeds as the nearest of the profile.
    plan = grid.plan("full", BIG, methods=["scratch"], labels=[20, 30_000])
    assert [sum(cell.labels == labels for cell in plan.cells) for labels in (20, 30_000)] == [10, 3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "fast"}, "no profile named 'fast'; choose from quick, full"),
        ({"methods": ["scratch", "scratsh"]}, "no method named 'scratsh'.* 'scratch'"),
        ({"labels": [10, 2000]}, "2,000 labels cannot be had.* from 10 to 1,197"),
        ({"labels": [9]}, "9 labels cannot be had"),
        ({"seeds": [0, -1]}, "from 0 to .*; got -1"),
    ],
)
def test_what_cannot_be_planned(options, words):
    with pytest.raises(DataError, match=words):
        grid.plan(**{"profile": "quick", "dataset": SMALL, **options})


# ------------------------------------------------------------------------------- expected time


def rows(*given: tuple, dataset: str = "mnist") -> pd.DataFrame:
    """Return a table of results from (method, labels, seed, CPU seconds or an error)."""
    table = []
    for name, labels, seed, value in given:
        row = results.failure(Cell(name, dataset, labels, seed), str(value))
        if not isinstance(value, str):
            row |= {"accuracy": 0.9, "seconds": value, "cpu_seconds": value, "error": ""}
            row |= {"versions": "python 3"}
        table.append(row)
    return pd.DataFrame(table, columns=list(results.TYPES)).astype(results.TYPES)


def test_expected_time_is_that_of_the_nearest_budget_or_of_the_others():
    known = rows(("a", 10, 0, 4.0), ("a", 10, 1, 6.0), ("a", 1000, 0, 50.0), ("a", 100, 0, "no"))
    cells = [Cell("a", "mnist", labels, 5) for labels in (10, 50, 300, 60_000)]
    cells.append(Cell("new", "mnist", 10, 0))
    found = [seconds - grid.MEASURING for seconds in grid.expected(cells, known)]
    assert found == [5.0, 5.0, 50.0, 50.0, 27.5]
    assert grid.estimate(cells, known) == 137.5 + 5 * grid.MEASURING
    for nothing in (rows(), rows(("a", 10, 0, "failed"))):
        assert grid.estimate(cells, nothing) is None
    assert grid.estimate([], rows()) == 0


def test_own_times_come_before_the_committed_ones(tmp_path, monkeypatch):
    committed = rows(("a", 10, 0, 100.0), ("b", 10, 0, 7.0))
    monkeypatch.setattr(results, "committed_table", lambda: committed)
    own = tmp_path / "own.csv"
    assert results.known(own).equals(committed)
    rows(("a", 10, 0, 1.0)).to_csv(own, index=False)
    assert results.known(own)[["method", "cpu_seconds"]].values.tolist() == [["a", 1.0], ["b", 7.0]]


# --------------------------------------------------------------------------------------- table


def test_a_table_is_read_as_it_was_written(tmp_path):
    assert list(results.TYPES) == [*(f.name for f in dataclasses.fields(Record)), "error"]
    table = rows(("a", 10, 0, 1 / 3), ("nan", 10, 0, 'He said: "no", and left\nNA'))
    with results.ResultsFile(tmp_path / "table.csv") as file:
        for row in table.to_dict("records"):
            file.add(row)
    # What was not saved is, when the run ends: Ctrl-C may come at any moment.
    pd.testing.assert_frame_equal(results.read(tmp_path / "table.csv"), table)
    assert table["parameters_total"].isna().all()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-1], "a row is cut off"),
        (lambda text: text[:-30], "no sound table"),
        (lambda text: text.replace("versions", "version"), "its columns are not method, dataset"),
        (lambda text: text.replace("0.9", "good"), "no sound table"),
        (lambda text: text.replace("0.9", ""), "neither an accuracy nor an error"),
        (lambda text: text + text.splitlines()[1] + "\n", "a cell is in it twice"),
        (lambda text: "", "no sound table"),
        (lambda text: "\x00\x01", "no sound table"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, damage, words):
    path = tmp_path / "table.csv"
    rows(("a", 10, 0, 1.0), ("b", 10, 0, 1.0)).to_csv(path, index=False)
    assert len(results.read(path)) == 2
    path.write_text(damage(path.read_text()))
    with pytest.raises(DataError, match=words):
        results.read(path)


def test_a_missing_table_is_said_to_be(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        results.read(tmp_path / "table.csv")


@pytest.mark.parametrize("named", ["own.csv", None])
def test_the_table_of_notebook_11(tmp_path, monkeypatch, capsys, named):
    if named:
        rows(("a", 10, 0, 1.0)).to_csv(tmp_path / named, index=False)
        monkeypatch.setenv("TLCOURSE_TABLE", str(tmp_path / named))
    expected = results.read(tmp_path / named) if named else results.committed_table()
    assert results.experiment_table().equals(expected)
    assert f"{len(expected)} cells on mnist" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["runs", "sittings"])
def test_the_provenance_counts_every_run(tmp_path, name):
    path = tmp_path / "table.csv"
    table = rows(("a", 10, 0, 2.0), ("a", 10, 1, 3.0), ("a", 10, 2, "failed")).to_dict("records")
    for part in (table[:2], table[2:]):
        with results.ResultsFile(path, {"what": "a test", "profile": "full"}) as file:
            for row in part:
                file.add(row)
                file.save()
        document = json.loads(path.with_suffix(".json").read_text())
        renamed = document | {"renamed": "a", name: document["runs"]}
        path.with_suffix(".json").write_text(json.dumps(renamed))  # its name in older files
    assert (document["what"], document["profile"], document["renamed"]) == ("a test", "full", "a")
    assert (document["cells"], document["failed"]) == (3, 1)
    assert [run["cells"] for run in document["runs"]] == [2, 1]
    assert document["total_seconds"] == pytest.approx(sum(r["seconds"] for r in document["runs"]))
    assert document["cell_cpu_seconds"] == 5.0
    assert document["started"] == document["runs"][0]["started"]
    assert document["finished"] == document["runs"][1]["finished"]
    assert document["versions"] == ["python 3"]
    assert document["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("text", ['{"mine": 1}', "[1]", '{"runs": '])
def test_a_file_of_somebody_else_is_not_replaced_by_the_provenance(tmp_path, text):
    (tmp_path / "table.json").write_text(text)
    with (
        pytest.raises(DataError, match=r"table\.json is not what a run wrote about table\.csv"),
        results.ResultsFile(tmp_path / "table.csv", {"what": "a test"}),
    ):
        pass
    assert (tmp_path / "table.json").read_text() == text


# ------------------------------------------------------------------------------------- command


@pytest.fixture
def small(monkeypatch):
    """Let the command have a dataset without images, which is quicker."""
    monkeypatch.setattr(command, "load", lambda name: SMALL)


def run(*options: str) -> int:
    return cli.main(["experiment", "run", "--data", "digits", *options])


def test_the_plan_is_shown_before_it_runs(small, tmp_path, capsys):
    table = tmp_path / "table.csv"
    rows(("pseudo_label", 10, 0, 1.0), dataset="digits").to_csv(table, index=False)
    options = ("--methods", "pseudo_label", "--labels", "10,1000,1197", "--out", str(table))
    before = table.read_bytes()
    assert run(*options, "--workers", "2", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert re.search(r"pseudo_label │ +1/2 │ +0/2 │ – \(1\)", shown)
    assert f"– (1) excluded: {METHODS['pseudo_label'].exclusion_reason}" in " ".join(shown.split())
    assert "3 cells to run: about 4 seconds with 2 processes." in shown
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--labels", "ten"], "--labels takes whole numbers .* got 'ten'"),
        (["--seeds", "0;1"], "--seeds takes whole numbers .* got '0;1'"),
        (["--workers", "0"], "--workers is a whole number, 1 at least; got 0"),
        (["--out", "results.json", "--dry-run"], r"Let it end in \.csv, like results\.csv"),
    ],
)
def test_wrong_options_are_explained(small, capsys, options, words):
    assert run(*options) == 1
    assert re.search(words, capsys.readouterr().err)


def test_processes_here_or_a_scheduler_but_not_both(capsys):
    with pytest.raises(SystemExit) as end:
        run("--workers", "2", "--scheduler", "tcp://127.0.0.1:8786")
    assert end.value.code == 2


def test_a_worker_process_gives_what_this_process_gives(tmp_path, capsys, monkeypatch):
    table = tmp_path / "table.csv"
    options = ("--profile", "full", "--methods", "letters_frozen", "--labels", "10", "--seeds", "0")
    monkeypatch.setattr(results, "committed_table", rows)
    assert run(*options, "--workers", "1", "--out", str(table)) == 0
    shown = capsys.readouterr().out
    assert "1 of 1 cells are in" in shown
    assert f"tlcourse experiment report --table {table}" in shown
    (found,) = results.read(table).to_dict("records")
    digits = load("digits")
    here = dataclasses.asdict(experiment.run("letters_frozen", digits, 10, 0))
    # Threads may round otherwise, so that one image falls on the other side.
    assert found["accuracy"] == pytest.approx(here["accuracy"], abs=1.01 / len(digits.test))
    for name in ("parameters_total", "parameters_trainable", "versions", "seed"):
        assert found[name] == here[name]
    document = json.loads(table.with_suffix(".json").read_text())
    assert document["profile"] == "full"
    assert str(tmp_path) not in json.dumps(document)
    assert "--methods letters_frozen --labels 10" in document["command"]

    assert run(*options, "--out", str(table)) == 0
    assert "Nothing is left to do." in capsys.readouterr().out


def test_a_failed_cell_shows_in_what_the_command_says(small, tmp_path, capsys):
    table = tmp_path / "table.csv"
    failed = rows(("letters_frozen", 10, 0, "MemoryError: too much"), dataset="digits")
    failed.to_csv(table, index=False)
    assert run("--methods", "letters_frozen", "--labels", "10", "--seeds", "0", "--out", str(table))
    shown = capsys.readouterr().out
    assert "Failed: letters_frozen with 10 labels of digits, seed 0: MemoryError" in shown
    assert "--retry-failed" in shown
    assert "experiment report" not in shown


def test_ctrl_c_says_how_to_go_on(small, tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "execute", interrupted)
    table = tmp_path / "table.csv"
    assert run("--methods", "scratch", "--out", str(table)) == 130
    said = capsys.readouterr().err
    assert str(table) in said
    assert "The same command goes on from there." in said


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may read every file")
def test_a_table_without_permission_is_said_to_be(small, tmp_path, capsys):
    table = tmp_path / "table.csv"
    rows(("letters_frozen", 10, 0, 1.0)).to_csv(table, index=False)
    table.chmod(0)
    assert run("--dry-run", "--out", str(table)) == 1
    assert "cannot be read (Permission denied)" in capsys.readouterr().err
