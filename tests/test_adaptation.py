"""Domain adaptation: its distances, its one loop, and what each method looks at."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from tlcourse.data import DataError, Examples
from tlcourse.methods import adaptation
from tlcourse.methods.adaptation import ADAPTATIONS
from tlcourse.models import letters_base

# Three classes: a bright bar at the top, in the middle or at the bottom. In the target the
# background is as bright as the bar is dark.
RNG = np.random.default_rng(0)
LABELS = np.arange(192) % 3
IMAGES = (RNG.random((192, 28, 28, 1)) * 0.3).astype(np.float32)
for image, label in zip(IMAGES, LABELS, strict=True):
    image[3 + 8 * label : 9 + 8 * label, 4:24] = 1
SOURCE = Examples(IMAGES[:96], LABELS[:96])
TARGET = Examples(1 - IMAGES[96:], LABELS[96:])
TRAINED = ("source_only", "coral", "mmd", "dann", "joint_training", "target_only")
ALIGNING = ("coral", "mmd", "dann")


def learned(name, source=SOURCE, target=TARGET.images, seed=0, labelled=None, steps=60):
    method = ADAPTATIONS[name]
    if labelled is None and method.sees_labels:
        labelled = TARGET
    return method.train(source, target, 3, seed, labelled=labelled, steps=steps)


def same(one: keras.Model, other: keras.Model) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def right(model: keras.Model, examples: Examples) -> float:
    return float((adaptation.predict(model, examples.images).argmax(1) == examples.labels).mean())


# ---------------------------------------------------------------------------------- the network


def test_the_network_has_an_adaptation_layer_and_a_head():
    model = adaptation.build_network(7)
    assert model.output_shape == (None, 7)
    assert model.get_layer("adaptation").output.shape == (None, 64)
    assert model.get_layer("head").count_params() == 65 * 7
    assert not any("batch" in type(layer).__name__.lower() for layer in model.layers)


def test_answers_are_those_of_predict_whatever_the_size_of_a_batch():
    model = adaptation.build_network(3)
    expected = model.predict(IMAGES[:50], verbose=0)
    for at_once in (7, 50, 500):
        found = adaptation.predict(model, IMAGES[:50], at_once)
        assert np.allclose(found, expected, atol=1e-5)


def test_features_are_what_the_head_looks_at():
    model = adaptation.build_network(3)
    found = adaptation.features(model, IMAGES[:10])
    assert found.shape == (10, 64)
    assert np.abs(found).max() <= 1
    kernel, bias = model.get_layer("head").get_weights()
    by_hand = keras.ops.softmax(found @ kernel + bias)
    assert np.allclose(by_hand, adaptation.predict(model, IMAGES[:10]), atol=1e-5)


# -------------------------------------------------------------------------------- the distances

CLOUD = RNG.normal(size=(400, 2)).astype(np.float32)
OTHER = RNG.normal(size=(400, 2)).astype(np.float32)
RING = OTHER * np.sqrt(2) / np.linalg.norm(OTHER, axis=1, keepdims=True)


def test_recoloured_features_have_mean_and_covariance_of_the_target():
    source = RNG.normal(size=(500, 5)) @ RNG.normal(size=(5, 5)) + 3
    target = RNG.normal(size=(400, 5)) @ RNG.normal(size=(5, 5)) - 1
    moved = adaptation.coral_transform(source, target, ridge=1e-9)
    assert moved.shape == source.shape
    assert moved.dtype == np.float32
    assert np.allclose(moved.mean(axis=0), target.mean(axis=0), atol=1e-4)
    assert np.allclose(np.cov(moved, rowvar=False), np.cov(target, rowvar=False), atol=1e-3)


def test_recolouring_works_with_fewer_images_than_features():
    source, target = RNG.normal(size=(20, 50)), 2 * RNG.normal(size=(10, 50))
    assert np.isfinite(adaptation.coral_transform(source, target)).all()


def test_coral_distance_is_that_of_the_covariances():
    wide = 2 * OTHER + 5
    by_hand = np.square(np.cov(CLOUD.T) - np.cov(wide.T)).sum() / (4 * 2**2)
    assert np.isclose(float(adaptation.coral_loss(CLOUD, wide)), by_hand, rtol=1e-3)
    assert float(adaptation.coral_loss(CLOUD, CLOUD + 5)) == pytest.approx(0, abs=1e-5)


def test_mmd_is_zero_for_the_same_and_the_same_both_ways():
    assert float(adaptation.mmd_loss(CLOUD, CLOUD)) == pytest.approx(0, abs=1e-5)
    there = float(adaptation.mmd_loss(CLOUD, OTHER + 1))
    assert there == pytest.approx(float(adaptation.mmd_loss(OTHER + 1, CLOUD)), rel=1e-3)


@pytest.mark.parametrize("other", [OTHER + 2, 2 * OTHER, RING], ids=["moved", "wider", "ring"])
def test_mmd_notices_more_than_means_and_covariances(other):
    plain = float(adaptation.mmd_loss(CLOUD, OTHER))
    assert float(adaptation.mmd_loss(CLOUD, other.astype(np.float32))) > 4 * plain


def test_mmd_does_not_depend_on_the_unit_of_the_features():
    small = float(adaptation.mmd_loss(CLOUD, OTHER + 1))
    assert float(adaptation.mmd_loss(10 * CLOUD, 10 * (OTHER + 1))) == pytest.approx(
        small, rel=1e-3
    )


@pytest.mark.parametrize("distance", [adaptation.coral_loss, adaptation.mmd_loss])
def test_following_its_gradient_makes_a_distance_smaller(distance):
    moving = tf.Variable(1.5 * OTHER + 1)
    before = float(distance(CLOUD, moving.numpy()))
    for _ in range(40):
        with tf.GradientTape() as tape:
            value = distance(tf.constant(CLOUD), moving + 0.0)
        gradient = tape.gradient(value, moving)
        moving.assign_sub(0.2 * gradient / tf.reduce_max(tf.abs(gradient)))
    assert float(distance(CLOUD, moving.numpy())) < before / 2


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_reversal_keeps_the_value_and_turns_the_gradient(strength):
    x = tf.Variable([3.0, -2.0])
    with tf.GradientTape() as tape:
        passed = adaptation.gradient_reversal(x, strength)
        value = tf.reduce_sum(passed**2)
    assert np.allclose(passed, x.numpy(), atol=1e-6)
    assert np.allclose(tape.gradient(value, x), -strength * 2 * x.numpy(), atol=1e-5)


def test_strength_rises_from_nothing_to_almost_one():
    values = [adaptation.strength_at(progress) for progress in np.linspace(0, 1, 21)]
    assert values[0] == 0
    assert np.all(np.diff(values) > 0)
    assert 0.9 < adaptation.strength_at(1 / 3) < 0.96
    assert 0.999 < values[-1] < 1


# -------------------------------------------------------------------------------------- the loop


@pytest.mark.parametrize("name", TRAINED)
def test_the_seed_decides_and_runs_leave_nothing_behind(name):
    first = learned(name)
    other = learned(name, seed=1)
    assert same(learned(name), first)
    assert not same(other, first)
    # The result is a model of its own, which later runs do not change.
    kept = [weights.copy() for weights in first.get_weights()]
    learned(name, seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(kept, first.get_weights(), strict=True))


def test_it_learns_the_source():
    assert right(learned("source_only"), SOURCE) > 0.9


def test_at_the_start_the_second_term_has_no_weight():
    """With a single update the strength is 0, whatever the method."""
    plain = learned("source_only", steps=1).get_weights()
    for name in ("mmd", "dann"):
        pairs = zip(plain, learned(name, steps=1).get_weights(), strict=True)
        assert max(np.abs(a - b).mean() for a, b in pairs) < 1e-4, name


@pytest.mark.parametrize("name", ["coral", "mmd"])
def test_a_distance_in_the_loss_becomes_smaller(name):
    distance = getattr(adaptation, f"{name}_distance")

    def apart(model):
        here, there = (adaptation.features(model, x.images) for x in (SOURCE, TARGET))
        return float(distance(here, there))

    assert apart(learned(name)) < 0.8 * apart(learned("source_only"))


def test_what_helps_the_judge_is_what_the_layers_below_do_not_do():
    judge = adaptation.build_domain_discriminator()
    here, there = (tf.Variable(RNG.normal(size=(8, 64)), dtype=tf.float32) for _ in range(2))

    def gradients(loss):
        with tf.GradientTape() as tape:
            value = loss()
        return tape.gradient(value, [here, there, *judge.trainable_variables])

    def reversed_():
        nothing = tf.zeros((8,), tf.int64)
        batch = adaptation.Batch(here + 0.0, there + 0.0, nothing, nothing, judge, 0.5)
        return adaptation._judge_term(batch)

    def plain():
        pseudo_labels = judge(tf.concat([here, there], axis=0))[:, 0]
        domains = tf.constant([0.0] * 8 + [1.0] * 8)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(domains, pseudo_labels)
        return tf.reduce_mean(losses)

    turned, as_usual = gradients(reversed_), gradients(plain)
    for one, other in zip(turned[:2], as_usual[:2], strict=True):
        assert np.allclose(one, -0.5 * other, atol=1e-6)
    for one, other in zip(turned[2:], as_usual[2:], strict=True):
        assert np.allclose(one, other, atol=1e-6)
    assert np.abs(as_usual[0]).max() > 1e-4


# ------------------------------------------------------------------------- what a method looks at


def test_source_only_looks_at_the_source_alone():
    plain = learned("source_only")
    assert same(learned("source_only", target=IMAGES[:5]), plain)
    assert same(learned("source_only", labelled=TARGET), plain)


def test_target_only_looks_at_labelled_examples_alone():
    plain = learned("target_only")
    other = Examples(SOURCE.images[::-1].copy(), SOURCE.labels)
    assert same(learned("target_only", source=other, target=IMAGES[:5]), plain)
    assert not same(learned("target_only", labelled=SOURCE), plain)


@pytest.mark.parametrize("name", ALIGNING)
def test_aligning_looks_at_the_targets_images_and_never_at_labels(name):
    plain = learned(name)
    assert not same(learned(name, target=TARGET.images[::-1].copy()), plain)
    assert same(learned(name, labelled=TARGET), plain)


def test_a_mixture_learns_from_few_labels():
    few = TARGET.take(np.arange(6))
    wrong = Examples(few.images, (few.labels + 1) % 3)
    assert not same(
        learned("joint_training", labelled=few), learned("joint_training", labelled=wrong)
    )
    assert right(learned("joint_training", labelled=few), few) == 1


@pytest.mark.parametrize("name", ["joint_training", "target_only"])
@pytest.mark.parametrize("labelled", [None, TARGET.take(np.arange(0))], ids=["none", "empty"])
def test_without_the_labels_that_it_needs(name, labelled):
    with pytest.raises(DataError, match="needs labelled examples of the target"):
        ADAPTATIONS[name].train(SOURCE, TARGET.images, 3, 0, labelled=labelled)


@pytest.mark.parametrize("name", ALIGNING)
def test_without_images_of_the_target(name):
    with pytest.raises(DataError, match="needs images of the target"):
        learned(name, target=TARGET.images[:0])


def test_a_label_that_is_no_class():
    with pytest.raises(DataError, match="between 0 and 2"):
        learned("source_only", source=Examples(SOURCE.images, SOURCE.labels + 1))


# ---------------------------------------------------------------------------- on frozen features


@pytest.mark.parametrize("name", ["letters_source_only", "letters_coral"])
def test_a_head_on_letters_features(name):
    model = ADAPTATIONS[name].train(SOURCE, TARGET.images, 3, 0)
    assert model.output_shape == (None, 3)
    assert np.allclose(adaptation.predict(model, IMAGES[:5]).sum(axis=1), 1, atol=1e-4)
    frozen = model.get_layer("letters_base").get_weights()
    pairs = zip(frozen, letters_base().get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_on_letters_only_coral_looks_at_the_target():
    plain, recoloured = (ADAPTATIONS[f"letters_{k}"].train for k in ("source_only", "coral"))
    other = IMAGES[96:]
    assert same(plain(SOURCE, TARGET.images, 3, 0), plain(SOURCE, other, 3, 0))
    assert not same(recoloured(SOURCE, TARGET.images, 3, 0), recoloured(SOURCE, other, 3, 0))
    assert right(plain(SOURCE, other, 3, 0), SOURCE) > 0.9


def test_a_head_on_letters_needs_examples_of_every_class():
    some = SOURCE.take(SOURCE.labels < 2)
    with pytest.raises(DataError, match="of 3 classes the source has 2"):
        ADAPTATIONS["letters_coral"].train(some, TARGET.images, 3, 0)


# ---------------------------------------------------------------------------------------- the list


def test_all_methods_have_one_signature():
    for name, method in ADAPTATIONS.items():
        assert method.name == name
        parameters = inspect.signature(method.train).parameters
        assert list(parameters)[:5] == ["source", "target", "n_classes", "seed", "labelled"]
        assert parameters["labelled"].kind is inspect.Parameter.KEYWORD_ONLY
        assert method.train.__doc__
    assert {name for name, method in ADAPTATIONS.items() if method.sees_labels} == {
        "joint_training",
        "target_only",
    }


def test_an_unknown_method_is_answered_with_the_known_ones():
    with pytest.raises(DataError, match="named 'dan'; choose from source_only, coral, mmd, dann"):
        adaptation.get_adaptation("dan")
