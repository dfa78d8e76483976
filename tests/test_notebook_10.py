"""Notebook 10: what it writes itself is what the package does, and the gap viewer."""

import nbformat
import numpy as np
import pytest
import tensorflow as tf
from figure_checks import faults, move_to_ends
from notebook_rules import FOLDER

from tlcourse.methods import adaptation
from tlcourse.methods.adaptation import losses
from tlcourse.plots import domain_plane
from tlcourse.widgets import gap_viewer

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def written() -> dict:
    """Return what the notebook's cells with the methods define; nothing is trained."""
    notebook = nbformat.read(FOLDER / "10_domain_adaptation.ipynb", as_version=4)
    cells = {cell["id"]: cell["source"] for cell in notebook.cells}
    space = {"run": lambda *args, **options: None, "augmented": None}
    exec("import keras, numpy as np, tensorflow as tf\nfrom keras import layers", space)
    for name in ("c24", "coral-loss", "c37", "dann"):
        exec(cells[name], space)
    return space


SOURCE, TARGET = (tf.constant(RNG.normal(size=(n, 64)), tf.float32) for n in (8, 6))


def test_coral_is_that_of_the_package(written):
    moved = adaptation.coral_transform(SOURCE.numpy(), TARGET.numpy())
    assert np.allclose(written["coral"](SOURCE.numpy(), TARGET.numpy()), moved, atol=1e-3)
    expected = adaptation.coral_loss(SOURCE, TARGET)
    assert np.isclose(written["coral_loss"](SOURCE, TARGET), expected, rtol=1e-4)


def test_dann_has_the_loss_and_the_gradients_of_the_package(written):
    loss = written["make_dann"]()
    inside = dict(zip(loss.__code__.co_freevars, loss.__closure__, strict=True))
    discriminator = inside["discriminator"].cell_contents
    variables = [SOURCE, TARGET, *discriminator.trainable_variables]
    unused, weight = tf.zeros((6,), tf.int64), tf.constant(0.5)
    found = []
    for value in (
        lambda: loss(SOURCE, TARGET, weight),
        lambda: losses.domain_adversarial(
            losses.Batch(SOURCE, TARGET, unused, unused, discriminator, weight)
        ),
    ):
        with tf.GradientTape() as tape:
            tape.watch([SOURCE, TARGET])
            total = value()
        found.append([total, *tape.gradient(total, variables)])
    for here, there in zip(*found, strict=True):
        assert np.allclose(here, there, atol=1e-6)


# ------------------------------------------------------------------------------------ figures

HERE, THERE = RNG.normal(size=(60, 8)), RNG.normal(size=(50, 8)) + 3
CLASSES = np.arange(60) % 10, np.arange(50) % 10


def test_domain_plane_tells_what_is_drawn_and_how_far_the_domains_are_apart():
    def spreads(picture):
        return float(picture.alt.rpartition(" lie ")[2].split()[0])

    far = domain_plane(HERE, THERE, title="some features")
    assert far.alt.startswith("some features: 60 images of the source and 50 of the target")
    assert spreads(far) > 1.5
    assert spreads(domain_plane(HERE, HERE[:50])) < 0.5


def test_gap_viewer_shows_domains_and_classes_of_every_method():
    features = {"source only": (HERE, THERE), "DANN": (HERE, THERE - 3)}
    viewer = gap_viewer(features, CLASSES, {"source only": 0.61, "DANN": 0.78})
    pictures = move_to_ends(viewer)
    for picture, method, marks in zip(
        pictures,
        ["source only: 61%", "DANN: 78%", "DANN: 78%"],
        ["circles and triangles", "circles and triangles", "drawn as its class"],
        strict=True,
    ):
        assert picture.alt.startswith(f"{method} accuracy on the target: ")
        assert marks in picture.alt
        assert not [*faults(picture)]


def test_gap_viewer_shows_no_more_than_can_be_kept_apart():
    many, labels = RNG.normal(size=(500, 4)), np.arange(500) % 10
    shown = gap_viewer({"source only": (many, many)}, (labels, labels), {"source only": 0.5})
    assert "200 images of the source and 200 of the target" in shown.figure.alt
