"""Notebook 07: its figures, its panel of frozen blocks, and what its checks say to answers."""

import keras
import numpy as np
import pandas as pd
import pytest
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.checks import exercise
from tlcourse.checks.exercise import CheckFailed
from tlcourse.plots.tuning import Part

RATES = (1e-5, 1e-3, 1e-1)


def by_rate() -> pd.DataFrame:
    """Three rates, three seeds: digits 60, 80 and 40 % on average, letters 90, 70 and 10 %."""
    means = zip(RATES, (0.6, 0.8, 0.4), (0.9, 0.7, 0.1), strict=True)
    rows = [
        (rate, seed, digits + 0.01 * (seed - 1), letters)
        for rate, digits, letters in means
        for seed in range(3)
    ]
    return pd.DataFrame(rows, columns=["learning_rate", "seed", "digits", "letters"])


def by_blocks() -> pd.DataFrame:
    rows = [(k, seed, 0.70 + 0.02 * k) for k in range(6) for seed in range(3)]
    return pd.DataFrame(rows, columns=["frozen", "seed", "accuracy"])


# ------------------------------------------------------------------------------------- figures


def test_learning_rates_shows_means_on_a_log_axis_and_the_start():
    picture = tl.plots.learning_rates(by_rate(), start=0.75)
    (axes,) = picture.figure.axes
    assert axes.get_xscale() == "log"
    points = {tuple(np.round(line.get_xydata()[0], 6)): line for line in axes.get_lines()}
    curve = next(line for line in points.values() if len(line.get_xdata()) == len(RATES))
    assert np.allclose(curve.get_xydata(), [(1e-5, 60), (1e-3, 80), (1e-1, 40)])
    assert "1e-05: 60 %, 0.001: 80 %, 0.1: 40 %; 75 % before" in picture.alt
    assert not [*faults(picture)]


def test_forgetting_tells_both_tasks():
    picture = tl.plots.forgetting(by_rate(), start=0.75, letters_start=0.92)
    assert "Digits, 75 % before: 1e-05: 60 %, 0.001: 80 %, 0.1: 40 %." in picture.alt
    assert "Letters, 92 % before: 1e-05: 90 %, 0.001: 70 %, 0.1: 10 %." in picture.alt
    assert not [*faults(picture)]


def test_paired_seeds_joins_the_runs_of_each_seed():
    rows = [
        ("b", 0, 0.5),
        ("b", 1, 0.6),
        ("b", 2, 0.7),
        ("a", 2, 0.9),
        ("a", 0, 0.7),
        ("a", 1, 0.8),
    ]
    results = pd.DataFrame(rows, columns=["variant", "seed", "accuracy"])
    picture = tl.plots.paired_seeds(results)
    (axes,) = picture.figure.axes
    lines = [line.get_xdata() for line in axes.get_lines() if len(line.get_xdata()) == 2]
    pairs = [tuple(np.round(line).tolist()) for line in lines]
    assert {(50, 70), (60, 80), (70, 90)} <= set(pairs), "in the order in which they were given"
    assert picture.alt == "Mean accuracy on digits over 3 seeds: b: 60 %, a: 80 %."
    assert not [*faults(picture)]


def test_frozen_blocks_says_what_is_frozen():
    parts = [Part("block 1", 100, 0), Part("head", 20, 20)]
    picture = tl.plots.frozen_blocks(parts, by_blocks(), frozen=1)
    assert "block 1 frozen, head trained; accuracy on digits 72.0 %" in picture.alt
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    assert {"frozen", "trained", "0\nof 100", "20\nof 20"} <= set(texts)
    hatches = [box.get_hatch() for box in picture.figure.axes[0].patches]
    assert hatches == ["///", None], "not by colour alone"
    assert not [*faults(picture)]


# -------------------------------------------------------------------------------------- widget


@pytest.fixture(scope="module")
def network():
    return tl.models.add_head(tl.models.letters_base(), 10)


def test_panel_counts_on_the_real_model_at_both_ends(network):
    panel = tl.widgets.freezing_panel(network, by_blocks())
    free, frozen = move_to_ends(panel)
    train_batchnorm = 4 * (32 + 32 + 64 + 64 + 96)
    total, head = network.count_params(), 384 * 10 + 10
    assert free.alt.startswith(
        f"{total - train_batchnorm:,} parameters trained, {train_batchnorm:,} frozen. nothing"
    )
    assert frozen.alt.startswith(f"{head:,} parameters trained, {total - head:,} frozen.")
    assert "accuracy on digits 70.0 %" in free.alt
    assert "accuracy on digits 80.0 %" in frozen.alt
    assert not [*faults(free), *faults(frozen)]


def test_panel_forgets_where_the_slider_was_before(network):
    panel = tl.widgets.freezing_panel(network, by_blocks())
    first = panel.figure.alt
    panel.controls["frozen"].value = 5
    panel.controls["frozen"].value = 0
    assert panel.figure.alt == first


# -------------------------------------------------------------------------------------- checks


def verdict(name: str, answer: object) -> str:
    try:
        return exercise.EXERCISES[name].check(answer)
    except CheckFailed as reason:
        return f"not yet: {reason}"


def run(code: str, name: str) -> object:
    """Return what the code of a cell calls ``name``."""
    space = {"tl": tl, "keras": keras}
    exec(code, space)
    return space[name]


NAMES = {"07.1": "trained", "07.2": "fine_tune", "07.3": "rate_for"}


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right_and_the_stub_is_not(name):
    exercise_ = exercise.EXERCISES[name]
    assert not verdict(name, run(exercise_.solution, NAMES[name])).startswith("not yet")
    assert verdict(name, run(exercise_.stub, NAMES[name])).startswith("not yet: ")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "Expected a whole number, got NoneType"),
        (125_610, "every parameter"),
        (66_464, "stay frozen"),
        (55_296, "left out the head"),
        (3_850, "the head alone"),
        (59_338, "norm_5 is counted"),
        (59_530, "norm_5 is counted"),
        (69_162, "the wrong way round"),
        (1, "1 is not the number"),
    ],
)
def test_mistakes_in_counting_are_told_apart(answer, reason):
    assert reason in verdict("07.1", answer)


def test_the_count_is_what_the_network_says(network):
    tl.models.unfreeze(network.get_layer("letters_base"), frozen_blocks=4)
    trained = tl.models.count_parameters(network).trainable
    assert not verdict("07.1", trained).startswith("not yet")
    assert not verdict("07.1", np.int64(trained)).startswith("not yet")


def _compile(model, rate):
    adam = keras.optimizers.Adam(rate)
    model.compile(adam, loss="sparse_categorical_crossentropy", jit_compile=False)


def _left_frozen(model, images, labels):
    _compile(model, 1e-4)
    model.fit(images, labels, verbose=0)


def _compiled_after_fit(model, images, labels):
    model.get_layer("letters_base").trainable = True
    model.fit(images, labels, verbose=0)
    _compile(model, 1e-4)


def _too_fast(model, images, labels):
    model.get_layer("letters_base").trainable = True
    _compile(model, 0.1)
    model.fit(images, labels, verbose=0)


def _head_frozen(model, images, labels):
    model.get_layer("letters_base").trainable = True
    model.get_layer("head").trainable = False
    _compile(model, 1e-4)
    model.fit(images, labels, verbose=0)


def _first_steps_are_nothing(model, images, labels):
    model.get_layer("letters_base").trainable = True
    _compile(model, 0.0)
    model.fit(images, labels, verbose=0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "Expected a function"),
        (lambda model, images, labels: None, "still frozen"),
        (_left_frozen, "still frozen"),
        (_compiled_after_fit, "not trained after that"),
        (_too_fast, "learning rate of 0.1"),
        (_head_frozen, "The head did not change"),
        (_first_steps_are_nothing, "base did not change"),
    ],
)
def test_mistakes_in_compiling_are_told_apart(answer, reason):
    assert reason in verdict("07.2", answer)


def test_the_stub_of_compiling_shows_the_silent_trap():
    stub = run(exercise.EXERCISES["07.2"].stub, "fine_tune")
    assert "not compiled again" in verdict("07.2", stub)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (3, "Expected a function"),
        (lambda layer: None, "returns None"),
        (lambda layer: 1e-3, "same rate"),
        (lambda layer: 1.0 if layer == "head" else 0.5, "head should get top itself"),
        (lambda layer: 1e-3 / 2.6 ** (0 if layer == "head" else int(layer[-1])), "wrong way"),
        (lambda layer: 1e-3 / 2.6 ** (0 if layer == "head" else 5 - int(layer[-1])), "head's rate"),
        (lambda layer: 1e-3 / (1 if layer == "head" else 2.6 * (6 - int(layer[-1]))), "norm_4"),
        (
            lambda layer, top=0, factor=0: (
                1e-3 / 2.6 ** (0 if layer == "head" else 6 - int(layer[-1]))
            ),
            "use both arguments",
        ),
    ],
)
def test_mistakes_in_layer_wise_rates_are_told_apart(answer, reason):
    assert reason in verdict("07.3", answer)
