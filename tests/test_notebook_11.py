"""Notebook 11: what its checks say to answers, and a solution against the package's analysis."""

import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from scipy import stats

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.experiment.analysis import interval

FUNCTIONS = {"11.1": "paired_interval", "11.2": "labels_saved", "11.3": "verdict"}


def solution(name: str):
    return run_code(EXERCISES[name].solution, FUNCTIONS[name])


def half_width(half):
    """Return an answer with the right mean and the half width that ``half`` makes of points."""

    def answer(first, second):
        points = 100 * (first - second)
        return points.mean(), points.mean() - half(points), points.mean() + half(points)

    return answer


def welch(first, second):
    spread = 100 * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 4)
    return half_width(lambda _: stats.t.ppf(0.975, 6) * spread)(first, second)


def without_nan(low, high):
    return "supported" if low > 0 else "undecided" if low <= 0 <= high else "contradicted"


MISTAKES = [
    ("11.1", 3.0, "Expected a function"),
    ("11.1", lambda a, b: None, "returns None"),
    ("11.1", lambda a, b: 100 * (a - b).mean(), "Expected three numbers"),
    ("11.1", lambda a, b: ((a - b).mean(), 0, 0), "multiply by 100"),
    ("11.1", lambda a, b: (100 * (b - a).mean(), 0, 0), "turned round"),
    ("11.1", lambda a, b: (7.0, 0, 0), "not 7.000 points"),
    ("11.1", half_width(lambda p: stats.t.ppf(0.975, 3) * p.std(ddof=1)), "square root of the"),
    ("11.1", half_width(lambda p: stats.t.ppf(0.975, 3) * p.std() / 2), "with ddof=1"),
    ("11.1", half_width(lambda p: 1.96 * p.std(ddof=1) / 2), "Student's t instead of 1.96"),
    ("11.1", half_width(lambda p: stats.t.ppf(0.95, 3) * p.std(ddof=1) / 2), "ask for 0.975"),
    ("11.1", half_width(lambda p: stats.t.ppf(0.975, 4) * p.std(ddof=1) / 2), "n - 1 degrees"),
    ("11.1", half_width(lambda p: p.std(ddof=1) / 2), "multiply the standard error"),
    ("11.1", half_width(lambda p: 0.123), "interval from 1.877 to 2.123 is not"),
    ("11.1", welch, "seed by seed first"),
    ("11.2", 3.0, "Expected a function"),
    ("11.2", lambda m, o, n: None, "returns None"),
    ("11.2", lambda m, o, n: m, "Expected one number"),
    ("11.2", lambda m, o, n: m[m >= o[n]].index.min(), "how many does it save"),
    ("11.2", lambda m, o, n: n - m[m > o[n]].index.min(), "at least, not more than"),
    ("11.2", lambda m, o, n: m[n] - o[n], "the question is about labels"),
    ("11.2", lambda m, o, n: 42, "not 42"),
    ("11.2", lambda m, o, n: 90, "it saves 0"),
    ("11.2", lambda m, o, n: 90 if n == 100 else 0, "should be None"),
    ("11.3", 3.0, "Expected a function"),
    ("11.3", lambda low, high: None, "returns None"),
    ("11.3", lambda low, high: "yes", "returns 'yes'"),
    ("11.3", lambda low, high: "supported" if low > 0 else "contradicted", "either of the two"),
    ("11.3", lambda low, high: "supported" if low + high > 0 else "contradicted", "holds 0"),
    ("11.3", lambda low, high: "undecided", r"from \+0.5 to \+3 you say undecided"),
    ("11.3", without_nan, "give no interval"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_solution_passes(name):
    assert check_answer(name, solution(name))


def test_the_interval_is_that_of_the_package():
    first, second = np.random.default_rng(0).random((2, 5))
    expected = interval(pd.Series(100 * (first - second)))[:3]
    assert solution("11.1")(first, second) == pytest.approx(expected)
