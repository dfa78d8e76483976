"""LogME: against two slow formulas, what it must not depend on, and what it must tell apart."""

import numpy as np
import pandas as pd
import pytest

from tlcourse.data import DataError
from tlcourse.methods.transferability import logme


def made_up(n: int, d: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of three classes that some of the features tell apart."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    features = noise * rng.normal(size=(n, d)) + 0.5
    features[np.arange(n), labels] += 1
    return features, labels


def log_density(features: np.ndarray, y: np.ndarray, noise: float, ratio: float) -> float:
    """Return the log density of ``y`` under a normal distribution, by its n × n covariance."""
    covariance = noise * (np.eye(len(y)) + features @ features.T / ratio)
    _, determinant = np.linalg.slogdet(2 * np.pi * covariance)
    return -0.5 * (determinant + y @ np.linalg.solve(covariance, y)) / len(y)


def by_covariance(features: np.ndarray, labels: np.ndarray) -> float:
    """Return LogME by trying out all pairs of noise and ratio, then finer ones about the best."""
    found = []
    for k in np.unique(labels):
        y, best, step = (labels == k).astype(float), np.array([-2.0, 2.0]), 1.0
        value = -np.inf
        while step > 0.02:
            places = [best + step * np.array([i, j]) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            values = [log_density(features, y, *np.exp(place)) for place in places]
            if max(values) <= value:
                step /= 2
            else:
                value, best = max(values), places[int(np.argmax(values))]
        found.append(value)
    return float(np.mean(found))


def by_iteration(features: np.ndarray, labels: np.ndarray) -> float:
    """Return LogME as in the paper: its fixed point, with dense matrices and no shortcut."""
    n, d = features.shape
    gram, found = features.T @ features, []
    for k in np.unique(labels):
        y, alpha, beta = (labels == k).astype(float), 1.0, 1.0
        for _ in range(200):
            precision = alpha * np.eye(d) + beta * gram
            mean = beta * np.linalg.solve(precision, features.T @ y)
            gamma = d - alpha * np.trace(np.linalg.inv(precision))
            rest = ((features @ mean - y) ** 2).sum()
            alpha, beta = gamma / (mean @ mean), (n - gamma) / rest
        precision = alpha * np.eye(d) + beta * gram
        mean = beta * np.linalg.solve(precision, features.T @ y)
        evidence = 0.5 * (n * np.log(beta) + d * np.log(alpha) - n * np.log(2 * np.pi))
        evidence -= 0.5 * beta * ((features @ mean - y) ** 2).sum() + 0.5 * alpha * mean @ mean
        evidence -= 0.5 * np.linalg.slogdet(precision)[1]
        found.append(evidence / n)
    return float(np.mean(found))


@pytest.mark.parametrize(("n", "d"), [(40, 5), (30, 30), (20, 45)])
@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_it_is_the_largest_density_of_the_labels(n, d, noise):
    features, labels = made_up(n, d, noise)
    assert logme(features, labels) == pytest.approx(by_covariance(features, labels), abs=2e-3)


@pytest.mark.parametrize(("n", "d"), [(40, 5), (60, 20)])
def test_it_is_where_the_iteration_of_the_paper_ends(n, d):
    features, labels = made_up(n, d, 0.5)
    assert logme(features, labels) == pytest.approx(by_iteration(features, labels), abs=1e-3)


def test_it_does_not_depend_on_units_order_rotation_or_names():
    rng = np.random.default_rng(1)
    features, labels = made_up(50, 8, 0.5)
    score = logme(features, labels)
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    order = rng.permutation(50)
    assert logme(1000 * features, labels) == pytest.approx(score)
    assert logme(features @ turn, labels) == pytest.approx(score)
    assert logme(features[order], labels[order]) == pytest.approx(score)
    assert logme(features, 7 - 2 * labels) == pytest.approx(score)
    assert logme(features.astype(np.float32), labels) == pytest.approx(score, abs=1e-4)
    assert logme(features.tolist(), pd.Series(labels, index=order)) == pytest.approx(score)


def test_clearer_features_score_higher():
    scores = [logme(*made_up(60, 10, noise)) for noise in (0.1, 0.4, 1.5)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[2] + 0.5


def test_labels_given_out_at_random_score_lowest():
    features, labels = made_up(60, 10, 0.3)
    shuffled = np.random.default_rng(0).permutation(labels)
    assert logme(features, shuffled) < logme(features, labels) - 0.3


@pytest.mark.parametrize("seed", range(3))
def test_many_features_that_say_nothing_do_not_help(seed):
    """With more features than examples any labels can be fitted; the evidence is not deceived."""
    features, labels = made_up(30, 6, 0.2, seed)
    empty = np.random.default_rng(seed).normal(size=(30, 200))
    assert logme(empty, labels) < logme(features, labels) - 0.3
    assert logme(np.hstack([features, empty]), labels) < logme(features, labels)


def test_features_of_nothing_but_zeros():
    labels = np.arange(20) % 2
    # Without features all is noise, of variance 1/2, the mean square of the labels.
    expected = -0.5 * (np.log(2 * np.pi * 0.5) + 1)
    assert logme(np.zeros((20, 4)), labels) == pytest.approx(expected)


def test_nothing_is_changed():
    features, labels = made_up(20, 4, 0.5)
    copies = features.copy(), labels.copy()
    logme(features, labels)
    assert all(map(np.array_equal, (features, labels), copies))


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.ones((4, 2, 2)), np.arange(4), r"shape \(n, d\)"),
        (np.ones((4, 2)), [0, 1, 0], "got 4 inputs and 3 labels"),
        (np.ones((4, 2)), np.eye(4, dtype=int), "np.argmax"),
        (np.full((4, 2), np.nan), np.arange(4), "finite"),
        (np.ones((4, 2)), np.zeros(4, int), "two classes"),
    ],
)
def test_bad_input_is_refused(features, labels, message):
    with pytest.raises(DataError, match=message):
        logme(features, labels)
