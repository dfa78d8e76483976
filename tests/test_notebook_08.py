"""Notebook 08: what its checks say to answers, and solutions against what libraries do."""

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code
from sklearn.decomposition import PCA

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed

FUNCTIONS = {"08.1": "autoencoder_parameters", "08.2": "reconstruct", "08.3": "erase"}


def solution(name: str):
    return run_code(EXERCISES[name].solution, FUNCTIONS[name])


def in_place(rows, mean, by):
    rows -= mean
    return rows @ by.T @ by + mean


def erasing(corner, *, copy=True, value=0.0):
    """Return an answer that erases from ``corner(rng, size)`` on, in one way or another."""

    def erase(images, size, rng):
        erased = images.copy() if copy else images
        for image in erased:
            row, column = corner(rng, size)
            image[row : row + size, column : column + size] = value
        return erased

    return erase


def anywhere(rng, size):
    return rng.integers(0, 28 - size + 1, 2)


def not_a_square(images, size, rng):
    erased = images.copy()
    erased[:, : size // 2, : 2 * size] = 0
    return erased


MISTAKES = [
    ("08.1", 50_992, "Expected a function"),
    ("08.1", lambda d, k: None, "returns None"),
    ("08.1", lambda d, k: (d, k), "Expected one number"),
    ("08.1", lambda d, k: d * k + k, "That is the encoder"),
    ("08.1", lambda d, k: d * k + d, "That is the decoder"),
    ("08.1", lambda d, k: 2 * d * k, "biases are still missing"),
    ("08.1", lambda d, k: 2 * (d * k + k), "the decoder as many biases"),
    ("08.1", lambda d, k: 2 * (d * k + d), "the encoder as many biases"),
    ("08.1", lambda d, k: d * k + d + k, "count the weights once"),
    ("08.1", lambda d, k: 2 * d * k + 2, "one bias for each layer"),
    ("08.1", lambda d, k: d + k, "816 is not the number for 784 pixels and a code of 32"),
    ("08.2", 3, "Expected a function"),
    ("08.2", lambda rows, mean, by: None, "returns None"),
    ("08.2", lambda rows, mean, by: (rows - mean) @ by.T, "those are the codes"),
    ("08.2", lambda rows, mean, by: (rows - mean) @ by.T @ by, "never added again"),
    ("08.2", lambda rows, mean, by: rows @ by.T @ by + mean, "take the mean away before"),
    ("08.2", lambda rows, mean, by: rows @ by.T @ by, "the mean plays no part"),
    ("08.2", lambda rows, mean, by: rows, "unchanged"),
    ("08.2", lambda rows, mean, by: 0 * rows, "the numbers are not"),
    ("08.2", lambda rows, mean, by: rows.T, "should come back so"),
    ("08.2", in_place, "changes rows itself"),
    ("08.3", 3, "Expected a function"),
    ("08.3", lambda images, size, rng: images.copy(), "Nothing is erased"),
    ("08.3", lambda images, size, rng: images[..., 0], "should keep it"),
    ("08.3", erasing(anywhere, copy=False), "work on a copy"),
    ("08.3", erasing(anywhere, value=0.5), "should be 0"),
    ("08.3", erasing(lambda rng, size: (3, 4)), "the same square"),
    ("08.3", erasing(lambda rng, size: rng.integers(0, 28 - size, 2)), "between 0 and 15"),
    ("08.3", erasing(lambda rng, size: rng.integers(1, 28 - size + 1, 2)), "between 1 and 16"),
    ("08.3", erasing(lambda rng, size: rng.integers(0, 28, 2)), "reach over the edge"),
    ("08.3", erasing(lambda rng, size: [rng.integers(0, 28 - size + 1)] * 2), "on the diagonal"),
    ("08.3", erasing(lambda _, size: anywhere(np.random.default_rng(), size)), "rng alone"),
    ("08.3", lambda x, size, rng: x * (rng.random(x.shape) >= 0.5), "a square of 12 × 12 has 144"),
    ("08.3", not_a_square, "do not make a square"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_solution_passes(name):
    assert check_answer(name, solution(name))


def test_the_count_is_that_of_keras():
    layers = [keras.Input((784,)), keras.layers.Dense(32), keras.layers.Dense(784)]
    assert solution("08.1")(784, 32) == keras.Sequential(layers).count_params() == 50_992


def test_the_reconstruction_is_that_of_scikit_learn():
    rows = np.random.default_rng(0).random((30, 12))
    pca = PCA(4).fit(rows)
    expected = pca.inverse_transform(pca.transform(rows))
    np.testing.assert_allclose(solution("08.2")(rows, pca.mean_, pca.components_), expected)
