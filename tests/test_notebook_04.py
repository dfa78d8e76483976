"""Notebook 04: the rules that it writes itself, and that its test set stays closed."""

import ast
import json
import math

import numpy as np
import pytest

from tlcourse.data.paths import REPOSITORY

NOTEBOOK = json.loads((REPOSITORY / "notebooks/04_training_well.ipynb").read_text("utf-8"))
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def function(name: str, **known):
    """Return a function that a cell of the notebook defines."""
    defined = [node for code in CODE for node in ast.parse(code).body]
    (node,) = [x for x in defined if isinstance(x, ast.FunctionDef) and x.name == name]
    space = {"np": np, "math": math, **known}
    exec(ast.unparse(node), space)
    return space[name]


def test_schedules_start_at_the_top_and_fall_after_their_warm_up():
    rate_at = function("rate_at", RATE=0.003)
    for kind, at_half in (("constant", 3e-3), ("step", 1e-3), ("cosine", 1.5e-3)):
        rates = [rate_at(done, kind) for done in np.linspace(0, 0.999, 51)]
        assert rates[0] == pytest.approx(3e-3)
        assert rates[25] == pytest.approx(at_half, rel=1e-2)
        assert (np.diff(rates) <= 0).all()
        # A warm-up of 20 % ends where the schedule starts, and leaves it four fifths of the time.
        assert rate_at(0.1, kind, 20) == pytest.approx(1.5e-3)
        assert rate_at(0.6, kind, 20) == pytest.approx(rate_at(0.5, kind))
    assert rate_at(0.9, "step") == pytest.approx(1e-3 / 3)


def test_half_size_averages_squares_of_pixels():
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    small = function("half_size")(images)
    assert small.shape == (3, 196)
    assert small[2, 15] == pytest.approx(images[2, 2:4, 2:4, 0].mean(), rel=1e-5)


def test_choosing_on_a_set_flatters_and_a_second_set_does_not():
    rng = np.random.default_rng(0)
    right = rng.random((100, 700)) < rng.normal(0.7, 0.03, (100, 1))
    choose = function("choose", rng=rng, right=right, population=range(700))
    reported, second, truth = np.mean([choose(50, 50) for _ in range(300)], axis=0)
    assert reported > truth + 0.05
    assert second == pytest.approx(truth, abs=0.02)


def test_the_test_set_is_opened_once_and_for_what_the_validation_set_chose():
    (cell,) = [code for code in CODE if "digits.test" in code]
    assert cell.index("by_validation") < cell.index("digits.test")
