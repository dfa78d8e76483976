"""Notebook 05: what its checks say to answers, and its quiz."""

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code
from scipy.stats import kendalltau, norm, pearsonr, spearmanr

from tlcourse.checks import nb05  # noqa: F401  registers exercises and quiz
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import questions

NAMES = {"05.1": "differs", "05.2": "importance_weights", "05.3": "kendall"}
RIGHT = {"a": "domain", "b": "task", "c": "both", "d": "task"}


def solution(name: str):
    return run_code(EXERCISES[name].solution, NAMES[name])


@pytest.mark.parametrize("name", NAMES)
def test_solution_passes_and_stub_does_not(name):
    assert check_answer(name, solution(name))
    with pytest.raises(CheckFailed, match=r"no answer yet|returns None"):
        check_answer(name, run_code(EXERCISES[name].stub, NAMES[name]))


@pytest.mark.parametrize("name", NAMES)
def test_a_number_where_something_else_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a"):
        check_answer(name, 0.5)


# ---------------------------------------------------------------------------------------- 05.1


@pytest.mark.parametrize("case", RIGHT)
@pytest.mark.parametrize("said", ["domain", "task", "both"])
def test_every_wrong_word_gets_a_reason_of_its_own_case(case, said):
    answer = RIGHT | {case: said}
    if answer == RIGHT:
        assert "P(Y|X)" in check_answer("05.1", answer)
    else:
        with pytest.raises(CheckFailed, match=f"^{case}: "):
            check_answer("05.1", answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"a": "domain"}, "keys a, b, c, d"),
        (RIGHT | {"c": None}, "no answer yet for c"),
        (RIGHT | {"b": "Task"}, "'Task' is none of"),
    ],
)
def test_answers_of_another_form(answer, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("05.1", answer)


# ---------------------------------------------------------------------------------------- 05.2


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p, s, t: p, "These are the probabilities"),
        (lambda p, s, t: p / (1 - p), "divide it out"),
        (lambda p, s, t: p / (1 - p) * t / s, "the wrong way"),
        (lambda p, s, t: (1 - p) / p, "upside down"),
        (lambda p, s, t: (1 - p) / p * t / s, "upside down"),
        (lambda p, s, t: p / (1 - p) / (p / (1 - p)).mean(), "not rescaled"),
        (lambda p, s, t: p / (1 - p) / (p / (1 - p)).sum(), "not rescaled"),
        (lambda p, s, t: p / (1 - p) / 3, "for 100 and 300 images only"),
        (lambda p, s, t: 2 * p, r"expected \[0.333"),
        (lambda p, s, t: 1.0, "expected 4 weights"),
    ],
)
def test_mistakes_with_weights(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("05.2", mistake)


def test_the_weights_are_the_ratio_of_densities():
    places, n_source, n_target = np.linspace(-2, 3, 11), 200, 50
    source, target = norm.pdf(places, 0, 1), norm.pdf(places, 1, 1)
    p = n_target * target / (n_target * target + n_source * source)
    found = solution("05.2")(p, n_source, n_target)
    np.testing.assert_allclose(found, target / source)


# ---------------------------------------------------------------------------------------- 05.3


def signs(a, b):
    return np.sign(np.subtract.outer(a, a)) * np.sign(np.subtract.outer(b, b))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda a, b: (signs(a, b) > 0).sum() / 20, "share of pairs in agreement"),
        (lambda a, b: (signs(a, b) > 0).sum() / 2, "how many pairs agree"),
        (lambda a, b: signs(a, b).sum() / 2, "divide it by the 10 pairs"),
        (lambda a, b: signs(a, b).mean(), "with itself"),
        (lambda a, b: signs(a, b).sum() / 10, "You count pairs twice"),
        (lambda a, b: -signs(a, b).sum() / 20, "The sign is wrong"),
        (lambda a, b: spearmanr(a, b).statistic, "Spearman"),
        (lambda a, b: pearsonr(a, b).statistic, "not on order alone"),
        (lambda a, b: signs(a, b).sum() / 20, "not for twelve"),
        (lambda a, b: 0.123, "got 0.12"),
        (lambda a, b: [0.4], "Expected one number"),
    ],
)
def test_mistakes_in_rank_correlation(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("05.3", mistake)


def test_the_rank_correlation_is_that_of_scipy():
    rng = np.random.default_rng(1)
    for n in (3, 8, 15):
        first, second = rng.random(n), rng.random(n)
        assert solution("05.3")(first, second) == pytest.approx(kendalltau(first, second).statistic)
    assert check_answer("05.3", lambda a, b: kendalltau(a, b).statistic)


# ---------------------------------------------------------------------------------------- quiz


def test_the_quiz_explains_every_choice_in_its_own_words():
    asked = questions("05")
    assert 3 <= len(asked) <= 4
    reasons = [choice.reason for question in asked for choice in question.choices]
    assert all(len(reason.split()) >= 5 for reason in reasons)
    assert len(set(reasons)) == len(reasons)
    assert len({[c.right for c in question.choices].index(True) for question in asked}) > 1
