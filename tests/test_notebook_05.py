"""Notebook 05: what its checks say to answers."""

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code
from scipy.stats import kendalltau, norm, pearsonr, spearmanr

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed

NAMES = {"05.1": "differs", "05.2": "importance_weights", "05.3": "kendall"}
RIGHT = {"a": "domain", "b": "task", "c": "both", "d": "task"}
WORDS = ("domain", "task", "both")


def signs(a, b):
    return np.sign(np.subtract.outer(a, a)) * np.sign(np.subtract.outer(b, b))


MISTAKES = [
    *(("05.1", RIGHT | {k: word}, f"^{k}: ") for k in RIGHT for word in WORDS if word != RIGHT[k]),
    ("05.1", 0.5, "Expected a dictionary"),
    ("05.1", {"a": "domain"}, "keys a, b, c, d"),
    ("05.1", RIGHT | {"c": None}, "no answer yet for c"),
    ("05.1", RIGHT | {"b": "Task"}, "'Task' is none of"),
    ("05.2", 0.5, "Expected a function"),
    ("05.2", lambda p, s, t: p, "These are the probabilities"),
    ("05.2", lambda p, s, t: p / (1 - p), "divide it out"),
    ("05.2", lambda p, s, t: p / (1 - p) * t / s, "the wrong way"),
    ("05.2", lambda p, s, t: (1 - p) / p, "upside down"),
    ("05.2", lambda p, s, t: (1 - p) / p * t / s, "upside down"),
    ("05.2", lambda p, s, t: p / (1 - p) / (p / (1 - p)).mean(), "not rescaled"),
    ("05.2", lambda p, s, t: p / (1 - p) / (p / (1 - p)).sum(), "not rescaled"),
    ("05.2", lambda p, s, t: p / (1 - p) / 3, "for 100 and 300 images only"),
    ("05.2", lambda p, s, t: 2 * p, r"expected \[0.333"),
    ("05.2", lambda p, s, t: 1.0, "expected 4 weights"),
    ("05.3", 0.5, "Expected a function"),
    ("05.3", lambda a, b: (signs(a, b) > 0).sum() / 20, "share of pairs in agreement"),
    ("05.3", lambda a, b: (signs(a, b) > 0).sum() / 2, "how many pairs agree"),
    ("05.3", lambda a, b: signs(a, b).sum() / 2, "divide it by the 10 pairs"),
    ("05.3", lambda a, b: signs(a, b).mean(), "with itself"),
    ("05.3", lambda a, b: signs(a, b).sum() / 10, "You count pairs twice"),
    ("05.3", lambda a, b: -signs(a, b).sum() / 20, "The sign is wrong"),
    ("05.3", lambda a, b: spearmanr(a, b).statistic, "Spearman"),
    ("05.3", lambda a, b: pearsonr(a, b).statistic, "not on order alone"),
    ("05.3", lambda a, b: signs(a, b).sum() / 20, "not for twelve"),
    ("05.3", lambda a, b: 0.123, "got 0.12"),
    ("05.3", lambda a, b: [0.4], "Expected one number"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_the_stub_does_not(name):
    assert check_answer(name, run_code(EXERCISES[name].solution, NAMES[name]))
    with pytest.raises(CheckFailed, match=r"no answer yet|returns None"):
        check_answer(name, run_code(EXERCISES[name].stub, NAMES[name]))


def test_importance_weights_are_the_ratio_of_densities():
    places, n_source, n_target = np.linspace(-2, 3, 11), 200, 50
    source, target = norm.pdf(places, 0, 1), norm.pdf(places, 1, 1)
    p = n_target * target / (n_target * target + n_source * source)
    weights = run_code(EXERCISES["05.2"].solution, "importance_weights")(p, n_source, n_target)
    np.testing.assert_allclose(weights, target / source)


def test_the_rank_correlation_of_scipy_passes():
    assert check_answer("05.3", lambda a, b: kendalltau(a, b).statistic)
