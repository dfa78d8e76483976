"""The plan of the experiment, its expected time, its table of results and its command."""

import dataclasses
import hashlib
import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from tlcourse import cli, experiment, methods
from tlcourse.data import DataError, load
from tlcourse.experiment import Record, grid, results
from tlcourse.experiment.grid import Cell

BIG = SimpleNamespace(name="mnist", train=range(60_000), n_classes=10)
SMALL = SimpleNamespace(name="digits", train=range(1197), n_classes=10)
QUICK = ("scratch_augmented", "letters_frozen", "letters_finetuned_augmented", "label_spreading")


def method(name: str, **attributes) -> SimpleNamespace:
    return SimpleNamespace(**{"name": name, "budgets": (None, None), "why": ""} | attributes)


@pytest.fixture(autouse=True)
def registry(request, monkeypatch):
    """Let the course have these methods only: two old ones, one with limits, and quick's."""
    if "real_methods" in request.fixturenames:
        yield
        return
    before = dict(methods.METHODS)
    for name in list(methods.METHODS):
        monkeypatch.delitem(methods.METHODS, name)
    known = [method(name) for name in QUICK]
    known.append(method("needy", budgets=(50, 3000), exclusion_reason="Every image has a label."))
    known.append(method("late", budgets=(100, None), exclusion_reason="Ten labels are too few."))
    for one in known:
        monkeypatch.setitem(methods.METHODS, one.name, one)
    yield
    monkeypatch.undo()
    methods.METHODS.clear()  # undoing brings all back, but in another order
    methods.METHODS.update(before)


@pytest.fixture
def real_methods():
    """Ask for the methods that the course really has."""


# ---------------------------------------------------------------------------------------- plan


@pytest.mark.parametrize(
    ("dataset", "seeds"),
    [
        (BIG, {10: 5, 50: 5, 100: 5, 1000: 5, 3000: 3, 60_000: 3}),
        (SMALL, {10: 5, 50: 5, 100: 5, 1000: 5, 1197: 3}),
    ],
)
def test_the_full_profile(dataset, seeds):
    plan = grid.plan("full", dataset)
    assert plan.methods == list(methods.METHODS)
    assert plan.budgets == list(seeds)
    expected = {
        Cell(name, dataset.name, labels, seed)
        for name in plan.methods
        for labels, count in seeds.items()
        for seed in range(count)
        if (name, labels) not in plan.excluded
    }
    assert len(plan.cells) == len(expected)
    assert set(plan.cells) == expected


def test_what_is_left_out_is_said_with_its_reason():
    plan = grid.plan("full", BIG)
    few, none = "Ten labels are too few.", "Every image has a label."
    assert plan.excluded == {
        ("needy", 10): none,
        ("needy", 60_000): none,
        ("late", 10): few,
        ("late", 50): few,
    }
    # All of a small dataset's labels are fewer than 3000, but none is left without.
    assert grid.plan("full", SMALL).excluded.keys() == {
        ("needy", 10),
        ("needy", 1197),
        ("late", 10),
        ("late", 50),
    }


def test_an_interrupted_run_is_useful_and_no_long_cell_is_the_last():
    plan = grid.plan("full", BIG, methods=["letters_frozen", "label_spreading"])
    order = [(cell.seed, -cell.labels) for cell in plan.cells]
    assert order == sorted(order)
    names = [cell.method for cell in plan.cells]
    assert names == ["letters_frozen", "label_spreading"] * (len(names) // 2)


def test_the_quick_profile():
    plan = grid.plan("quick", BIG)
    assert plan.methods == list(QUICK)
    assert plan.budgets == [10, 100, 1000]
    assert {cell.seed for cell in plan.cells} == {0, 1}
    assert len(plan.cells) == 24


@pytest.mark.usefixtures("real_methods")
def test_profiles_name_methods_that_there_are():
    for profile in grid.PROFILES.values():
        assert set(profile.methods or ()) <= set(methods.METHODS)


def test_every_part_of_a_profile_can_be_overridden():
    plan = grid.plan(
        "quick",
        BIG,
        methods=["label_spreading", "scratch_augmented"],
        labels=[50, 20],
        seeds=[7, 3, 7],
    )
    assert plan.methods == ["scratch_augmented", "label_spreading"]  # as the course orders them
    assert plan.budgets == [20, 50]
    assert len(plan.cells) == 2 * 2 * 2
    assert [cell.seed for cell in plan.cells] == [3] * 4 + [7] * 4


def test_other_budgets_get_the_seeds_of_the_nearest():
    plan = grid.plan("full", BIG, methods=["label_spreading"], labels=[20, 30_000])
    assert [(cell.labels, cell.seed) for cell in plan.cells if cell.labels == 20] == [
        (20, seed) for seed in range(5)
    ]
    assert sum(cell.labels == 30_000 for cell in plan.cells) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "fast"}, "no profile named 'fast'; choose from quick, full"),
        ({"methods": ["needy", "lucky"]}, "no method named 'lucky'; choose from scratch_aug"),
        ({"labels": [10, 2000]}, "2,000 labels cannot be had.* from 10 to 1,197"),
        ({"labels": [9]}, "9 labels cannot be had"),
        ({"seeds": [0, -1]}, "from 0 on; got -1"),
    ],
)
def test_what_cannot_be_planned(options, words):
    with pytest.raises(DataError, match=words):
        grid.plan(**{"profile": "quick", "dataset": SMALL, **options})


# ------------------------------------------------------------------------------- expected time


def rows(*given: tuple) -> pd.DataFrame:
    """Return a table of results from (method, labels, seed, CPU seconds or an error)."""
    table = []
    for name, labels, seed, value in given:
        cell = Cell(name, "mnist", labels, seed)
        row = results.failure(cell, str(value))
        if not isinstance(value, str):
            row |= {"accuracy": 0.9, "seconds": value, "cpu_seconds": value, "error": ""}
            row |= {"versions": "python 3"}
        table.append(row)
    return pd.DataFrame(table, columns=list(results.TYPES)).astype(results.TYPES)


def test_expected_time_is_that_of_the_nearest_budget_known():
    known = rows(
        ("a", 10, 0, 4.0), ("a", 10, 1, 6.0), ("a", 1000, 0, 50.0), ("a", 100, 0, "failed")
    )
    cells = [Cell("a", "mnist", labels, 5) for labels in (10, 50, 300, 60_000)]
    found = [seconds - grid.MEASURING for seconds in grid.expected(cells, known)]
    assert found == [5.0, 5.0, 50.0, 50.0]
    assert grid.estimate(cells, known) == 110 + 4 * grid.MEASURING


def test_an_unknown_method_counts_as_the_others_on_average():
    cells = [Cell(name, "mnist", 10, 0) for name in ("a", "b", "new")]
    known = rows(("a", 10, 0, 1.0), ("b", 10, 0, 3.0))
    assert grid.estimate(cells, known) == 6 + 3 * grid.MEASURING


def test_where_nothing_is_known_no_time_is_promised():
    cells = [Cell("a", "mnist", 10, 0)]
    for known in (rows(), rows(("a", 10, 0, "failed"))):
        assert grid.estimate(cells, known) is None
    assert grid.estimate([], rows()) == 0


def test_own_times_come_before_the_committed_ones(tmp_path, monkeypatch):
    committed = rows(("a", 10, 0, 100.0), ("b", 10, 0, 7.0))
    monkeypatch.setattr(results, "committed_table", lambda: committed)
    own = tmp_path / "own.csv"
    assert results.known(own).equals(committed)
    rows(("a", 10, 0, 1.0)).to_csv(own, index=False)
    assert results.known(own)[["method", "cpu_seconds"]].values.tolist() == [["a", 1.0], ["b", 7.0]]


# --------------------------------------------------------------------------------------- table


def test_the_columns_are_the_fields_of_a_record_and_the_error():
    assert list(results.TYPES) == [*(f.name for f in dataclasses.fields(Record)), "error"]


def test_a_table_is_read_as_it_was_written(tmp_path):
    table = rows(("a", 10, 0, 1 / 3), ("nan", 10, 0, 'He said: "no", and left\nNA'))
    with results.ResultsFile(tmp_path / "table.csv") as file:
        for row in table.to_dict("records"):
            file.add(row)
        file.save()
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


def test_the_provenance_counts_every_sitting(tmp_path):
    path = tmp_path / "table.csv"
    table = rows(("a", 10, 0, 2.0), ("a", 10, 1, 3.0), ("a", 10, 2, "failed")).to_dict("records")
    for part in (table[:2], table[2:]):
        with results.ResultsFile(path, {"what": "a test", "profile": "full"}) as file:
            for row in part:
                file.add(row)
                file.save()
    told = json.loads(path.with_suffix(".json").read_text())
    assert (told["what"], told["profile"]) == ("a test", "full")
    assert (told["cells"], told["failed"]) == (3, 1)
    assert [sitting["cells"] for sitting in told["sittings"]] == [2, 1]
    assert told["total_seconds"] == pytest.approx(sum(s["seconds"] for s in told["sittings"]))
    assert told["cell_cpu_seconds"] == 5.0
    assert told["started"] == told["sittings"][0]["started"]
    assert told["finished"] == told["sittings"][1]["finished"]
    assert told["versions"] == ["python 3"]
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


# ------------------------------------------------------------------------------------- command


def run(*options: str) -> int:
    return cli.main(["experiment", "run", "--data", "digits", *options])


def test_the_plan_is_shown_before_it_runs(tmp_path, capsys):
    table = tmp_path / "table.csv"
    rows(("label_spreading", 10, 0, 1.0)).replace({"dataset": {"mnist": "digits"}}).to_csv(
        table, index=False
    )
    options = ("--methods", "propagation,needy", "--labels", "10,1000", "--out", str(table))
    before = table.read_bytes()
    assert run(*options, "--workers", "2", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert re.search(r"propagation │ +1/2 │ +0/2", shown)
    assert re.search(r"needy +│ – \(1\) │ +0/2", shown)
    assert "– (1) left out: Every image has a label." in shown
    assert "5 cells to run: about 8 seconds with 2 processes." in shown
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--labels", "ten"], "--labels takes whole numbers .* got 'ten'"),
        (["--seeds", "0;1"], "--seeds takes whole numbers .* got '0;1'"),
        (["--workers", "0"], "--workers is a number of processes, 1 at least; got 0"),
    ],
)
def test_wrong_options_are_explained(capsys, options, words):
    assert run(*options) == 1
    assert re.search(words, capsys.readouterr().err)


def test_processes_here_or_a_scheduler_but_not_both(capsys):
    with pytest.raises(SystemExit) as end:
        run("--workers", "2", "--scheduler", "tcp://127.0.0.1:8786")
    assert end.value.code == 2


@pytest.mark.usefixtures("real_methods")
def test_worker_processes_give_what_this_process_gives(tmp_path, capsys, monkeypatch):
    table = tmp_path / "table.csv"
    options = ("--profile", "full", "--methods", "letters_frozen", "--labels", "10,50")
    monkeypatch.setattr(results, "committed_table", rows)
    assert run(*options, "--seeds", "0", "--workers", "2", "--out", str(table)) == 0
    shown = capsys.readouterr()
    assert "2 of 2 cells are in" in shown.out
    assert f"tlcourse experiment report --table {table}" in shown.out
    found = results.read(table).set_index("labels")
    digits = load("digits")
    for labels in (10, 50):
        here = dataclasses.asdict(experiment.run("letters_frozen", digits, labels, 0))
        # Threads may round otherwise, so that one image falls on the other side.
        within = 1.01 / len(digits.test)
        assert found.loc[labels, "accuracy"] == pytest.approx(here["accuracy"], abs=within)
        for name in ("parameters_total", "parameters_trainable", "versions", "seed"):
            assert found.loc[labels, name] == here[name]
    told = json.loads(table.with_suffix(".json").read_text())
    assert told["profile"] == "full"
    assert str(tmp_path) not in json.dumps(told)
    assert "--methods letters_frozen --labels 10,50" in told["command"]

    assert run(*options, "--seeds", "0", "--out", str(table)) == 0  # nothing is left to do
    assert "Nothing is left to do." in capsys.readouterr().out


@pytest.mark.usefixtures("real_methods")
def test_a_failed_cell_shows_in_what_the_command_says(tmp_path, capsys):
    table = tmp_path / "table.csv"
    failed = rows(("letters_frozen", 10, 0, "MemoryError: too much"))
    failed.replace({"dataset": {"mnist": "digits"}}).to_csv(table, index=False)
    assert run("--methods", "letters_frozen", "--labels", "10", "--seeds", "0", "--out", str(table))
    shown = capsys.readouterr().out
    assert "Failed: letters_frozen with 10 labels of digits, seed 0: MemoryError" in shown
    assert "--retry-failed" in shown
    assert "experiment report" not in shown
