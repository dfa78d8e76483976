"""Notebook 07: its recipe, its panel of frozen blocks, and the figure of that."""

import json
from importlib import import_module

import keras
import numpy as np
import pytest
from figure_checks import faults, move_to_ends

import tlcourse as tl
from tlcourse.data.paths import REPOSITORY
from tlcourse.plots.tuning import Part

NOTEBOOK = json.loads((REPOSITORY / "notebooks/07_fine_tuning.ipynb").read_text("utf-8"))
CELLS = {cell["id"]: "".join(cell["source"]) for cell in NOTEBOOK["cells"]}


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


def test_the_recipe_of_the_notebook_is_what_the_package_does(monkeypatch):
    """Head first, unfreeze but for batch normalisation, compile, fit: its cells, and a method."""
    stages, fit = [], keras.Model.fit

    def counted(model, *args, **options):
        stages.append(len(model.trainable_weights))
        return fit(model, *args, **options)

    training, supervised = map(
        import_module, ("tlcourse.methods.training", "tlcourse.methods.supervised")
    )
    monkeypatch.setattr(keras.Model, "fit", counted)
    monkeypatch.setattr(training, "steps_for", lambda n: 4)
    for module in (tl.models, supervised):
        monkeypatch.setattr(module, "letters_base", _small_base)

    digits = tl.data.load("digits")
    split = tl.data.labelled_split(digits, total=20, seed=0)
    space = {"keras": keras, "layers": keras.layers, "np": np, "tl": tl}
    space |= {"labelled": split.labelled, "held_out": digits.test.take(np.arange(20))}
    for name in ("start", "no-op", "recipe"):
        exec(CELLS[name], space)
    head, *_, everything = stages
    stages.clear()
    method = tl.methods.letters_finetuned(split, seed=0)
    assert stages == [head, everything] == [2, 3]
    models = [space["model"], method]
    counts = [tl.models.count_parameters(model) for model in models]
    assert counts[0] == counts[1]
    assert [_moved(model.get_layer("letters_base")) for model in models] == [["conv_5"]] * 2
    rate = float(models[0].optimizer.learning_rate)
    assert rate == pytest.approx(supervised.FINE_TUNING_RATE)


def _small_base() -> keras.Model:
    """Return a base with the last layers' names: tracing the real one takes seconds."""
    keras.utils.set_random_seed(0)
    images = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(2, 7, strides=7, use_bias=False, name="conv_5")(images)
    x = keras.layers.BatchNormalization(name="norm_5")(x)
    return keras.Model(images, keras.layers.Flatten()(x), name="letters_base")


def _moved(base: keras.Model) -> list[str]:
    """Return the names of the layers that are no longer what they were."""
    layers = zip(base.layers, _small_base().layers, strict=True)
    pairs = (
        (new.name, zip(new.get_weights(), old.get_weights(), strict=True)) for new, old in layers
    )
    return [name for name, weights in pairs if not all(np.array_equal(*pair) for pair in weights)]
