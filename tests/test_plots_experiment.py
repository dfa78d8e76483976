"""Figures of the experiment: what they draw and tell of a table, whole or partial."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
from matplotlib.colors import to_hex
from matplotlib.text import Text
from synthetic import LEFT_OUT, full, methods, row, table

import tlcourse as tl
from tlcourse.data import DataError
from tlcourse.experiment.grid import Cell, Plan
from tlcourse.methods import METHODS
from tlcourse.plots import PALETTE
from tlcourse.plots.comparisons import ranked, stored_and_new
from tlcourse.plots.style import in_order, kinds

GUESS = ["scratch", "letters_finetuned", "graph_fixmatch"]


@pytest.fixture(autouse=True)
def _all_methods(monkeypatch):
    for name, method in methods().items():
        monkeypatch.setitem(METHODS, name, method)


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return full()


def texts(picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_text()]


FIGURES = {
    "grid_overview": lambda cells: tl.plots.grid_overview(cells),
    "accuracy_by_labels": lambda cells: tl.plots.accuracy_by_labels(cells),
    "accuracy_by_cpu": lambda cells: tl.plots.accuracy_by_cpu(cells, 10),
    "parameters": lambda cells: tl.plots.parameters(cells),
    "forest": lambda cells: tl.plots.forest(cells, "scratch", 10),
    "claims": lambda cells: tl.plots.claims(cells),
    "guess_against_result": lambda cells: tl.plots.guess_against_result(GUESS, cells, 10),
    "ranked": lambda cells: ranked(GUESS, 10),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_readable_for_all(name, cells):
    assert list(faults(FIGURES[name](cells))) == []


@pytest.mark.parametrize("name", FIGURES)
def test_two_seeds_of_three_methods_are_enough(name):
    few = table([row(m, 10, seed, 0.5 + 0.1 * seed) for m in GUESS for seed in range(2)])
    picture = FIGURES[name](few)
    assert "nan" not in picture.alt
    assert not list(faults(picture))


# ----------------------------------------------------------------------------------- the grid


def test_grid_tells_seeds_failures_and_what_is_left_out_and_why(cells):
    picture = tl.plots.grid_overview(cells)
    for told in (
        "scratch with 10 labels 5;",
        "scratch with 50 labels 4 (+1 failed);",
        "scratch with 60,000 labels 3;",
        "imagenet tuned with 10 labels not run;",
        "pseudo label with 60,000 labels left out (a);",
        f"a: {LEFT_OUT}",
    ):
        assert told in picture.alt
    assert f"a: {LEFT_OUT}" in "\n".join(texts(picture))
    assert texts(picture).count("left out (a)") == 3
    assert texts(picture).count("not run") == 1


def test_grid_of_a_plan_that_has_no_results_yet():
    cells = [Cell("scratch", "digits", 10, seed) for seed in range(4)]
    cells += [Cell("label_spreading", "digits", 10, 0), Cell("scratch", "digits", 1197, 0)]
    excluded = {("label_spreading", 1197): "all of them are labelled"}
    plan = Plan(cells, ["scratch", "label_spreading"], [10, 1197], excluded)
    assert tl.plots.grid_overview(plan).alt == (
        "Number of seeds: scratch with 10 labels 4; scratch with 1,197 labels 1; propagation with "
        "10 labels 1; propagation with 1,197 labels left out (a); a: all of them are labelled."
    )


# ------------------------------------------------------------------------- accuracy, parameters


def test_every_method_has_its_line_in_the_panel_of_its_kind(cells):
    picture = tl.plots.accuracy_by_labels(cells)
    shown = [axes for axes in picture.figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == kinds(cells["method"])
    named = [t.get_text() for axes in shown for t in axes.get_legend().get_texts()]
    assert sorted(named) == sorted(method.title for method in methods().values())
    for axes in shown:
        looks = {(c[0].get_color(), c[0].get_marker()) for c in axes.containers}
        assert len(looks) == len(axes.containers) == len(axes.get_legend().get_texts())


def test_lines_are_at_the_means_on_an_axis_that_is_stretched_near_100():
    accuracies = {10: 0.5, 100: 0.97, 1000: 0.995}
    few = table([row("scratch", n, seed, a) for n, a in accuracies.items() for seed in range(3)])
    axes = tl.plots.accuracy_by_labels(few).figure.axes[0]
    (container,) = axes.containers
    x, y = container[0].get_data()
    assert x.tolist() == list(accuracies)
    assert list(y) == pytest.approx([50, 3, 0.5])  # error rates
    bottom, top = axes.get_ylim()
    assert bottom > top  # the best one stands at the top
    heights = axes.transAxes.inverted().transform(
        axes.transData.transform(np.c_[x, y].astype(float))
    )[:, 1]
    assert heights[2] - heights[1] > 0.2  # 97 and 99.5 % are far apart
    marks = {
        t.get_text(): place
        for t, place in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    assert marks["99"] == pytest.approx(1)


def test_only_chosen_methods_are_shown(cells):
    alt = tl.plots.accuracy_by_labels(cells, ["scratch", "graph_fixmatch"]).alt
    assert "combination 10: " in alt
    assert "letters" not in alt


def test_an_interval_beyond_100_per_cent_is_drawn_to_the_end():
    few = table([row("scratch", 10, seed, a) for seed, a in enumerate([0.99, 1.0, 1.0])])
    assert tl.plots.accuracy_by_labels(few).png


def test_time_counts_pretraining_where_it_is_known(cells):
    one = {"cpu_seconds": 4.0, "pretraining_cpu_seconds": 100.0}
    other = {"cpu_seconds": 6.0, "pretraining_cpu_seconds": np.nan}
    few = table(
        [row("letters_finetuned", 10, s, 0.9, **one) for s in range(3)]
        + [row("imagenet_finetuned", 10, s, 0.8, **other) for s in range(3)]
    )
    picture = tl.plots.accuracy_by_cpu(few, 10)
    assert "letters, tuned 90.0 % in 104 s, 4 s of it after pretraining" in picture.alt
    assert "imagenet tuned 80.0 % in 6 s" in picture.alt
    assert "its time is not known" in picture.alt
    marks = {
        line.get_xdata()[0]: line
        for line in picture.figure.axes[0].get_lines()
        if len(line.get_xdata()) == 1 and line.get_marker() != "None"
    }
    assert set(marks) == {4, 6, 104}
    assert marks[4].get_markerfacecolor() == marks[6].get_markerfacecolor() == "white"
    assert marks[104].get_markerfacecolor() != "white"


def test_parameters_are_told_for_training_and_use():
    few = table(
        [
            row("scratch", 10, 0, 0.5, parameters_deployed=100_000),
            row("letters_frozen", 10, 0, 0.5),
        ]
    )
    alt = tl.plots.parameters(few).alt
    assert "scratch 125,610 in training, 125,034 trained at the end, 100,000 put to use" in alt
    assert "letters, frozen 125,610 in training, 3,850 trained at the end" in alt


# -------------------------------------------------------------------------------- comparisons


def differing(**points: list[float]) -> pd.DataFrame:
    """Return results in which methods beat scratch by these points, seed by seed."""
    cells = [row("scratch", 10, seed, 0.5) for seed in range(5)]
    cells += [
        row(name, 10, seed, 0.5 + point / 100)
        for name, gains in points.items()
        for seed, point in enumerate(gains)
    ]
    return table(cells)


def test_forest_tells_better_from_worse_and_undecided_by_more_than_colour():
    cells = differing(
        letters_finetuned=[9, 10, 11], pseudo_label=[-9, -10, -11], graph_fixmatch=[-9, 0, 12]
    )
    picture = tl.plots.forest(cells, "scratch", 10)
    assert "letters, tuned +10.0 [+7.5, +12.5], better" in picture.alt
    assert "pseudo label -10.0 [-12.5, -7.5], worse" in picture.alt
    assert "combination +1.0 [" in picture.alt
    axes = picture.figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        "letters, tuned",
        "graph_fixmatch",
        "pseudo label",
    ]
    assert len({container[0].get_marker() for container in axes.containers}) == 3


def test_forest_names_what_was_not_run():
    cells = pd.concat(
        [differing(letters_finetuned=[1, 2, 3]), table([row("graph_fixmatch", 50, 0, 0.9)])]
    )
    assert "not run with 10 labels: combination" in tl.plots.forest(cells, "scratch", 10).alt


def test_forest_without_anything_to_compare_says_so():
    with pytest.raises(DataError, match="No method has a seed in common with 'scratch' at 100"):
        tl.plots.forest(differing(letters_finetuned=[1, 2, 3]), "scratch", 100)


def test_claims_say_verdicts_in_words(cells):
    judged = differing(autoencoder_finetuned=[9, 10, 11], letters_finetuned=[-9, -10, -11])
    picture = tl.plots.claims(judged)
    assert "claim 1, autoencoder tuned > scratch: 10 labels supported +10.0;" in picture.alt
    assert "claim 2, letters, tuned > scratch: 10 labels contradicted -10.0;" in picture.alt
    shown = texts(picture)
    assert "supported\n+10.0" in shown
    assert "contradicted\n-10.0" in shown
    assert "–" in shown  # not run
    filled = {to_hex(patch.get_facecolor()) for patch in picture.figure.axes[0].patches}
    assert {PALETTE[0], PALETTE[1]} <= filled


def test_a_guess_is_compared_with_the_order_of_the_means():
    cells = differing(letters_finetuned=[1, 1, 1], graph_fixmatch=[2, 2, 2])
    picture = tl.plots.guess_against_result(
        ["graph_fixmatch", "scratch", "letters_finetuned"], cells, 10
    )
    assert "1 of 3 methods guessed in the right place" in picture.alt
    assert "1. combination 52.0 %, guessed 1; 2. letters, tuned 51.0 %, guessed 3" in picture.alt
    best = ["graph_fixmatch", "letters_finetuned", "scratch"]
    assert "3 of 3" in (alt := tl.plots.guess_against_result(best, cells, 10).alt)
    assert "rank correlation 1.00" in alt
    assert "rank correlation -1.00" in tl.plots.guess_against_result(best[::-1], cells, 10).alt


def test_a_guess_about_a_method_that_was_not_run():
    with pytest.raises(DataError, match="no result of combination with 10 labels"):
        tl.plots.guess_against_result(["scratch", "graph_fixmatch"], differing(), 10)


def test_a_new_value_stands_beside_the_stored_ones():
    runs = pd.Series([0.8, 0.9], index=[0, 1])
    before = stored_and_new(runs, 1, None, "a method, 10 labels")
    after = stored_and_new(runs, 1, 0.95, "a method, 10 labels")
    assert (
        before.alt == "a method, 10 labels: stored with seed 0 80.0 %; stored with seed 1 90.0 %."
    )
    assert after.alt.endswith("stored with seed 1 90.0 %; new with seed 1 95.0 %.")
    assert not list(faults(after))
    nothing = stored_and_new(runs[:0], 1, None, "a method, 10 labels")
    assert nothing.alt == "a method, 10 labels: nothing stored."


def test_methods_stand_in_the_order_of_the_course_and_unknown_ones_last():
    assert in_order(["zebra", "graph_fixmatch", "scratch", "zebra"]) == [
        "scratch",
        "graph_fixmatch",
        "zebra",
    ]
