"""The slider over label budgets: its choices, its ends, and what it says of gaps."""

import pandas as pd
import pytest
from figure_checks import faults, move_to_ends
from synthetic import BUDGETS, full, methods, row, table

from tlcourse.data import DataError
from tlcourse.methods import METHODS
from tlcourse.plots.style import in_order
from tlcourse.widgets.budgets import budget_slider


@pytest.fixture(autouse=True)
def _all_methods(monkeypatch):
    for name, method in methods().items():
        monkeypatch.setitem(METHODS, name, method)


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    return full()


def test_it_offers_all_budgets_and_all_methods_in_the_order_of_the_course(results):
    controls = budget_slider(results).controls
    assert [value for _, value in controls["labels"].options] == list(BUDGETS)
    for name in ("method", "against"):
        assert [value for _, value in controls[name].options] == in_order(results["method"])
    assert (controls["method"].value, controls["against"].value) == ("letters_frozen", "scratch")
    assert not controls["labels"].continuous_update, "drawing takes longer than 0.1 s"


def test_every_control_has_a_name(results):
    described = [x.description for x in budget_slider(results).controls.values()]
    assert described == ["labels", "method", "against"]


def test_it_draws_at_the_ends_of_its_controls(results):
    pictures = move_to_ends(budget_slider(results))
    assert len(pictures) == 8
    assert len({picture.alt for picture in pictures}) == 8
    for picture in pictures:
        assert "nan" not in picture.alt
        assert not [*faults(picture)]


def test_moving_tells_of_what_was_chosen(results):
    slider = budget_slider(results)
    assert slider.figure.alt.startswith("10 labels: letters, frozen ")
    slider.controls["labels"].value = 60_000
    assert slider.figure.alt.startswith("60,000 labels: letters, frozen ")
    slider.controls["method"].value = "label_spreading"  # left out with all labels
    assert "60,000 labels: propagation not run, scratch" in slider.figure.alt
    assert "no seed in common" in slider.figure.alt


def test_failed_cells_do_not_count(results):
    slider = budget_slider(results)
    slider.controls["labels"].value = 50  # where one of five seeds of scratch failed
    assert "better" in slider.figure.alt or "undecided" in slider.figure.alt
    assert "nan" not in slider.figure.alt


def test_the_results_are_not_changed(results):
    before = results.copy()
    move_to_ends(budget_slider(results))
    pd.testing.assert_frame_equal(results, before)


def test_a_method_without_results_is_told():
    few = table([row("scratch", 10, seed, 0.5) for seed in range(3)])
    with pytest.raises(DataError, match="no result of a method named 'letters_frozen'"):
        budget_slider(few)
    with pytest.raises(DataError, match="'magic'; choose from scratch"):
        budget_slider(few, method="magic")


def test_two_datasets_are_not_mixed(results):
    other = results.assign(dataset="digits")
    with pytest.raises(DataError, match="cannot be averaged"):
        budget_slider(pd.concat([results, other]))
