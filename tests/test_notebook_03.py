"""Notebook 03: the optimisers, the gradient and Grad-CAM that it writes itself."""

import ast
import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from tlcourse.checks import EXERCISES
from tlcourse.data.paths import REPOSITORY

NOTEBOOK = json.loads((REPOSITORY / "notebooks/03_first_cnn.ipynb").read_text("utf-8"))
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def function(name: str, **known):
    """Return a function that a cell of the notebook defines."""
    defined = [node for code in CODE for node in ast.parse(code).body]
    (node,) = [x for x in defined if isinstance(x, ast.FunctionDef) and x.name == name]
    space = {"np": np, "tf": tf, "softmax": softmax, **known}
    exec(ast.unparse(node), space)
    return space[name]


@pytest.mark.parametrize(
    ("rule", "optimizer"),
    [
        ("SGD", keras.optimizers.SGD(0.05)),
        ("momentum", keras.optimizers.SGD(0.05, momentum=0.9)),
        ("RMSprop", keras.optimizers.RMSprop(0.05)),
        ("Adam", keras.optimizers.Adam(0.05)),
    ],
)
def test_rules_are_those_of_keras(rule, optimizer):
    steepness, start = np.array([1.0, 20.0]), np.array([-8.0, 1.5])
    w = keras.Variable(start.astype(np.float32))
    for _ in range(30):
        optimizer.apply([tf.constant(steepness * w.numpy(), tf.float32)], [w])
    path = function("descend")(lambda w: steepness * w, start, rule, 0.05, 30)
    assert len(path) == 31
    np.testing.assert_allclose(w.numpy(), path[-1], atol=1e-3)


def test_the_gradient_of_the_linear_classifier_is_the_slope_of_its_loss():
    rng = np.random.default_rng(0)
    pixels, one_hot = rng.random((1, 5)), np.eye(3)[[1]]  # one image: each batch is the same
    gradient = function("by_batches", pixels=pixels, one_hot=one_hot)(0)
    w, e = rng.normal(size=(5, 3)), 1e-6
    for place in np.ndindex(w.shape):
        losses = []
        for sign in (1, -1):
            moved = w.copy()
            moved[place] += sign * e
            losses.append(-log_softmax(pixels @ moved, axis=1)[0, 1])
        assert gradient(w)[place] == pytest.approx((losses[0] - losses[1]) / (2 * e), abs=1e-4)


def test_grad_cam_finds_each_class_where_its_filter_answers():
    # Class 0 looks at ink, class 1 at its absence, and nothing speaks for class 2.
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(2, 1, name="conv_2"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    network.layers[0].set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 1.0])])
    network.layers[2].set_weights([np.array([[784.0, 0, -1], [0, 784, -1]]), np.zeros(3)])
    left = np.zeros((3, 28, 28, 1), np.float32)
    left[:, :, :14] = 1  # ink in the left half
    ink, paper, nothing = function("grad_cam")(network, left, np.arange(3))
    np.testing.assert_allclose(ink, left[0, ..., 0], atol=1e-5)
    np.testing.assert_allclose(paper, 1 - left[0, ..., 0], atol=1e-5)
    assert not nothing.any()


def test_a_quarter_of_the_ink_is_blackened_where_the_map_is_highest():
    image, cam = np.zeros((1, 28, 28, 1), np.float32), np.zeros((1, 28, 28))
    image[0, 10, :8] = 1
    cam[0, 10, 3:5] = 1, 2
    cam[0, 20] = 9  # no ink there
    left = function("without_ink")(image, cam)
    assert np.flatnonzero(image[0, 10, :, 0] - left[0, 10, :, 0]).tolist() == [3, 4]
    assert left.sum() == 6


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
def test_early_stopping_stops_where_keras_stops(patience):
    exercise = EXERCISES["03.2"]
    stops_after = exercise.run(exercise.solution)
    rng = np.random.default_rng(patience)
    for _ in range(20):
        losses = rng.integers(1, 8, 12).astype(float).tolist()  # with ties
        callback = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min")
        model = types.SimpleNamespace(stop_training=False)
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, loss in enumerate(losses, start=1):
            callback.on_epoch_end(epoch - 1, {"val_loss": loss})
            if model.stop_training:
                break
        assert stops_after(losses, patience) == epoch
