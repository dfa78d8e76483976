"""LiteRT files: they keep the weights, and int8 is a quarter of the size and nearly as exact."""

import os

import keras
import numpy as np
import pytest
from keras import layers

from tlcourse.models.lite import to_litert
from tlcourse.models.quiet import quiet


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    parts = [keras.Input((8, 8, 1)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten()]
    return keras.Sequential([*parts, layers.Dense(10)])


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((40, 8, 8, 1), np.float32)


def run(file, images):
    import tensorflow as tf

    with quiet():
        lite = tf.lite.Interpreter(model_content=file)
        lite.allocate_tensors()
    (to,), (out,), found = lite.get_input_details(), lite.get_output_details(), []
    for image in images:
        if to["dtype"] == np.int8:
            scale, zero_point = to["quantization"]
            image = np.clip(np.round(image / scale) + zero_point, -128, 127).astype(np.int8)
        lite.set_tensor(to["index"], image[np.newaxis])
        lite.invoke()
        found.append(lite.get_tensor(out["index"])[0].astype(np.float32))
    scale, zero_point = out["quantization"]
    return np.stack(found) if scale == 0 else scale * (np.stack(found) - zero_point)


def test_the_weights_survive(model, images):
    file = to_litert(model)
    assert len(file) > 4 * model.count_params()
    assert np.allclose(run(file, images), model(images), atol=1e-4)


def test_int8_is_smaller_and_close(model, images):
    file, expected = to_litert(model, images), np.asarray(model(images))
    assert len(file) < 0.4 * len(to_litert(model))
    assert np.abs(run(file, images) - expected).max() < 0.03 * np.ptp(expected)


def test_it_prints_nothing(model, images, capfd):
    to_litert(model, images[:2])
    assert capfd.readouterr() == ("", "")


def test_quiet_shows_what_was_held_back_when_the_block_fails(capfd):
    with quiet():
        os.write(2, b"held back")
    assert capfd.readouterr().err == ""

    def fail():
        with quiet():
            os.write(2, b"shown")
            raise ValueError("a failure")

    with pytest.raises(ValueError, match="a failure"):
        fail()
    assert capfd.readouterr().err == "shown"
