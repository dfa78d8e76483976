"""Notebook 08: its checks and what they say to usual mistakes, its quiz, and how it cleans."""

from importlib import import_module

import keras
import numpy as np
import pytest
import tensorflow as tf
from exercise_helpers import check_answer, run_code

import tlcourse as tl
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import questions

autoencoder = import_module("tlcourse.methods.autoencoder")


# ---------------------------------------------------------------------------------- exercises

FUNCTIONS = {"08.1": "autoencoder_parameters", "08.2": "reconstruct", "08.3": "erase"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match=r"returns None|Nothing is erased"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 50_992)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda d, k: d * k + k, "That is the encoder"),
        (lambda d, k: d * k + d, "That is the decoder"),
        (lambda d, k: 2 * d * k, "biases are still missing"),
        (lambda d, k: 2 * (d * k + k), "the decoder as many biases"),
        (lambda d, k: 2 * (d * k + d), "the encoder as many biases"),
        (lambda d, k: d * k + d + k, "count the weights once"),
        (lambda d, k: 2 * d * k + 2, "one bias for each layer"),
        (lambda d, k: d + k, "816 is not the number for 784 pixels and a code of 32"),
        (lambda d, k: (d, k), "Expected one number"),
    ],
)
def test_mistakes_in_counting(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("08.1", mistake)


def test_the_count_is_that_of_keras():
    layers = [keras.Input((784,)), keras.layers.Dense(32), keras.layers.Dense(784)]
    count = run_code(EXERCISES["08.1"].solution, "autoencoder_parameters")(784, 32)
    assert count == keras.Sequential(layers).count_params() == 50_992


def in_place(rows, mean, directions):
    rows -= mean
    return rows @ directions.T @ directions + mean


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda rows, mean, by: (rows - mean) @ by.T, "those are the codes"),
        (lambda rows, mean, by: (rows - mean) @ by.T @ by, "never added again"),
        (lambda rows, mean, by: rows @ by.T @ by + mean, "take the mean away before"),
        (lambda rows, mean, by: rows @ by.T @ by, "the mean plays no part"),
        (lambda rows, mean, by: rows, "unchanged"),
        (lambda rows, mean, by: 0 * rows, "the numbers are not"),
        (lambda rows, mean, by: rows.T, "should come back so"),
        (in_place, "changes rows itself"),
    ],
)
def test_mistakes_in_reconstructing(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("08.2", mistake)


def test_the_solution_is_what_scikit_learn_does():
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(0).random((30, 12))
    pca = PCA(4).fit(rows)
    solution = run_code(EXERCISES["08.2"].solution, "reconstruct")
    expected = pca.inverse_transform(pca.transform(rows))
    np.testing.assert_allclose(solution(rows, pca.mean_, pca.components_), expected)


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


def pepper(images, size, rng):
    return images * (rng.random(images.shape) >= 0.5).astype(np.float32)


def not_a_square(images, size, rng):
    erased = images.copy()
    erased[:, : size // 2, : 2 * size] = 0
    return erased


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (erasing(anywhere, copy=False), "work on a copy"),
        (erasing(anywhere, value=0.5), "should be 0"),
        (erasing(lambda rng, size: (3, 4)), "the same square"),
        (erasing(lambda rng, size: rng.integers(0, 28 - size, 2)), "between 0 and 15"),
        (erasing(lambda rng, size: rng.integers(1, 28 - size + 1, 2)), "between 1 and 16"),
        (erasing(lambda rng, size: rng.integers(0, 28, 2)), "reach over the edge"),
        (erasing(lambda rng, size: [rng.integers(0, 28 - size + 1)] * 2), "on the diagonal"),
        (erasing(lambda rng, size: anywhere(np.random.default_rng(), size)), "rng alone"),
        (pepper, "pixels; a square of 12 × 12 has 144"),
        (not_a_square, "do not make a square"),
        (lambda images, size, rng: images[..., 0], "should keep it"),
    ],
)
def test_mistakes_in_erasing(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("08.3", mistake)


def test_every_choice_of_the_quiz_is_explained():
    asked = questions("08")
    assert len(asked) == 4
    for question in asked:
        assert all(len(choice.reason.split()) >= 5 for choice in question.choices)


# ------------------------------------------------------------------------- what it calls


def test_wiping_takes_half_of_the_pixels_and_leaves_the_others():
    images = np.full((20, 28, 28, 1), 0.7, np.float32)
    random = tf.random.Generator.from_seed(0)
    first, second = (np.asarray(autoencoder.mask_pixels(images, random)) for _ in range(2))
    assert set(np.unique(first)) == {np.float32(0), np.float32(0.7)}
    assert (first == 0).mean() == pytest.approx(0.5, abs=0.02)
    assert not np.array_equal(first, second), "each call wipes others"
    assert images.min() == np.float32(0.7), "what is given stays"


def test_cleaning_is_learned_by_any_autoencoder():
    """Better than what it is shown, and than the mean image."""
    images = tl.data.load("digits").train.images[:300]
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(64, "relu"),
            layers.Dense(784, "sigmoid"),
            layers.Reshape((28, 28, 1)),
        ]
    )
    autoencoder.train_denoising(network, images, steps=200)
    wiped = np.asarray(autoencoder.mask_pixels(images, tf.random.Generator.from_seed(1)))

    def error(pictures):
        return float(((pictures - images) ** 2).mean())

    cleaned = error(np.asarray(network(wiped)))
    assert cleaned < 0.8 * error(wiped)
    assert cleaned < 0.8 * error(images.mean(axis=0))
