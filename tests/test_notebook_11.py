"""Notebook 11: what its checks say to answers."""

import numpy as np
import pytest
from scipy import stats

from tlcourse.checks import nb11
from tlcourse.checks.exercise import EXERCISES, CheckFailed

NAMES = ("11.1", "11.2", "11.3")


def answer_of(code: str, name: str):
    """Run code as a cell of the notebook would; return what it calls by that name."""
    space = {"np": np}
    exec(code, space)
    return space[name]


FUNCTIONS = {"11.1": "paired_interval", "11.2": "labels_saved", "11.3": "verdict"}


@pytest.mark.parametrize("name", NAMES)
def test_stub_fails_and_solution_passes(name):
    exercise = EXERCISES[name]
    with pytest.raises(CheckFailed):
        exercise.check(answer_of(exercise.stub, FUNCTIONS[name]))
    assert exercise.check(answer_of(exercise.solution, FUNCTIONS[name]))


def interval(first, second, *, half):
    points = 100 * (first - second)
    return points.mean(), points.mean() - half(points), points.mean() + half(points)


@pytest.mark.parametrize(
    ("half", "advice"),
    [
        (lambda p: stats.t.ppf(0.975, 3) * p.std(ddof=1), "square root of the number of seeds"),
        (lambda p: stats.t.ppf(0.975, 3) * p.std() / 2, "with ddof=1"),
        (lambda p: 1.96 * p.std(ddof=1) / 2, "Student's t instead of 1.96"),
        (lambda p: stats.t.ppf(0.95, 3) * p.std(ddof=1) / 2, "ask for 0.975"),
        (lambda p: stats.t.ppf(0.975, 4) * p.std(ddof=1) / 2, "n - 1 degrees of freedom"),
        (lambda p: p.std(ddof=1) / 2, "multiply the standard error"),
        (lambda p: 0.123, "interval from 1.877 to 2.123 is not"),
    ],
)
def test_wrong_intervals_get_their_reason(half, advice):
    with pytest.raises(CheckFailed, match=advice):
        nb11._paired(lambda first, second: interval(first, second, half=half))


def test_an_unpaired_interval_is_recognised():
    def welch(first, second):
        mean = 100 * (first.mean() - second.mean())
        spread = 100 * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 4)
        half = stats.t.ppf(0.975, 6) * spread
        return mean, mean - half, mean + half

    with pytest.raises(CheckFailed, match="seed by seed first"):
        nb11._paired(welch)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a, b: ((a - b).mean(), 0, 0), "multiply by 100"),
        (lambda a, b: (100 * (b - a).mean(), 0, 0), "turned round"),
        (lambda a, b: (7.0, 0, 0), "not 7.000 points"),
        (lambda a, b: 100 * (a - b).mean(), "Expected three numbers"),
    ],
)
def test_wrong_means_get_their_reason(change, reason):
    with pytest.raises(CheckFailed, match=reason):
        nb11._paired(change)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda m, o, n: m[m >= o[n]].index.min(), "how many does it save"),
        (lambda m, o, n: n - m[m > o[n]].index.min(), "at least, not more than"),
        (lambda m, o, n: m[n] - o[n], "the question is about labels"),
        (lambda m, o, n: 42, "not 42"),
        (lambda m, o, n: 90, "it saves 0"),
        (lambda m, o, n: 90 if n == 100 else 0, "should be None"),
    ],
)
def test_wrong_savings_get_their_reason(answer, reason):
    with pytest.raises(CheckFailed, match=reason):
        nb11._saved(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda low, high: "yes", "returns 'yes'"),
        (lambda low, high: "supported" if low > 0 else "contradicted", "either of the two may"),
        (lambda low, high: "supported" if low + high > 0 else "contradicted", "holds 0"),
        (lambda low, high: "undecided", r"from \+0.5 to \+3 you say undecided"),
        (
            lambda low, high: (
                "supported" if low > 0 else "undecided" if low <= 0 <= high else "contradicted"
            ),
            "give no interval",
        ),
    ],
)
def test_wrong_verdicts_get_their_reason(answer, reason):
    with pytest.raises(CheckFailed, match=reason):
        nb11._verdict(answer)


@pytest.mark.parametrize("check", [nb11._paired, nb11._saved, nb11._verdict])
def test_an_answer_that_is_no_function(check):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check(3.0)
