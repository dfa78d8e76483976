"""Domain adaptation: its losses, its one training, and what each method looks at."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from bars import bars, same, small_model

from tlcourse.data import DataError, Examples
from tlcourse.methods import adaptation
from tlcourse.methods.adaptation import ADAPTATIONS, losses, training
from tlcourse.models import accuracy, letters_base, predict

# In the target the background is as bright as the bar is dark.
BARS = bars(192)
IMAGES, RNG = BARS.images, np.random.default_rng(0)
SOURCE = BARS.take(np.arange(96))
TARGET = Examples(1 - IMAGES[96:], BARS.labels[96:])
OTHER_IMAGES = TARGET.images[::-1].copy()
TRAINED = ("source_only", "coral", "mmd", "dann", "joint_training", "target_only")
STEPS = 30


def small_network(n_classes: int) -> keras.Model:
    """Return a stand-in for ``build_network`` that is quick to trace."""
    small = small_model()
    pooled = small.get_layer("hidden").input
    layers = keras.layers
    x = layers.Dense(64, activation="tanh", name="adaptation")(pooled)
    head = layers.Dense(n_classes, activation="softmax", name="head")
    return keras.Model(small.inputs[0], head(x))


@pytest.fixture(scope="module", autouse=True)
def _small_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "build_network", small_network)
        yield


def learned(name, source=SOURCE, target=TARGET.images, seed=0, labelled=None, steps=STEPS, **more):
    method = ADAPTATIONS[name]
    if labelled is None and method.sees_labels:
        labelled = TARGET
    return method.train(source, target, 3, seed, labelled=labelled, steps=steps, **more)


@functools.cache
def plain(name: str) -> keras.Model:
    """Return the model of a method with the usual settings, trained once."""
    return learned(name)


# ---------------------------------------------------------------------------------- the network


def test_features_are_what_the_head_looks_at():
    model = adaptation.build_network(7)
    found = adaptation.features(model, IMAGES[:10])
    assert found.shape == (10, 64)
    assert np.abs(found).max() <= 1
    kernel, bias = model.get_layer("head").get_weights()
    by_hand = keras.ops.softmax(found @ kernel + bias)
    assert np.allclose(by_hand, predict(model, IMAGES[:10]), atol=1e-5)
    assert not any("batch" in type(layer).__name__.lower() for layer in model.layers)


# ---------------------------------------------------------------------------------- the losses

CLOUD, OTHER = RNG.normal(size=(2, 300, 2)).astype(np.float32)
RING = OTHER * np.float32(np.sqrt(2)) / np.linalg.norm(OTHER, axis=1, keepdims=True)


def test_transformed_features_have_mean_and_covariance_of_the_target():
    source = RNG.normal(size=(500, 5)) @ RNG.normal(size=(5, 5)) + 3
    target = RNG.normal(size=(400, 5)) @ RNG.normal(size=(5, 5)) - 1
    moved = adaptation.coral_transform(source, target, ridge=1e-9)
    assert moved.shape == source.shape
    assert moved.dtype == np.float32
    assert np.allclose(moved.mean(axis=0), target.mean(axis=0), atol=1e-4)
    assert np.allclose(np.cov(moved, rowvar=False), np.cov(target, rowvar=False), atol=1e-3)
    few = RNG.normal(size=(20, 50)), 2 * RNG.normal(size=(10, 50))  # fewer images than features
    assert np.isfinite(adaptation.coral_transform(*few)).all()


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (CLOUD[:, None], CLOUD, r"Features of the source must have the shape \(n, d\)"),
        (CLOUD, CLOUD[:, :1], "features of the same network"),
        (CLOUD, CLOUD[:1], "two images at least"),
        (CLOUD, np.full((3, 2), np.nan), "Features of the target must be finite"),
    ],
)
def test_features_that_cannot_be_transformed(source, target, message):
    with pytest.raises(DataError, match=message):
        adaptation.coral_transform(source, target)


def test_coral_loss_is_that_of_the_covariances():
    wide = 2 * OTHER + 5
    by_hand = np.square(np.cov(CLOUD.T) - np.cov(wide.T)).sum() / (4 * 2**2)
    assert np.isclose(float(adaptation.coral_loss(CLOUD, wide)), by_hand, rtol=1e-3)
    assert float(adaptation.coral_loss(CLOUD, CLOUD + 5)) == pytest.approx(0, abs=1e-5)


def test_mmd_is_a_distance_without_a_unit_that_notices_more_than_means_and_covariances():
    def mmd(one, other):
        return float(adaptation.mmd_loss(one, other))

    assert mmd(CLOUD, CLOUD) == pytest.approx(0, abs=1e-5)
    there = mmd(CLOUD, OTHER + 1)
    assert mmd(OTHER + 1, CLOUD) == pytest.approx(there, rel=1e-3)
    assert mmd(10 * CLOUD, 10 * (OTHER + 1)) == pytest.approx(there, rel=1e-3)
    for other in (OTHER + 2, 2 * OTHER, RING):
        assert mmd(CLOUD, other) > 4 * mmd(CLOUD, OTHER)


@pytest.mark.parametrize("loss", [adaptation.coral_loss, adaptation.mmd_loss])
def test_following_its_gradient_makes_a_distance_smaller(loss):
    moving = tf.Variable(1.5 * OTHER + 1)
    before = float(loss(CLOUD, moving.numpy()))
    for _ in range(40):
        with tf.GradientTape() as tape:
            value = loss(tf.constant(CLOUD), moving + 0.0)
        gradient = tape.gradient(value, moving)
        moving.assign_sub(0.2 * gradient / tf.reduce_max(tf.abs(gradient)))
    assert float(loss(CLOUD, moving.numpy())) < before / 2


def test_the_reversal_keeps_the_value_and_turns_the_gradient():
    x = tf.Variable([3.0, -2.0])
    for weight in (0.0, 0.5, 1.0):
        with tf.GradientTape() as tape:
            passed = adaptation.gradient_reversal(x, weight)
            value = tf.reduce_sum(passed**2)
        assert np.allclose(passed, x.numpy(), atol=1e-6)
        assert np.allclose(tape.gradient(value, x), -weight * 2 * x.numpy(), atol=1e-5)


def test_what_helps_the_discriminator_is_what_the_layers_below_do_not_do():
    discriminator = adaptation.build_domain_discriminator()
    here, there = (tf.Variable(RNG.normal(size=(8, 64)), dtype=tf.float32) for _ in range(2))

    def gradients(loss):
        with tf.GradientTape() as tape:
            value = loss()
        return tape.gradient(value, [here, there, *discriminator.trainable_variables])

    def adversarial():
        unused = tf.zeros((8,), tf.int64)
        batch = losses.Batch(here + 0.0, there + 0.0, unused, unused, discriminator, 0.5)
        return losses.domain_adversarial(batch)

    def by_hand():
        domain_logits = discriminator(tf.concat([here, there], axis=0))[:, 0]
        domains = tf.constant([0.0] * 8 + [1.0] * 8)
        entropies = tf.nn.sigmoid_cross_entropy_with_logits(domains, domain_logits)
        return tf.reduce_mean(entropies)

    turned, as_usual = gradients(adversarial), gradients(by_hand)
    factors = [-0.5, -0.5] + [1] * len(discriminator.trainable_variables)
    for one, factor, other in zip(turned, factors, as_usual, strict=True):
        assert np.allclose(one, factor * other, atol=1e-6)
    assert np.abs(as_usual[0]).max() > 1e-4


# ---------------------------------------------------------------------------------- the training


def test_the_weight_rises_from_nothing_to_almost_one():
    weights = [training.weight_at(progress) for progress in np.linspace(0, 1, 21)]
    assert weights[0] == 0
    assert np.all(np.diff(weights) > 0)
    assert 0.9 < training.weight_at(1 / 3) < 0.96
    assert 0.999 < weights[-1] < 1


@pytest.mark.parametrize("name", TRAINED)
def test_the_seed_decides_and_runs_leave_nothing_behind(name):
    first = plain(name)
    before = [weights.copy() for weights in first.get_weights()]
    other = learned(name, seed=2**32 - 1)
    assert not same(other, first)
    assert same(learned(name, seed=np.int64(0)), before)
    assert same(first, before), "later runs do not change the result of an earlier one"


def test_it_learns_the_source_first_and_aligns_later():
    assert accuracy(learned("source_only", steps=60), SOURCE) > 0.9
    # With a single step the weight is 0, whatever the method.
    start = learned("source_only", steps=1).get_weights()
    for name in ("mmd", "dann"):
        pairs = zip(start, learned(name, steps=1).get_weights(), strict=True)
        assert max(np.abs(a - b).mean() for a, b in pairs) < 1e-4, name


@pytest.mark.parametrize("name", ["coral", "mmd"])
def test_a_distance_in_the_loss_becomes_smaller(name):
    loss = getattr(adaptation, f"{name}_loss")

    def apart(model):
        here, there = (adaptation.features(model, x.images) for x in (SOURCE, TARGET))
        return float(loss(here, there))

    assert apart(plain(name)) < 0.8 * apart(plain("source_only"))
    assert apart(plain(name)) < apart(learned(name, weight=0.01))


@pytest.mark.parametrize("name", ["coral", "mmd", "dann"])
def test_with_no_weight_only_the_source_counts(name):
    without = learned(name, weight=0)
    for one, other in zip(without.get_weights(), plain("source_only").get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-3)
    assert not same(without, plain(name))


# ------------------------------------------------------------------------- what a method looks at


@pytest.mark.parametrize(
    ("name", "given", "looked_at"),
    [
        ("source_only", {"target": OTHER_IMAGES, "labelled": TARGET}, False),
        ("source_only", {"source": TARGET}, True),
        ("target_only", {"target": OTHER_IMAGES, "source": TARGET}, False),
        ("target_only", {"labelled": SOURCE}, True),
        ("coral", {"labelled": TARGET}, False),
        ("coral", {"target": OTHER_IMAGES}, True),
        ("mmd", {"labelled": TARGET}, False),
        ("mmd", {"target": OTHER_IMAGES}, True),
        ("dann", {"labelled": TARGET}, False),
        ("dann", {"target": OTHER_IMAGES}, True),
        ("joint_training", {"target": OTHER_IMAGES}, False),
        ("joint_training", {"labelled": Examples(TARGET.images, TARGET.labels[::-1])}, True),
        ("letters_source_only", {"target": OTHER_IMAGES, "labelled": TARGET}, False),
        ("letters_source_only", {"source": TARGET}, True),
        ("letters_coral", {"labelled": TARGET}, False),
        ("letters_coral", {"target": IMAGES[96:]}, True),
    ],
)
def test_what_each_method_looks_at(name, given, looked_at):
    assert same(learned(name, **given), plain(name)) != looked_at


def test_joint_training_learns_from_few_labels():
    few = TARGET.take(np.arange(6))
    assert accuracy(learned("joint_training", labelled=few, steps=60), few) == 1


@pytest.mark.parametrize("name", ["letters_source_only", "letters_coral"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_head_on_letters_features(name, n_classes):
    some = SOURCE.take(SOURCE.labels < n_classes)
    model = ADAPTATIONS[name].train(some, TARGET.images, n_classes, 0)
    assert model.output_shape == (None, n_classes)
    assert np.allclose(predict(model, IMAGES[:5]).sum(axis=1), 1, atol=1e-4)
    assert same(model.get_layer("letters_base"), letters_base())
    if name == "letters_source_only":
        assert accuracy(model, some) > 0.9


WITHOUT_LABELS = "needs labelled examples of the target"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("joint_training", {"labelled": TARGET.take([])}, WITHOUT_LABELS),
        ("target_only", {"labelled": TARGET.take([])}, WITHOUT_LABELS),
        ("joint_training", {"labelled": Examples(IMAGES[:1], [3])}, "between 0 and 2"),
        ("coral", {"target": IMAGES[:0]}, "needs images of the target"),
        ("letters_coral", {"target": IMAGES[:0]}, "needs images of the target"),
        ("dann", {"target": 255 * IMAGES}, "take images / 255"),
        ("source_only", {"source": Examples(IMAGES, BARS.labels + 1)}, "take labels - 1"),
        ("source_only", {"source": SOURCE.take([])}, "there are none"),
        ("source_only", {"seed": 2**32}, "A seed is a whole number"),
        ("source_only", {"steps": 0}, "steps is a whole number"),
        ("coral", {"weight": -1.0}, "weight is a number, 0 or more"),
        ("dann", {"weight": np.nan}, "weight is a number, 0 or more"),
        ("letters_coral", {"source": SOURCE.take(SOURCE.labels < 2)}, "of 3 classes the source"),
    ],
)
def test_input_that_cannot_be_adapted_to_is_refused(name, given, message):
    with pytest.raises(DataError, match=message):
        learned(name, **given)
    if message == WITHOUT_LABELS:
        with pytest.raises(DataError, match=message):
            ADAPTATIONS[name].train(SOURCE, TARGET.images, 3, 0)


def test_the_table_of_methods():
    assert all(method.name == name for name, method in ADAPTATIONS.items())
    assert {name for name, method in ADAPTATIONS.items() if method.sees_labels} == {
        "joint_training",
        "target_only",
    }
    with pytest.raises(DataError, match="named 'dan'; choose from source_only, coral, mmd, dann"):
        adaptation.get_adaptation("dan")
