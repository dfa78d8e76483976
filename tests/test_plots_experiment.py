"""Figures of the experiment: the numbers that they tell of a table, whole or partial."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
from matplotlib.text import Text
from synthetic import LEFT_OUT, full, methods, row, table

import tlcourse as tl
from tlcourse.data import DataError
from tlcourse.experiment import article
from tlcourse.experiment.grid import Cell, Plan
from tlcourse.methods import METHODS
from tlcourse.plots.comparisons import ranked, stored_and_new
from tlcourse.plots.style import in_order, title

GUESS = ["scratch", "letters_finetuned", "graph_fixmatch"]
FIGURES = {
    "grid_overview": lambda cells: tl.plots.grid_overview(cells),
    "accuracy_by_cpu": lambda cells: tl.plots.accuracy_by_cpu(cells, 10),
    "claims": lambda cells: tl.plots.claims(article.claims(cells)),
    "guess_against_result": lambda cells: tl.plots.guess_against_result(GUESS, cells, 10),
    "ranked": lambda cells: ranked(GUESS, 10),
}


@pytest.fixture(autouse=True)
def _all_methods(monkeypatch):
    for name, method in methods().items():
        monkeypatch.setitem(METHODS, name, method)


def texts(picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_two_seeds_of_three_methods_are_enough(name):
    few = table([row(m, 10, seed, 0.5 + 0.1 * seed) for m in GUESS for seed in range(2)])
    picture = FIGURES[name](few)
    assert "nan" not in picture.alt
    assert not list(faults(picture))


# -------------------------------------------------------------------- grid, accuracy, parameters


def test_grid_tells_seeds_failures_and_what_is_left_out_and_why():
    picture = tl.plots.grid_overview(full())
    for name, labels, text in (
        ("scratch", "10", "5"),
        ("scratch", "50", "4 (+1 failed)"),
        ("scratch", "60,000", "3"),
        ("imagenet_finetuned", "10", "not run"),
        ("pseudo_label", "60,000", "left out (a)"),
    ):
        assert f"{title(name)} with {labels} labels {text};" in picture.alt
    assert f"a: {LEFT_OUT}" in picture.alt
    assert f"a: {LEFT_OUT}" in "\n".join(texts(picture))
    assert texts(picture).count("left out (a)") == 3
    assert not list(faults(picture))


def test_grid_of_a_plan_that_has_no_results_yet():
    cells = [Cell("scratch", "digits", 10, seed) for seed in range(4)]
    cells += [Cell("label_spreading", "digits", 10, 0), Cell("scratch", "digits", 1197, 0)]
    excluded = {("label_spreading", 1197): "all of them are labelled"}
    plan = Plan(cells, ["scratch", "label_spreading"], [10, 1197], excluded)
    assert tl.plots.grid_overview(plan).alt == (
        "Number of seeds: scratch with 10 labels 4; scratch with 1,197 labels 1; label spreading "
        "with 10 labels 1; label spreading with 1,197 labels left out (a); a: all of them are "
        "labelled."
    )


def test_time_counts_pretraining_where_it_is_known():
    one = {"cpu_seconds": 4.0, "pretraining_cpu_seconds": 100.0}
    other = {"cpu_seconds": 6.0, "pretraining_cpu_seconds": np.nan}
    few = table(
        [row("letters_finetuned", 10, s, 0.9, **one) for s in range(3)]
        + [row("imagenet_finetuned", 10, s, 0.8, **other) for s in range(3)]
        + [row("scratch", 10, s, 0.7, cpu_seconds=5.0) for s in range(3)]
    )
    picture = tl.plots.accuracy_by_cpu(few, 10)
    for name, text in (
        ("letters_finetuned", "90.0 % in 104 s, 4 s of it after pretraining, beaten by none"),
        (
            "imagenet_finetuned",
            "80.0 % in 6 s after pretraining by others",
        ),
        ("scratch", "70.0 % in 5 s, beaten by none"),
    ):
        assert f"{title(name)}  {text}" in picture.alt
    marks = [line for line in picture.figure.axes[0].lines if len(line.get_xdata()) == 1]
    hollow = {line.get_xdata()[0] for line in marks if line.get_markerfacecolor() == "white"}
    assert hollow == {4, 6}
    assert {x for line in marks if np.isfinite(x := line.get_xdata()[0])} - hollow == {5, 104}


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


def test_claims_say_verdicts_in_words():
    cells = differing(autoencoder_finetuned=[9, 10, 11], letters_finetuned=[-9, -10, -11])
    picture = tl.plots.claims(article.claims(cells))
    for claim, name, text in (
        (1, "autoencoder_finetuned", "supported +10.0"),
        (2, "letters_finetuned", "contradicted -10.0"),
    ):
        assert f"claim {claim}, {title(name)} > scratch: 10 labels {text};" in picture.alt
    assert {"supported\n+10.0", "contradicted\n-10.0", "–"} <= set(texts(picture))


@pytest.mark.parametrize(
    ("guess", "in_place", "correlation"),
    [
        (["graph_fixmatch", "letters_finetuned", "scratch"], 3, "1.00"),
        (["scratch", "letters_finetuned", "graph_fixmatch"], 1, "-1.00"),
        (["graph_fixmatch", "scratch", "letters_finetuned"], 1, "0.33"),
    ],
)
def test_a_guess_is_compared_with_the_order_of_the_means(guess, in_place, correlation):
    cells = differing(letters_finetuned=[1, 1, 1], graph_fixmatch=[2, 2, 2])
    alt = tl.plots.guess_against_result(guess, cells, 10).alt
    assert f"{in_place} of 3 methods guessed in the right place" in alt
    assert f"rank correlation {correlation}. " in alt
    first = 1 + guess.index("graph_fixmatch")
    assert f"1. {title('graph_fixmatch')} 52.0 %, guessed {first}; 2. " in alt


def test_a_guess_about_a_method_that_was_not_run():
    with pytest.raises(DataError, match="no result of graph_fixmatch with 10 labels"):
        tl.plots.guess_against_result(["scratch", "graph_fixmatch"], differing(), 10)


def test_a_new_value_stands_beside_the_stored_ones():
    runs = pd.Series([0.8, 0.9], index=[0, 1])
    text = "a method, 10 labels: stored with seed 0 80.0 %; stored with seed 1 90.0 %"
    assert stored_and_new(runs, 1, None, "a method, 10 labels").alt == f"{text}."
    after = stored_and_new(runs, 1, 0.95, "a method, 10 labels")
    assert after.alt == f"{text}; new with seed 1 95.0 %."
    nothing = stored_and_new(runs[:0], 1, None, "a method, 10 labels")
    assert nothing.alt == "a method, 10 labels: nothing stored."


def test_methods_stand_in_the_order_of_the_course_and_unknown_ones_last():
    names = ["zebra", "graph_fixmatch", "scratch", "zebra"]
    assert in_order(names) == ["scratch", "graph_fixmatch", "zebra"]
