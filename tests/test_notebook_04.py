"""Notebook 04: what its checks say to answers, its quiz, and the rules that it writes itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from exercise_helpers import check_answer, run_code

from tlcourse.checks import nb04
from tlcourse.checks.exercise import EXERCISES, CheckFailed
from tlcourse.checks.quiz import questions

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "04_training_well.ipynb"
FUNCTIONS = {"04.1": "penalised", "04.2": "images_needed", "04.3": "stop_early"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_solution_passes_and_stub_does_not(name):
    exercise = EXERCISES[name]
    assert check_answer(name, run_code(exercise.solution, FUNCTIONS[name]))
    with pytest.raises(CheckFailed, match="returns None"):
        check_answer(name, run_code(exercise.stub, FUNCTIONS[name]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_where_a_function_is_asked_for(name):
    with pytest.raises(CheckFailed, match="Expected a function"):
        check_answer(name, 3)


# -------------------------------------------------------------------------------------- 04.1


def l1_of(kernels):
    return sum(np.abs(kernel).sum() for kernel in kernels)


def l2_of(kernels):
    return sum((kernel**2).sum() for kernel in kernels)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda loss, k, a, b: a * l1_of(k) + b * l2_of(k), "penalties alone"),
        (lambda loss, k, a, b: loss, "without any penalty"),
        (lambda loss, k, a, b: loss + a * sum(x.sum() for x in k) + b * l2_of(k), "absolute"),
        (lambda loss, k, a, b: loss + b * l1_of(k) + a * l2_of(k), "changed places"),
        (lambda loss, k, a, b: loss + a * l1_of(k) + b * np.sqrt(l2_of(k)), "without a root"),
        (lambda loss, k, a, b: loss + a * l1_of(k) + b * l1_of(k) ** 2, "then add up"),
        (lambda loss, k, a, b: loss + a * l1_of(k) + b * l2_of(k) / 2, "not half"),
        (lambda loss, k, a, b: loss + a * l1_of(k), "L2 part is missing"),
        (lambda loss, k, a, b: loss + b * l2_of(k), "L1 part is missing"),
        (lambda loss, k, a, b: loss - a * l1_of(k) - b * l2_of(k), "larger; add"),
        (lambda loss, k, a, b: loss + a * l1_of(k[:1]) + b * l2_of(k[:1]), "first kernel alone"),
        (lambda loss, k, a, b: loss + a * l1_of(k[1:]) + b * l2_of(k[1:]), "last kernel alone"),
        (
            lambda loss, k, a, b: loss + sum(a * np.abs(x).mean() + b * (x**2).mean() for x in k),
            "do not take means",
        ),
        (lambda loss, k, a, b: loss + 0.1 * l1_of(k) + 0.01 * l2_of(k), "use both arguments"),
        (lambda loss, k, a, b: k[0], r"array of shape \(2, 2\)"),
        (lambda loss, k, a, b: 42, "should be 1.80; yours is 42.00"),
    ],
)
def test_mistakes_with_penalties(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("04.1", mistake)


# -------------------------------------------------------------------------------------- 04.2


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda p, h: 1.96**2 * p * (1 - p) / h**2, "no whole number"),
        (lambda p, h: int(1.96**2 * p * (1 - p) / h**2), "not down"),
        (lambda p, h: np.ceil(round(p * (1 - p) / h**2, 6)), "one standard error"),
        (lambda p, h: np.ceil(1.96 * p * (1 - p) / h**2), "Square the 1.96"),
        (lambda p, h: np.ceil(1.96**2 * p * (1 - p) / h), "Square the half width"),
        (lambda p, h: np.ceil(4 * 1.96**2 * p * (1 - p) / h**2), "from end to end"),
        (lambda p, h: np.ceil(1.96**2 * p / h**2), "accuracy times"),
        (lambda p, h: np.ceil(1.96**2 * 0.25 / h**2), "accuracy of one half"),
        (lambda p, h: 7, "should be 865; yours is 7"),
    ],
)
def test_mistakes_with_the_size_of_a_test_part(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("04.2", mistake)


def test_the_exact_quantile_is_as_good_as_1_96():
    assert check_answer("04.2", lambda p, h: np.ceil(1.959964**2 * p * (1 - p) / h**2))


# -------------------------------------------------------------------------------------- 04.3


def right(losses, patience):
    return nb04._stop(losses, patience)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda losses, patience: right(losses, patience)[::-1], "first where training stops"),
        (lambda losses, patience: 2 * right(losses, patience)[:1], "keep the last weights"),
        (
            lambda losses, patience: (right(losses, patience)[0], int(np.argmin(losses))),
            "whole list",
        ),
        (lambda losses, patience: (len(losses) - 1, int(np.argmin(losses))), "whole list"),
        (lambda losses, patience: nb04._stop(losses, patience, late=1), "too late"),
        (lambda losses, patience: nb04._stop(losses, patience, late=-1), "too early"),
        (lambda losses, patience: nb04._stop(losses, patience, previous=True), "look before"),
        (lambda losses, patience: nb04._stop(losses, patience, ties=True), "only a lower one"),
        (lambda losses, patience: 3, "two whole numbers"),
        (lambda losses, patience: (0, 0), r"it should be \(5, 2\); yours is \(0, 0\)"),
    ],
)
def test_mistakes_with_early_stopping(mistake, said):
    with pytest.raises(CheckFailed, match=said):
        check_answer("04.3", mistake)


def test_the_answer_is_what_keras_does():
    import keras

    for losses, patience in nb04._RUNS:
        callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience)
        model = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
        callback.set_model(model)
        callback.on_train_begin()
        for look, loss in enumerate(losses):
            callback.on_epoch_end(look, {"val_loss": loss})
            if callback.stopped_epoch:
                break
        assert (look, callback.best_epoch) == right(losses, patience)


# --------------------------------------------------------------------------------- the notebook


def sources() -> list[str]:
    content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return ["".join(x["source"]) for x in content["cells"] if x["cell_type"] == "code"]


def cell(start: str) -> str:
    """Return the source of the code cell that has a line with this start."""
    (found,) = [source for source in sources() if f"\n{start}" in f"\n{source}"]
    return found


@pytest.fixture(scope="module")
def rate_at():
    return run_code(cell("def rate_at("), "rate_at", RATE=0.003)


@pytest.mark.parametrize("kind", ["constant", "step", "cosine"])
def test_every_schedule_starts_at_the_top_and_never_rises(rate_at, kind):
    rates = [rate_at(done, kind) for done in np.linspace(0, 0.999, 50)]
    assert rates[0] == pytest.approx(0.003)
    assert (np.diff(rates) <= 0).all()


def test_schedules_at_chosen_places(rate_at):
    assert rate_at(0.5, "constant") == 0.003
    assert rate_at(0.5, "cosine") == pytest.approx(0.0015)
    assert rate_at(1.0, "cosine") == pytest.approx(0, abs=1e-12)
    assert [rate_at(x, "step") for x in (0.3, 0.4, 0.9)] == pytest.approx([3e-3, 1e-3, 1e-3 / 3])


def test_a_warm_up_rises_to_the_top_and_goes_on_as_without_it(rate_at):
    assert rate_at(0.1, "cosine", 20) == pytest.approx(0.0015)
    assert rate_at(0.2, "cosine", 20) == pytest.approx(0.003)
    assert rate_at(0.6, "cosine", 20) == pytest.approx(rate_at(0.5, "cosine"))


def test_half_size_averages_squares_of_pixels():
    half_size = run_code(cell("def half_size("), "half_size")
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    small = half_size(images)
    assert small.shape == (3, 196)
    assert small[2, 15] == pytest.approx(images[2, 2:4, 2:4, 0].mean(), rel=1e-5)


def test_choosing_on_a_part_flatters_and_a_second_part_does_not():
    rng = np.random.default_rng(0)
    right = rng.random((100, 700)) < rng.normal(0.7, 0.03, (100, 1))
    choose = run_code(cell("def choose("), "choose", rng=rng, right=right, world=np.empty((700, 1)))
    reported, second, truth = np.mean([choose(50, 50) for _ in range(300)], axis=0)
    assert reported > truth + 0.05
    assert second == pytest.approx(truth, abs=0.02)


def test_the_test_part_is_opened_once_and_after_the_choice():
    places = [i for i, source in enumerate(sources()) if "digits.test" in source]
    assert len(places) == 1
    chosen = next(i for i, source in enumerate(sources()) if "by_validation.idxmax()" in source)
    assert chosen == places[0]


def test_the_quiz_has_four_questions_and_explains_every_choice():
    asked = questions("04")
    assert len(asked) == 4
    assert all(len(choice.reason.split()) > 5 for q in asked for choice in q.choices)
