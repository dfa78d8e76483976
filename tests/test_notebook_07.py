"""Notebook 07: its recipe, its panel of frozen blocks, and the figure of that."""

import keras
import numpy as np
import pytest
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.plots.tuning import Part


def test_the_diagram_says_what_is_frozen_and_is_readable():
    figure = tl.plots.frozen_blocks([Part("block 1", 100, 0), Part("head", 20, 20)])
    assert figure.alt == "20 parameters trained, 100 frozen. block 1 frozen, head trained."
    assert not [*faults(figure)]


def test_the_panel_counts_on_the_real_model_at_both_ends_and_back():
    network = tl.models.add_head(tl.models.letters_base(), 10)
    panel = tl.widgets.freezing_panel(network)
    batch_norm, head = 4 * (32 + 32 + 64 + 64 + 96), 384 * 10 + 10
    total = network.count_params()
    free, frozen = move_to_ends(panel)
    assert free.alt.startswith(
        f"{total - batch_norm:,} parameters trained, {batch_norm:,} frozen. nothing"
    )
    assert frozen.alt.startswith(f"{head:,} parameters trained, {total - head:,} frozen.")
    panel.controls["frozen"].value = 0
    assert panel.figure.alt == free.alt


def test_the_recipe_of_the_notebook_is_what_the_package_does():
    """Head first, unfreeze but for batch normalisation, compile, fit: plainly, and as a method."""
    digits = tl.data.load("digits")
    split = tl.data.labelled_split(digits, total=20, seed=0)
    images, labels = split.labelled.images, split.labelled.labels
    keras.utils.set_random_seed(0)
    base, loss = tl.models.letters_base(), "sparse_categorical_crossentropy"
    base.trainable = False
    plain = keras.Sequential([base, keras.layers.Dense(10, activation="softmax")])
    plain.compile(keras.optimizers.Adam(0.01), loss=loss)
    plain.fit(images, labels, epochs=30, verbose=0)
    base.trainable = True
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    plain.compile(keras.optimizers.Adam(2e-4), loss=loss)
    plain.fit(images, labels, epochs=20, verbose=0)
    method = tl.methods.letters_finetuned(split, seed=0)
    counts = [tl.models.count_parameters(model) for model in (plain, method)]
    assert counts[0] == counts[1]
    moved = [
        [
            layer.name
            for layer, old in zip(network.layers, original, strict=True)
            if _moved(layer, old)
        ]
        for network in (base, method.get_layer("letters_base"))
        for original in [tl.models.letters_base().layers]
    ]
    assert moved[0] == moved[1] == [f"conv_{k}" for k in range(1, 6)]
    accuracies = [tl.models.accuracy(model, digits.test) for model in (plain, method)]
    assert accuracies[0] == pytest.approx(accuracies[1], abs=0.05)


def _moved(layer: keras.layers.Layer, old: keras.layers.Layer) -> bool:
    pairs = zip(layer.get_weights(), old.get_weights(), strict=True)
    return any(not np.array_equal(one, other) for one, other in pairs)
