"""Notebook 10: its checks and quiz, what its figures say, and the gap viewer at its ends."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from figure_checks import faults, move_to_ends

from tlcourse.checks import EXERCISES, nb10  # noqa: F401  registers them
from tlcourse.checks.exercise import CheckFailed
from tlcourse.checks.quiz import questions
from tlcourse.experiment import gap
from tlcourse.plots.domains import domain_plane, gap_closed
from tlcourse.widgets.gap import gap_viewer

RNG = np.random.default_rng(0)
FUNCTIONS = {"10.1": "share_of_gap", "10.2": "distance_of_means", "10.3": "least_error"}


# ---------------------------------------------------------------------------------- exercises


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 0.5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_array_where_a_number_is_asked_for(name):
    with pytest.raises(CheckFailed, match=r"an array of shape \(2,\)"):
        check_answer(name, lambda *given: np.zeros(2))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda a, s, t: a - s, "That is the gain"),
        (lambda a, s, t: (t - a) / (t - s), "stays open"),
        (lambda a, s, t: a / t, "the floor has to go first"),
        (lambda a, s, t: (a - s) / s, "not by the floor"),
        (lambda a, s, t: (a - s) / t, "not by the ceiling"),
        (lambda a, s, t: 100 * (a - s) / (t - s), "in per cent"),
        (lambda a, s, t: min(max((a - s) / (t - s), 0), 1), "a share below 0"),
        (lambda a, s, t: (a - s) / (t - s), "divides by zero"),
        (lambda a, s, t: (a - s) / (t - s) if t != s else float("nan"), "there is no gap"),
        (lambda a, s, t: (a - s) / (t - s) if t > s else 0.0, "return nan, not 0"),
        (lambda a, s, t: 0.2, "it should be 0.333"),
    ],
)
def test_mistakes_with_the_share(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("10.1", mistake)


def test_the_share_is_that_of_the_package():
    solution = run_code(EXERCISES["10.1"].solution, "share_of_gap")
    for accuracies in ((0.7, 0.6, 0.9), (0.5, 0.6, 0.9), (0.95, 0.6, 0.9)):
        assert solution(*accuracies) == pytest.approx(gap.gap_closed(*accuracies))


def between(source, target):
    return source.mean(axis=0) - target.mean(axis=0)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda s, t: np.linalg.norm(between(s, t)), "return its square"),
        (lambda s, t: np.abs(between(s, t)).sum(), "square them first"),
        (lambda s, t: np.abs(between(s, t)).mean(), "You average the differences"),
        (lambda s, t: (between(s, t) ** 2).mean(), "You average the squares"),
        (lambda s, t: between(s, t).sum() ** 2, "square each difference first"),
        (lambda s, t: between(s, t).sum(), "signs cancel"),
        (lambda s, t: ((s[:, None] - t[None]) ** 2).sum(-1).mean(), "pairs of images"),
        (lambda s, t: (s.mean() - t.mean()) ** 2, "a mean of its own"),
        (lambda s, t: 3.5, "It should be 17"),
    ],
)
def test_mistakes_with_the_distance_of_means(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("10.2", mistake)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p, q: np.abs(q - p).sum(), "counted twice"),
        (lambda p, q: (q - p).sum(), "cancel"),
        (lambda p, q: np.abs(q - p).max(), "one class"),
        (lambda p, q: ((q - p) ** 2).sum(), "Squares"),
        (lambda p, q: 1 - np.abs(q - p).sum() / 2, "largest accuracy"),
        (lambda p, q: np.abs(q - p).mean(), "instead of averaging"),
        (lambda p, q: 0.77, "it should be 0.30"),
    ],
)
def test_mistakes_with_the_least_error(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("10.3", mistake)


def test_other_ways_to_the_least_error():
    assert check_answer("10.3", lambda p, q: np.abs(p - q).sum() / 2)
    assert check_answer("10.3", lambda p, q: 1 - np.minimum(p, q).sum())


def test_the_least_error_is_reached_by_no_fewer_mistakes():
    """Deal answers to images as well as can be, and count what must go wrong."""
    solution = run_code(EXERCISES["10.3"].solution, "least_error")
    for _ in range(20):
        answers, classes = (RNG.multinomial(100, RNG.dirichlet(np.ones(4))) for _ in range(2))
        right = np.minimum(answers, classes).sum()
        assert solution(answers / 100, classes / 100) == pytest.approx(1 - right / 100)


def test_quiz():
    asked = questions("10")
    assert len(asked) == 4
    assert all(len(choice.reason.split()) > 5 for q in asked for choice in q.choices)


# ------------------------------------------------------------------------------------ figures

MEANS = {"source_only": 0.6, "mmd": 0.7, "dann": 0.75, "target_only": 0.9}


def table(means: dict[str, float]) -> pd.DataFrame:
    rows = [
        ("print → hand", name, seed, mean + (0.01, 0, -0.01)[seed])
        for name, mean in means.items()
        for seed in range(3)
    ]
    return pd.DataFrame(rows, columns=["pair", "method", "seed", "accuracy"])


def test_gap_closed_tells_accuracies_and_shares():
    picture = gap_closed(table(MEANS))
    assert "source only 60.0 %; MMD 70.0 %, closes 33 % [33, 33]" in picture.alt
    assert "DANN 75.0 %, closes 50 %" in picture.alt
    assert "The gap is 30.0 points wide" in picture.alt
    assert not [*faults(picture)]


def test_gap_closed_keeps_the_order_of_the_course_and_draws_floor_and_ceiling():
    (axes,) = gap_closed(table(dict(reversed(MEANS.items())))).figure.axes
    named = [text.get_text() for text in axes.get_yticklabels()]
    assert named == ["source only", "MMD", "DANN", "target only"]
    dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
    assert sorted(line.get_xdata()[0] for line in dashed) == pytest.approx([60, 90])


def test_gap_closed_says_when_there_is_none():
    picture = gap_closed(table(MEANS | {"target_only": 0.6}))
    assert "DANN 75.0 %, no gap to close" in picture.alt
    assert "There is no gap to close" in picture.alt
    assert not [*faults(picture)]


def test_gap_closed_without_adapted_methods():
    ends = {name: MEANS[name] for name in ("source_only", "target_only")}
    picture = gap_closed(table(ends))
    assert "source only 60.0 %; target only 90.0 %. The gap" in picture.alt


HERE, THERE = RNG.normal(size=(60, 8)), RNG.normal(size=(50, 8)) + 3
CLASSES = np.arange(60) % 10, np.arange(50) % 10


def test_domains_are_circles_and_triangles_in_one_plane():
    picture = domain_plane(HERE, THERE, title="some features")
    (axes,) = picture.figure.axes
    assert [len(marks.get_offsets()) for marks in axes.collections] == [60, 50]
    corners = {len(marks.get_paths()[0].vertices) for marks in axes.collections}
    assert len(corners) == 2, "the marks should differ by more than colour"
    assert picture.alt.startswith("some features: 60 images of the source and 50 of the target")
    assert not [*faults(picture)]


def test_classes_are_drawn_as_digits_side_by_side():
    picture = domain_plane(HERE, THERE, CLASSES)
    left, right = picture.figure.axes
    assert (left.get_title(), right.get_title()) == ("source", "target")
    assert [len(axes.collections) for axes in (left, right)] == [10, 10]
    assert left.get_xlim() == right.get_xlim()
    assert "each drawn as its class" in picture.alt
    assert not [*faults(picture)]


def test_the_alt_text_tells_how_far_the_domains_are_apart():
    def spreads(picture):
        return float(picture.alt.rpartition(" lie ")[2].split()[0])

    assert spreads(domain_plane(HERE, THERE)) > 1.5
    assert spreads(domain_plane(HERE, HERE[:50])) < 0.5


# ------------------------------------------------------------------------------------- widget


@pytest.fixture
def viewer():
    features = {"source only": (HERE, THERE), "DANN": (HERE, THERE - 3)}
    return gap_viewer(features, CLASSES, {"source only": 0.61, "DANN": 0.78})


def test_gap_viewer_at_its_ends(viewer):
    pictures = move_to_ends(viewer)
    assert [picture.alt.split(":")[0] for picture in pictures] == [
        *["source only"] * 2,
        *["DANN"] * 2,
    ]
    assert "61% of the target right" in pictures[0].alt
    assert "circles and triangles" in pictures[0].alt
    assert "each drawn as its class" in pictures[1].alt
    assert "78% of the target right" in pictures[3].alt


def test_gap_viewer_starts_without_adapting(viewer):
    assert viewer.figure.alt.startswith("source only")


def test_gap_viewer_shows_no_more_than_can_be_told_apart():
    many = RNG.normal(size=(500, 4))
    labels = np.arange(500) % 10
    shown = gap_viewer({"source only": (many, many)}, (labels, labels), {"source only": 0.5})
    assert "200 images of the source and 200 of the target" in shown.figure.alt


def test_gap_viewer_can_be_worked_by_keyboard_and_is_named(viewer):
    assert {control.description for control in viewer.controls.values()} == {"Method", "Marks"}
    assert not viewer.controls["method"].continuous_update
