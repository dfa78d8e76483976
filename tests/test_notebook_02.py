"""Notebook 02: its exercises take right answers and say what is wrong with the usual others."""

import itertools

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code
from keras import layers

from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.models.convolution import convolve, receptive_field

VARIABLES = {"02.1": "output_size", "02.2": "counts", "02.3": "shift", "02.4": "stack"}
COUNTS = {"conv_1": 80, "conv_2": 1168, "head": 4010}


def counts(name: str, value: object) -> tuple:
    return "02.2", COUNTS | {name: value}


def one(row: int, column: int, number: float = 1) -> np.ndarray:
    """Return a kernel of zeros with one other number."""
    kernel = np.zeros((3, 3))
    kernel[row, column] = number
    return kernel


MISTAKES = [
    ("02.1", 26, "Expected a function"),
    ("02.1", lambda n, k, s, p: None, "returns None"),
    ("02.1", lambda n, k, s, p: [n], "expected one number"),
    ("02.1", lambda n, k, s, p: (n + 2 * p - k) // s, "first place counts"),
    ("02.1", lambda n, k, s, p: (n - k) // s + 1, "padding is missing"),
    ("02.1", lambda n, k, s, p: (n + p - k) // s + 1, "both sides"),
    ("02.1", lambda n, k, s, p: n + 2 * p - k + 1, "stride is missing"),
    ("02.1", lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "round down"),
    ("02.1", lambda n, k, s, p: (n + 2 * p - k) / s + 1, "whole number"),
    ("02.1", lambda n, k, s, p: 1000 * n, "26 would be right"),
    ("02.2", 5258, "Expected a dictionary"),
    (*counts("conv_1", 72), "has a bias"),
    (*counts("conv_1", 10), "there are eight"),
    (*counts("conv_1", 26 * 26 * 8), "how many numbers come out"),
    (*counts("conv_2", 3 * 3 * 16 + 16), "each of the 8 maps"),
    (*counts("conv_2", 3 * 3 * 8 * 16), "has a bias"),
    (*counts("conv_2", (9 + 1) * 8 * 16), "not one for each of its kernels"),
    (*counts("head", 16 * 10 + 10), "all places"),
    (*counts("head", 11 * 11 * 16 * 10 + 10), "second pooling"),
    (*counts("head", 7 * 7 * 16 * 10 + 10), "without padding"),
    (*counts("head", 6 * 6 * 16 * 10 + 10), "rounded down"),
    (*counts("head", 5 * 5 * 16 * 10), "has a bias"),
    (*counts("head", 123), "count weights and biases again"),
    (*counts("head", None), "head is None"),
    (*counts("head", [4010]), "should be one number"),
    (*counts("head", "4010"), "should be one number"),
    ("02.3", 1, "Expected an array"),
    ("02.3", np.zeros((3, 3)), "All nine numbers are 0"),
    ("02.3", np.zeros((5, 5)), r"shape \(3, 3\)"),
    ("02.3", one(1, 1), "where it is"),
    ("02.3", one(1, 2), "to the left"),
    ("02.3", one(0, 1), "down"),
    ("02.3", one(2, 1), "up"),
    ("02.3", one(0, 0), "does not move the image one pixel to the right"),
    ("02.3", one(1, 0, 9), "multiplied by 9"),
    ("02.3", one(1, 0) + one(1, 1), "mixes several pixels"),
    ("02.4", 4, "Expected a list"),
    ("02.4", [], "Expected a list"),
    ("02.4", [3, 3, 3], "not a pair"),
    ("02.4", [(3, 1.5)], "not a pair"),
    ("02.4", [(3, 0)], "not a pair"),
    ("02.4", [(9, 1)] * 4, "Only 3×3"),
    ("02.4", [(3, 1)] * 14, "Four layers at most"),
    ("02.4", [(3, 4), (3, 1), (3, 2), (3, 1)], "skips pixels"),
    ("02.4", [(3, 2)] * 4, "only 2 × 2"),
    ("02.4", [(3, 1)] * 4, "sees 9 pixels"),
    ("02.4", [(3, 1), (3, 2), (3, 2), (3, 2)], "sees 17 pixels"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize(("name", "variable"), VARIABLES.items())
def test_the_solution_passes_and_the_stub_does_not(name, variable):
    assert check_answer(name, run_code(EXERCISES[name].solution, variable))
    with pytest.raises(CheckFailed):
        check_answer(name, run_code(EXERCISES[name].stub, variable))


def test_other_right_answers():
    assert check_answer("02.3", [[0, 0, 0], [1, 0, 0], [0, 0, 0]])
    other = [(3, 3), (3, 2), (3, 1), (3, 1)]
    assert receptive_field(other)[-1] == 33
    assert "33 pixels, and 5 × 5 places" in check_answer("02.4", other)


def test_the_size_of_the_solution_is_that_of_convolve():
    output_size = run_code(EXERCISES["02.1"].solution, "output_size")
    for n, k, s, p in itertools.product((7, 28), (1, 3, 5), (1, 2, 3), (0, 1, 2)):
        assert output_size(n, k, s, p) == len(convolve(np.ones((n, n)), np.ones((k, k)), s, p))


def test_the_counts_are_those_of_keras():
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, name="conv_1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, name="conv_2"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, name="head"),
        ]
    )
    assert {name: model.get_layer(name).count_params() for name in COUNTS} == COUNTS
    assert run_code(EXERCISES["02.2"].solution, "counts") == COUNTS
