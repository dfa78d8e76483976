"""Notebook 07: its figures, its panel of frozen blocks, and what its checks say to answers."""

import keras
import numpy as np
import pandas as pd
import pytest
from exercise_helpers import check_answer, run_code
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.checks import EXERCISES
from tlcourse.checks.exercise import CheckFailed
from tlcourse.plots.tuning import Part

BY_RATE = pd.DataFrame(
    [
        (rate, seed, digits + 0.01 * (seed - 1), letters)
        for rate, digits, letters in [(1e-5, 0.6, 0.9), (1e-3, 0.8, 0.7), (1e-1, 0.4, 0.1)]
        for seed in range(3)
    ],
    columns=["learning_rate", "seed", "digits", "letters"],
)
BY_BLOCKS = pd.DataFrame(
    [(k, seed, 0.70 + 0.02 * k) for k in range(6) for seed in range(3)],
    columns=["frozen", "seed", "accuracy"],
)
VARIANTS = pd.DataFrame(
    [("b", 0, 0.5), ("b", 1, 0.6), ("b", 2, 0.7), ("a", 2, 0.9), ("a", 0, 0.7), ("a", 1, 0.8)],
    columns=["variant", "seed", "accuracy"],
)
PARTS = [Part("block 1", 100, 0), Part("head", 20, 20)]


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (
            lambda: tl.plots.learning_rates(BY_RATE, start=0.75),
            "1e-05: 60 %, 0.001: 80 %, 0.1: 40 %; 75 % before",
        ),
        (
            lambda: tl.plots.forgetting(BY_RATE, start=0.75, letters_start=0.92),
            "Digits, 75 % before: 1e-05: 60 %, 0.001: 80 %, 0.1: 40 %. Letters, 92 % before: "
            "1e-05: 90 %, 0.001: 70 %, 0.1: 10 %.",
        ),
        (
            lambda: tl.plots.paired_seeds(VARIANTS),
            "Mean accuracy on digits over 3 seeds: b: 60 %, a: 80 %.",
        ),
        (
            lambda: tl.plots.frozen_blocks(PARTS, BY_BLOCKS, frozen=1),
            "block 1 frozen, head trained; accuracy on digits 72.0 %",
        ),
    ],
)
def test_a_figure_says_what_is_in_its_table_and_is_readable(draw, text):
    figure = draw()
    assert text in figure.alt
    assert not [*faults(figure)]


def test_thin_lines_join_the_runs_of_one_seed():
    (axes,) = tl.plots.paired_seeds(VARIANTS).figure.axes
    pairs = [tuple(np.round(line.get_xdata().astype(float))) for line in axes.get_lines()]
    assert {(50, 70), (60, 80), (70, 90)} <= {pair for pair in pairs if len(pair) == 2}


# -------------------------------------------------------------------------------------- widget


@pytest.fixture(scope="module")
def network():
    return tl.models.add_head(tl.models.letters_base(), 10)


def test_the_panel_counts_on_the_real_model_at_both_ends_and_back(network):
    panel = tl.widgets.freezing_panel(network, BY_BLOCKS)
    batch_norm, head = 4 * (32 + 32 + 64 + 64 + 96), 384 * 10 + 10
    total = network.count_params()
    free, frozen = move_to_ends(panel)
    assert free.alt.startswith(
        f"{total - batch_norm:,} parameters trained, {batch_norm:,} frozen. nothing"
    )
    assert frozen.alt.startswith(f"{head:,} parameters trained, {total - head:,} frozen.")
    assert "accuracy on digits 80.0 %" in frozen.alt
    panel.controls["frozen"].value = 0
    assert panel.figure.alt == free.alt


# -------------------------------------------------------------------------------------- checks

NAMES = {"07.1": "trained", "07.2": "fine_tune", "07.3": "rate_for"}


def finetuning(*steps: str, rate: float = 1e-4):
    """Return an answer to exercise 07.2 that takes these steps, in this order."""

    def answer(model, images, labels):
        for step in steps:
            if step == "unfreeze":
                model.get_layer("letters_base").trainable = True
            elif step == "freeze the head":
                model.get_layer("head").trainable = False
            elif step == "compile":
                adam = keras.optimizers.Adam(rate)
                model.compile(adam, loss="sparse_categorical_crossentropy", jit_compile=False)
            else:
                model.fit(images, labels, verbose=0)

    return answer


def rates(steps_below_head, top: float = 1e-3):
    """Return an answer to exercise 07.3 that divides by 2.6 so many times for a block."""
    return lambda layer: top / 2.6 ** (0 if layer == "head" else steps_below_head(int(layer[-1])))


MISTAKES = [
    ("07.1", None, "Expected a whole number, got NoneType"),
    ("07.1", 125_610, "every parameter"),
    ("07.1", 66_464, "stay frozen"),
    ("07.1", 55_296, "left out the head"),
    ("07.1", 3_850, "the head alone"),
    ("07.1", 59_338, "norm_5 is counted"),
    ("07.1", 59_530, "norm_5 is counted"),
    ("07.1", 69_162, "the wrong way round"),
    ("07.1", 1, "1 is not the number"),
    ("07.2", None, "Expected a function"),
    ("07.2", finetuning(), "still frozen"),
    ("07.2", finetuning("compile", "fit"), "still frozen"),
    ("07.2", finetuning("unfreeze", "fit"), "not compiled again"),  # the stub: the silent trap
    ("07.2", finetuning("unfreeze", "fit", "compile"), "not trained after that"),
    ("07.2", finetuning("unfreeze", "compile", "fit", rate=0.1), "learning rate of 0.1"),
    ("07.2", finetuning("unfreeze", "compile", "fit", rate=0.0), "base did not change"),
    ("07.2", finetuning("unfreeze", "freeze the head", "compile", "fit"), "head did not change"),
    ("07.3", 3, "Expected a function"),
    ("07.3", lambda layer: None, "returns None"),
    ("07.3", lambda layer: 1e-3, "same rate"),
    ("07.3", lambda layer: 1.0 if layer == "head" else 0.5, "head should get top itself"),
    ("07.3", rates(lambda block: block), "wrong way"),
    ("07.3", rates(lambda block: 5 - block), "head's rate"),
    ("07.3", lambda x: 1e-3 / (1 if x == "head" else 2.6 * (6 - int(x[-1]))), "norm_4"),
    ("07.3", lambda x, top=0, factor=0: rates(lambda block: 6 - block)(x), "use both arguments"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), MISTAKES)
def test_a_mistake_gets_its_sentence(name, answer, sentence):
    with pytest.raises(CheckFailed, match=sentence):
        check_answer(name, answer)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_the_stub_does_not(name):
    assert check_answer(name, run_code(EXERCISES[name].solution, NAMES[name], keras=keras))
    with pytest.raises(CheckFailed):
        check_answer(name, run_code(EXERCISES[name].stub, NAMES[name], keras=keras))


def test_the_count_is_what_the_network_says(network):
    tl.models.unfreeze(network.get_layer("letters_base"), frozen_blocks=4)
    trained = tl.models.count_parameters(network).trainable
    assert check_answer("07.1", trained) == check_answer("07.1", np.int64(trained))
