"""Notebook 10: what its checks say to answers, its figures in numbers, and the gap viewer."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from figure_checks import faults, move_to_ends

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.experiment import gap
from tlcourse.plots import domain_plane
from tlcourse.plots import gap_closed as gap_closed_figure
from tlcourse.widgets import gap_viewer

RNG = np.random.default_rng(0)
FUNCTIONS = {"10.1": "share_of_gap", "10.2": "distance_of_means", "10.3": "least_error"}


def solution(name: str):
    return run_code(EXERCISES[name].solution, FUNCTIONS[name])


def share(a, s, t):
    return (a - s) / (t - s)


def between(source, target):
    return source.mean(axis=0) - target.mean(axis=0)


MISTAKES = [
    ("10.1", 0.5, "Expected a function"),
    ("10.1", lambda a, s, t: None, "returns None"),
    ("10.1", lambda a, s, t: np.zeros(2), r"an array of shape \(2,\)"),
    ("10.1", lambda a, s, t: a - s, "That is the gain"),
    ("10.1", lambda a, s, t: (t - a) / (t - s), "stays open"),
    ("10.1", lambda a, s, t: a / t, "take source-only away first"),
    ("10.1", lambda a, s, t: (a - s) / s, "not by source-only"),
    ("10.1", lambda a, s, t: (a - s) / t, "not by target-only"),
    ("10.1", lambda a, s, t: 100 * share(a, s, t), "in per cent"),
    ("10.1", lambda a, s, t: min(max(share(a, s, t), 0), 1), "a share below 0"),
    ("10.1", share, "divides by 0"),
    ("10.1", lambda a, s, t: share(a, s, t) if t != s else np.nan, "there is no gap"),
    ("10.1", lambda a, s, t: share(a, s, t) if t > s else 0.0, "return nan, not 0"),
    ("10.1", lambda a, s, t: 0.2, "it should be 0.333"),
    ("10.2", 0.5, "Expected a function"),
    ("10.2", lambda s, t: None, "returns None"),
    ("10.2", lambda s, t: np.linalg.norm(between(s, t)), "return its square"),
    ("10.2", lambda s, t: np.abs(between(s, t)).sum(), "square them first"),
    ("10.2", lambda s, t: np.abs(between(s, t)).mean(), "You average the differences"),
    ("10.2", lambda s, t: (between(s, t) ** 2).mean(), "You average the squares"),
    ("10.2", lambda s, t: between(s, t).sum() ** 2, "square each difference first"),
    ("10.2", lambda s, t: between(s, t).sum(), "signs cancel"),
    ("10.2", lambda s, t: ((s[:, None] - t[None]) ** 2).sum(-1).mean(), "pairs of images"),
    ("10.2", lambda s, t: (s.mean() - t.mean()) ** 2, "a mean of its own"),
    ("10.2", lambda s, t: 3.5, "It should be 17"),
    ("10.3", 0.5, "Expected a function"),
    ("10.3", lambda p, q: None, "returns None"),
    ("10.3", lambda p, q: np.abs(q - p).sum(), "counted twice"),
    ("10.3", lambda p, q: (q - p).sum(), "cancel"),
    ("10.3", lambda p, q: np.abs(q - p).max(), "one class"),
    ("10.3", lambda p, q: ((q - p) ** 2).sum(), "Squares"),
    ("10.3", lambda p, q: 1 - np.abs(q - p).sum() / 2, "largest accuracy"),
    ("10.3", lambda p, q: np.abs(q - p).mean(), "instead of averaging"),
    ("10.3", lambda p, q: 0.77, "it should be 0.30"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


def test_solutions_and_other_right_answers_pass():
    assert all(check_answer(name, solution(name)) for name in FUNCTIONS)
    assert check_answer("10.3", lambda p, q: np.abs(p - q).sum() / 2)
    assert check_answer("10.3", lambda p, q: 1 - np.minimum(p, q).sum())


def test_the_share_is_that_of_the_package():
    for accuracies in ((0.7, 0.6, 0.9), (0.5, 0.6, 0.9), (0.95, 0.6, 0.9)):
        assert solution("10.1")(*accuracies) == pytest.approx(gap.gap_closed(*accuracies))


def test_the_least_error_is_reached_by_no_fewer_mistakes():
    """Deal predictions to images as well as can be, and count what must go wrong."""
    for _ in range(20):
        predictions, classes = (RNG.multinomial(100, RNG.dirichlet(np.ones(4))) for _ in range(2))
        right = np.minimum(predictions, classes).sum()
        least = solution("10.3")(predictions / 100, classes / 100)
        assert least == pytest.approx(1 - right / 100)


# ------------------------------------------------------------------------------------ figures

MEANS = {"target_only": 0.9, "dann": 0.75, "mmd": 0.7, "source_only": 0.6}
ENDS = {name: MEANS[name] for name in ("source_only", "target_only")}


@pytest.mark.parametrize(
    ("means", "texts"),
    [
        (MEANS, ["60.0 %; MMD 70.0 %, closes 33 % [33, 33]; DANN 75.0 %, closes 50 %", "30.0 po"]),
        (MEANS | {"target_only": 0.6}, ["DANN 75.0 %, no gap to close", "There is no gap"]),
        (ENDS, ["60.0 %; target", "90.0 %. The gap is 30.0 points wide"]),
    ],
)
def test_gap_closed_tells_accuracies_and_shares(means, texts):
    rows = [
        ("print → hand", name, seed, mean + (0.01, 0, -0.01)[seed])
        for name, mean in means.items()
        for seed in range(3)
    ]
    picture = gap_closed_figure(pd.DataFrame(rows, columns=["pair", "method", "seed", "accuracy"]))
    assert [text for text in texts if text not in picture.alt] == []
    assert not [*faults(picture)]


HERE, THERE = RNG.normal(size=(60, 8)), RNG.normal(size=(50, 8)) + 3
CLASSES = np.arange(60) % 10, np.arange(50) % 10


def test_domain_plane_tells_what_is_drawn_and_how_far_the_domains_are_apart():
    def spreads(picture):
        return float(picture.alt.rpartition(" lie ")[2].split()[0])

    far = domain_plane(HERE, THERE, title="some features")
    assert far.alt.startswith("some features: 60 images of the source and 50 of the target")
    assert spreads(far) > 1.5
    assert spreads(domain_plane(HERE, HERE[:50])) < 0.5


def test_gap_viewer_shows_domains_and_classes_of_every_method():
    features = {"source only": (HERE, THERE), "DANN": (HERE, THERE - 3)}
    viewer = gap_viewer(features, CLASSES, {"source only": 0.61, "DANN": 0.78})
    pictures = move_to_ends(viewer)
    for picture, method, marks in zip(
        pictures,
        ["source only: 61%", "DANN: 78%", "DANN: 78%", "source only: 61%"],
        ["circles and triangles", "drawn as its class"] * 2,
        strict=True,
    ):
        assert picture.alt.startswith(f"{method} accuracy on the target: ")
        assert marks in picture.alt
        assert not [*faults(picture)]


def test_gap_viewer_shows_no_more_than_can_be_kept_apart():
    many, labels = RNG.normal(size=(500, 4)), np.arange(500) % 10
    shown = gap_viewer({"source only": (many, many)}, (labels, labels), {"source only": 0.5})
    assert "200 images of the source and 200 of the target" in shown.figure.alt
