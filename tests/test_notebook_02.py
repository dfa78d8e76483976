"""Notebook 02: its exercises recognise the usual mistakes, and its quiz is as it should be."""

import keras
import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import nb02
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import QUIZZES
from tlcourse.models.convolution import convolve, receptive_field

ANSWERS = {"02.1": "output_size", "02.2": "counts", "02.3": "shift", "02.4": "stack"}


@pytest.mark.parametrize("name", ANSWERS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, ANSWERS[name]))
    with pytest.raises(CheckFailed):
        check_answer(name, run_code(exercise.stub, ANSWERS[name]))


@pytest.mark.parametrize(
    ("name", "answer"), [("02.1", 26), ("02.2", 5258), ("02.3", 1), ("02.4", 4), ("02.4", [])]
)
def test_an_answer_of_another_kind(name, answer):
    with pytest.raises(CheckFailed, match="Expected"):
        check_answer(name, answer)


# --------------------------------------------------------------------------------------- 02.1


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda n, k, s, p: None, "returns None"),
        (lambda n, k, s, p: [n], "expected one number"),
        (lambda n, k, s, p: (n + 2 * p - k) // s, "first place counts"),
        (lambda n, k, s, p: (n - k) // s + 1, "padding is missing"),
        (lambda n, k, s, p: (n + p - k) // s + 1, "both sides"),
        (lambda n, k, s, p: n + 2 * p - k + 1, "stride is missing"),
        (lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "round down"),
        (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "whole number"),
        (lambda n, k, s, p: 1000 * n, "26 would be right"),
    ],
)
def test_mistakes_with_the_size(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("02.1", mistake)


@pytest.mark.parametrize("n", [7, 28])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("s", [1, 2, 3])
@pytest.mark.parametrize("p", [0, 1, 2])
def test_the_size_of_the_solution_is_that_of_convolve(n, k, s, p):
    output_size = run_code(EXERCISES["02.1"].solution, "output_size")
    assert output_size(n, k, s, p) == len(convolve(np.ones((n, n)), np.ones((k, k)), s, p))


# --------------------------------------------------------------------------------------- 02.2


def test_the_counts_are_those_of_keras():
    layers = keras.layers
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
    counts = run_code(EXERCISES["02.2"].solution, "counts")
    assert counts == {name: model.get_layer(name).count_params() for name in counts}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("conv_1", 72, "has a bias"),
        ("conv_1", 10, "there are eight"),
        ("conv_1", 26 * 26 * 8, "how many numbers come out"),
        ("conv_2", 3 * 3 * 16 + 16, "each of the 8 maps"),
        ("conv_2", 3 * 3 * 8 * 16, "has a bias"),
        ("conv_2", (9 + 1) * 8 * 16, "not one for each of its kernels"),
        ("head", 16 * 10 + 10, "all places"),
        ("head", 11 * 11 * 16 * 10 + 10, "second pooling"),
        ("head", 7 * 7 * 16 * 10 + 10, "without padding"),
        ("head", 6 * 6 * 16 * 10 + 10, "rounded down"),
        ("head", 5 * 5 * 16 * 10, "has a bias"),
        ("head", 123, "count weights and biases again"),
        ("head", None, "head is None"),
        ("head", [4010], "should be one number"),
        ("head", "4010", "should be one number"),
    ],
)
def test_mistakes_in_counting(name, value, said):
    counts = run_code(EXERCISES["02.2"].solution, "counts")
    with pytest.raises(CheckFailed, match=said):
        check_answer("02.2", counts | {name: value})


# --------------------------------------------------------------------------------------- 02.3


def kernel(row: int, column: int, number: float = 1) -> np.ndarray:
    found = np.zeros((3, 3))
    found[row, column] = number
    return found


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (np.zeros((3, 3)), "All nine numbers are 0"),
        (np.zeros((5, 5)), r"shape \(3, 3\)"),
        (kernel(1, 1), "where it is"),
        (kernel(1, 2), "to the left"),
        (kernel(0, 1), "down"),
        (kernel(2, 1), "up"),
        (kernel(0, 0), "does not move the image one pixel to the right"),
        (kernel(1, 0, 9), "multiplied by 9"),
        (kernel(1, 0) + kernel(1, 1), "mixes several pixels"),
    ],
)
def test_mistakes_in_moving(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("02.3", mistake)


def test_a_list_of_lists_will_do():
    assert check_answer("02.3", [[0, 0, 0], [1, 0, 0], [0, 0, 0]])


# --------------------------------------------------------------------------------------- 02.4


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ([3, 3, 3], "not a pair"),
        ([(3, 1.5)], "not a pair"),
        ([(3, 0)], "not a pair"),
        ([(9, 1)] * 4, "Only 3×3"),
        ([(3, 1)] * 14, "Four layers at most"),
        ([(3, 4), (3, 1), (3, 2), (3, 1)], "skips pixels"),
        ([(3, 2)] * 4, "only 2 × 2"),
        ([(3, 1)] * 4, "sees 9 pixels"),
        ([(3, 1), (3, 2), (3, 2), (3, 2)], "sees 17 pixels"),
    ],
)
def test_mistakes_in_planning(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("02.4", mistake)


def test_another_plan_is_as_good():
    other = [(3, 3), (3, 2), (3, 1), (3, 1)]
    assert receptive_field(other)[-1] == 33
    assert "33 pixels, and 5 × 5 places" in check_answer("02.4", other)


# --------------------------------------------------------------------------------------- quiz


def test_the_quiz_explains_every_choice():
    questions = QUIZZES["02"]
    assert 3 <= len(questions) <= 4
    for question in questions:
        assert all(len(choice.reason.split()) >= 8 for choice in question.choices)
    right = [[choice.right for choice in question.choices].index(True) for question in questions]
    assert len(set(right)) > 1, "the right choice should not always stand at the same place"


def test_the_numbers_of_the_quiz():
    layer = keras.layers.Conv2D(1, 3)
    layer.build((None, None, None, 8))
    assert layer.count_params() == 72 + 1
    assert receptive_field([(3, 1), (3, 1)])[-1] == receptive_field([(5, 1)])[-1]
    assert nb02._RIGHT_COUNTS["head"] == 4010
