"""Widgets of the stored experiment: budgets, splits, a ranking that is kept, runs made again."""

import logging

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from figure_checks import faults, move_to_ends
from IPython.core.formatters import DisplayFormatter
from synthetic import BUDGETS, COLUMNS, failed, full, methods, row, table

import tlcourse as tl
from tlcourse import experiment
from tlcourse.data import DataError, Dataset, store
from tlcourse.methods import METHODS
from tlcourse.plots.style import in_order
from tlcourse.widgets.experiment import METHODS_TO_RANK


@pytest.fixture(autouse=True)
def _all_methods(monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    for name, method in methods().items():
        monkeypatch.setitem(METHODS, name, method)


@pytest.fixture(autouse=True)
def _faults_of_callbacks_are_heard(caplog):
    """Fail where a callback of a button raised: ipywidgets only writes that into its log."""
    with caplog.at_level(logging.WARNING):
        yield
    logged = [record.getMessage() for record in caplog.get_records("call")]
    assert not [text for text in logged if "Exception in" in text]


# ------------------------------------------------------------------------------------- budgets


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    return full()


def test_it_offers_all_budgets_and_all_methods_in_the_order_of_the_course(results):
    controls = tl.widgets.budget_slider(results).controls
    assert [value for _, value in controls["labels"].options] == list(BUDGETS)
    for name in ("method", "against"):
        assert [value for _, value in controls[name].options] == in_order(results["method"])
    assert (controls["method"].value, controls["against"].value) == ("letters_frozen", "scratch")


def test_moving_shows_what_was_chosen(results):
    before = results.copy()
    slider = tl.widgets.budget_slider(results)
    for figure in move_to_ends(slider):
        assert "nan" not in figure.alt
        assert not [*faults(figure)]
    slider.controls["against"].value = "scratch"
    slider.controls["method"].value = "letters_frozen"
    slider.controls["labels"].value = 50  # where one of five seeds of scratch failed
    assert slider.figure.alt.startswith("50 labels: letters, frozen ")
    assert "nan" not in slider.figure.alt
    slider.controls["labels"].value = 60_000
    slider.controls["method"].value = "label_spreading"  # left out with all labels
    assert "60,000 labels: label spreading not run, scratch" in slider.figure.alt
    assert "no seed in common" in slider.figure.alt
    pd.testing.assert_frame_equal(results, before)


def test_a_method_without_results_and_a_second_dataset_are_refused(results):
    few = table([row("scratch", 10, seed, 0.5) for seed in range(3)])
    with pytest.raises(DataError, match="results in the table named 'magic'; choose from scratch"):
        tl.widgets.budget_slider(few, method="magic", against="scratch")
    with pytest.raises(DataError, match="cannot be averaged"):
        tl.widgets.budget_slider(pd.concat([results, results.assign(dataset="digits")]))


# --------------------------------------------------------------------------------------- splits


def test_the_split_explorer_shows_each_seed_with_its_own_accuracies(digits):
    runs = [row("scratch", 10, seed, 0.3 + seed / 100, dataset="digits") for seed in (3, 5)]
    explorer = tl.widgets.split_explorer(digits, table(runs))
    assert "seed 3; test accuracy: scratch 33%" in explorer.figure.alt
    explorer.controls["seed"].value = 5
    assert "seed 5; test accuracy: scratch 35%" in explorer.figure.alt
    assert not [*faults(explorer.figure)]


# ------------------------------------------------------------------------------------- ranking


def test_choosing_a_method_swaps_two_places():
    ranking = tl.widgets.ranking(10, ["scratch", "pseudo_label", "graph_fixmatch"])
    assert store.read("rankings", None) is None, "nothing is kept before a choice"
    ranking.places[0].value = "graph_fixmatch"
    assert ranking.order == ["graph_fixmatch", "pseudo_label", "scratch"]
    assert "1. graph fixmatch, 2. pseudo label, 3. scratch" in ranking.figure.alt
    ranking.places[1].value = "scratch"
    assert ranking.order == ["graph_fixmatch", "scratch", "pseudo_label"]
    _, metadata = DisplayFormatter().format(ranking)
    assert "1. graph fixmatch, 2. scratch" in metadata["image/png"]["alt"]


def test_no_method_is_ever_lost():
    ranking = tl.widgets.ranking()
    assert ranking.order == list(METHODS_TO_RANK)
    for place, name in [(5, 0), (0, 3), (0, 0), (2, 5), (2, 5)]:
        ranking.places[place].value = METHODS_TO_RANK[name]
        assert ranking.order[place] == METHODS_TO_RANK[name]
        assert sorted(ranking.order) == sorted(METHODS_TO_RANK)


def test_a_ranking_is_there_again_next_time_for_its_budget():
    ranking = tl.widgets.ranking(10)
    ranking.places[5].value = METHODS_TO_RANK[0]
    assert "kept" in ranking.message.value
    assert tl.widgets.ranking(10).order == ranking.order != list(METHODS_TO_RANK)
    assert tl.widgets.ranking(100).order == list(METHODS_TO_RANK)
    store.update("rankings", lambda kept: {"10": ["scratch", "gone"]}, {})
    assert tl.widgets.ranking(10).order == list(METHODS_TO_RANK), "of other methods: put aside"


def test_a_ranking_that_cannot_be_kept_says_so(monkeypatch):
    def full_disk(*_):
        raise DataError("The disk is full.")

    monkeypatch.setattr(store, "update", full_disk)
    ranking = tl.widgets.ranking()
    ranking.places[5].value = METHODS_TO_RANK[0]
    assert ranking.message.value == "Your ranking was not kept. The disk is full."


def test_an_unknown_method_cannot_be_ranked():
    with pytest.raises(DataError, match="no method named 'magic'"):
        tl.widgets.ranking(10, ["scratch", "magic"])


# --------------------------------------------------------------------------------------- rerun


@pytest.fixture
def digits() -> Dataset:
    return tl.data.load("digits")


@pytest.fixture
def cells():
    rows = [
        row("letters_frozen", 10, seed, 0.70 + 0.01 * seed, cpu_seconds=2.0, seconds=1.5)
        for seed in range(3)
    ]
    return table([*rows, row("scratch", 100, 0, 0.9, cpu_seconds=7.0), failed("scratch", 10, 0)])


def record(method: str, dataset: Dataset, labels: int, seed: int) -> experiment.Record:
    values = row(method, labels, seed, 0.81, dataset=dataset.name, cpu_seconds=3.0)
    return experiment.Record(**{name: values[name] for name in COLUMNS[:-1]})


@pytest.fixture
def runs(monkeypatch) -> list:
    """Let a run cost nothing; return the list of what was asked for."""
    asked = []

    def run(*cell):
        asked.append(cell)
        return record(*cell)

    monkeypatch.setattr(experiment, "run", run)
    return asked


def message(panel) -> str:
    return BeautifulSoup(panel.message.value, "html.parser").get_text(" ")


def test_before_pressing_it_says_how_long_the_cell_took(cells, digits, runs):
    panel = tl.widgets.rerun(cells, digits)
    assert [control.value for control in panel.controls.values()] == ["letters_frozen", 10, 0]
    assert "it took 2.0 seconds of processor time and 1.5 seconds on the clock" in message(panel)
    assert "stored mnist 70.0 % 2.0 s" in message(panel)
    assert runs == []


def test_the_new_value_stands_beside_the_stored_one(cells, digits, runs):
    panel = tl.widgets.rerun(cells, digits)
    panel.controls["seed"].value = 2
    panel.button.click()
    assert runs == [("letters_frozen", digits, 10, 2)]
    assert "stored mnist 72.0 % 2.0 s new digits 81.0 % 3.0 s" in message(panel)
    assert "stored with seed 2 72.0 %; new with seed 2 81.0 %" in panel.figure.alt
    assert "is of mnist, and you have digits" in message(panel)
    panel.controls["seed"].value = 0
    assert "new" not in panel.figure.alt
    panel.controls["seed"].value = 2
    assert "new" in panel.figure.alt  # it is not forgotten


def test_nothing_can_be_pressed_while_it_runs(cells, digits, monkeypatch):
    seen = {}

    def run(*cell):
        seen["disabled"] = [panel.button.disabled, *(c.disabled for c in panel.controls.values())]
        seen["text"] = message(panel)
        return record(*cell)

    monkeypatch.setattr(experiment, "run", run)
    panel = tl.widgets.rerun(cells, digits)
    panel.button.click()
    assert seen["disabled"] == [True] * 4
    assert seen["text"].startswith("Running. When it was stored, it took 2.0 seconds")
    assert not any([panel.button.disabled, *(c.disabled for c in panel.controls.values())])


def test_what_the_course_refuses_is_said_in_one_sentence(cells, digits, monkeypatch):
    def run(*cell):
        raise DataError("There are not so many <labels>.")

    monkeypatch.setattr(experiment, "run", run)
    panel = tl.widgets.rerun(cells, digits)
    panel.button.click()
    assert message(panel) == "It could not be run. There are not so many <labels>."
    assert not panel.button.disabled
    assert panel.records == {}


def test_a_fault_is_said_and_not_swallowed(cells, digits, monkeypatch):
    def run(*cell):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(experiment, "run", run)
    panel = tl.widgets.rerun(cells, digits)
    with pytest.raises(ZeroDivisionError):
        panel.press()
    assert message(panel) == "It could not be run. ZeroDivisionError: by zero"
    assert not panel.button.disabled


def test_cells_that_failed_or_were_not_run(cells, digits):
    panel = tl.widgets.rerun(cells, digits)
    panel.controls["method"].value = "scratch"
    assert "When the table was made, it failed: MemoryError: 2 GB" in message(panel)
    panel.controls["seed"].value = 1
    assert "The table has no such cell" in message(panel)
    assert panel.figure.alt == "scratch, 10 labels: nothing stored."


def test_all_lists_work_at_their_ends(cells, digits):
    figures = move_to_ends(tl.widgets.rerun(cells, digits))
    assert len({figure.alt for figure in figures}) == 3  # seeds share theirs
    assert not [fault for figure in figures for fault in faults(figure)]


def test_its_text_is_the_same_before_and_after_a_run(cells, digits, runs):
    panel = tl.widgets.rerun(cells, digits)
    before = repr(panel)
    assert before == "Explorer: letters, frozen with 10 labels and seed 0, to be run again."
    panel.press()
    assert repr(panel) == before
    _, metadata = DisplayFormatter().format(panel)
    assert "new with seed 0 81.0 %" in metadata["image/png"]["alt"]


def test_the_first_cell_exists_where_the_usual_one_does_not(digits):
    panel = tl.widgets.rerun(table([row("graph_fixmatch", 100, 3, 0.9)]), digits)
    assert [control.value for control in panel.controls.values()] == ["graph_fixmatch", 100, 3]
