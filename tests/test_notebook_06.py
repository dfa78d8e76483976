"""Notebook 06: its recipes agree with the package, and the layer explorer."""

from importlib import import_module

import keras
import numpy as np
import pytest
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.checks import EXERCISES
from tlcourse.plots import feature_scatter

RNG = np.random.default_rng(0)


def test_the_recipe_of_the_notebook_is_what_the_package_does(monkeypatch):
    """Freeze, head, compile, fit: in plain Keras and as a method."""
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 100)
    digits = tl.data.load("digits")
    split = tl.data.labelled_split(digits, total=100, seed=0)
    keras.utils.set_random_seed(0)
    base = tl.models.letters_base()
    base.trainable = False
    head = keras.layers.Dense(10, activation="softmax", kernel_initializer="zeros")
    plain = keras.Sequential([base, head])
    plain.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    plain.fit(split.labelled.images, split.labelled.labels, batch_size=25, epochs=6, verbose=0)
    method = tl.methods.letters_frozen(split, seed=0)
    counts = [tl.models.count_parameters(model) for model in (plain, method)]
    assert counts[0] == counts[1]
    assert counts[0].trainable == 384 * 10 + 10
    kept = zip(base.get_weights(), tl.models.letters_base().get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in kept)
    accuracies = [tl.models.accuracy(model, digits.test) for model in (plain, method)]
    assert accuracies[0] == pytest.approx(accuracies[1], abs=0.03)


def test_quarters_of_the_last_block_are_the_features_of_the_base():
    exercise, base = EXERCISES["06.2"], tl.models.letters_base()
    images = RNG.random((2, 28, 28, 1), dtype=np.float32)
    quarters = exercise.run(exercise.solution)(base, "block_5")(images)
    np.testing.assert_allclose(quarters, base(images), atol=1e-6)


def test_a_figure_of_features_says_what_it_shows_and_is_readable():
    labels, places = np.arange(40) % 10, RNG.normal(size=(40, 2))
    figure = feature_scatter(places, labels, (0.2, 0.1), layer="features")
    assert "40 digits" in figure.alt
    assert "features (30 % of the variance)" in figure.alt
    assert not [*faults(figure)]


def test_layer_explorer_shows_what_its_control_says():
    features = {name: RNG.random((400, 8)) for name in ("pixels", "block_1", "features")}
    explorer = tl.widgets.layer_explorer(features, np.arange(400) % 10)
    first, last = move_to_ends(explorer)
    assert first.alt.startswith("300 digits"), "more would hide each other"
    assert "from pixels (" in first.alt
    assert "from features (" in last.alt
