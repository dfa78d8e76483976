"""Parameter-efficient fine-tuning: only what shall learn learns, and it helps."""

import numpy as np
import pytest

from tlcourse.data import labelled_split, load
from tlcourse.methods import METHODS
from tlcourse.models import accuracy, count_parameters, letters_base

DIGITS = load("digits")
SPLIT = labelled_split(DIGITS, total=50, seed=0)


@pytest.fixture(scope="module")
def models():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tlcourse.methods.training.steps_for", lambda n: 100)
        yield {
            name: METHODS[name].train(SPLIT, 0)
            for name in ("letters_frozen", "letters_batchnorm", "letters_lora")
        }


def test_only_batch_normalisation_and_the_head_learn(models):
    model = models["letters_batchnorm"]
    assert count_parameters(model).trainable == 3_850 + 2 * 288  # scales and shifts
    pairs = zip(model.get_layer("letters_base").weights, letters_base().weights, strict=True)
    for now, before in pairs:
        moved = not np.array_equal(now, before)
        assert moved == ("kernel" not in now.path), now.path


def test_lora_leaves_kernels_and_batch_normalisation_alone(models):
    base = models["letters_lora"].get_layer("letters_base")
    trainable = {weights.path.rpartition("/")[2] for weights in base.trainable_weights}
    assert trainable == {"lora_kernel_a", "lora_kernel_b"}
    for layer, before in zip(base.layers, letters_base().layers, strict=True):
        own = [w.numpy() for w in layer.weights if "lora" not in w.path]
        assert all(map(np.array_equal, own, before.get_weights())), layer.name
    products = [w.numpy() for w in base.trainable_weights if w.path.endswith("_b")]
    assert len(products) == 5
    assert all(np.abs(product).max() > 0 for product in products), "each has learned"


@pytest.mark.parametrize("name", ["letters_batchnorm", "letters_lora"])
def test_it_reads_digits_at_least_as_well_as_the_frozen_base(models, name):
    tuned, frozen = (accuracy(models[n], DIGITS.test) for n in (name, "letters_frozen"))
    print(tuned, frozen)
    assert tuned > frozen
