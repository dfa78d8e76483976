"""Notebook 09: what its cells write by hand is what the package and the libraries do."""

from importlib import import_module

import keras
import numpy as np
import pytest
import tensorflow as tf
from bars import bars, small_model
from notebook_rules import NOTEBOOKS, Notebook

from tlcourse.methods import select_confident, spread_labels

fixmatch = import_module("tlcourse.methods.fixmatch")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def notebook() -> dict:
    """Return the functions of the notebook's cells, by name."""
    (path,) = [path for path in NOTEBOOKS if path.stem.startswith("09")]
    cells = {cell.id: cell.source for cell in Notebook(path).content.cells}
    space = {"np": np, "tf": tf, "keras": keras}
    for name in ("balanced", "loss", "graph", "c52", "equal-sizes"):
        exec(cells[name], space)
    return space


def test_the_clearest_are_those_of_the_package(notebook):
    probabilities = RNG.dirichlet([0.5] * 4, 60)
    for share in (0, 0.25, 0.6, 1):
        by_package = select_confident(probabilities, share)
        assert np.array_equal(notebook["clearest"](probabilities, share), by_package)


def test_labels_spread_as_in_the_package(notebook):
    """With few features the package leaves out none of their dimensions.

    With one label of each class, equal sizes would hide how the graph is scaled.
    """
    features, labels = RNG.random((120, 12), dtype=np.float32), np.arange(30) % 10
    graph = notebook["knn_graph"](features)
    F = notebook["equal_sizes"](notebook["spread"](graph, labels))
    by_package = spread_labels(features, labels, 10)
    np.testing.assert_allclose(F[30:], by_package[30:], atol=1e-4)


def test_fixmatch_loss_is_that_of_the_package(notebook, monkeypatch):
    losses = []

    class OneLoss:
        """Computes the loss of the first batch, and trains nothing."""

        def __init__(self, loss_fn, *_, **__):
            self.loss_fn = loss_fn

        def run(self, batches, callback):
            first = next(iter(batches))
            few, many = first[1:3]
            losses.append((few, many, float(self.loss_fn(*map(tf.constant, first)))))

    monkeypatch.setattr(fixmatch, "CustomTraining", OneLoss)
    monkeypatch.setattr(fixmatch, "strong_affine", lambda images, seed: images)
    monkeypatch.setattr(fixmatch, "CONFIDENCE_THRESHOLD", 0.4)
    model, examples = small_model(), bars(192)
    fixmatch.train_fixmatch(model, examples.take(np.arange(32)), examples.images[32:], 0)
    ((few, many, by_package),) = losses
    labelled, unlabelled = model(examples.images[few]), model(examples.images[32:][many])
    confident = np.asarray(unlabelled).max(axis=1) >= 0.4
    assert 0 < confident.sum() < len(many), "some count and some do not"
    by_hand = notebook["fixmatch_loss"](unlabelled, unlabelled, threshold=0.4)
    plain = keras.losses.sparse_categorical_crossentropy(examples.labels[few], labelled)
    assert by_package == pytest.approx(float(np.mean(plain) + by_hand), rel=1e-5)
