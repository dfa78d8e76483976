"""FixMatch, pseudo-labels and their combination: what unlabelled images may and may not do."""

from dataclasses import replace
from importlib import import_module

import keras
import numpy as np
import pytest
from bars import bars, same, small_base, small_letters_base, small_model

from tlcourse.data import DataError, Examples, labelled_split, load
from tlcourse.methods import METHODS
from tlcourse.methods.fixmatch import PseudoLabels, train_fixmatch
from tlcourse.models import accuracy

fixmatch = import_module("tlcourse.methods.fixmatch")
graph = import_module("tlcourse.methods.graph_fixmatch")
supervised = import_module("tlcourse.methods.supervised")
self_training = import_module("tlcourse.methods.self_training")

BARS = bars(192)
LABELLED, REST, TRUTH = BARS.take(np.arange(32)), BARS.images[32:], BARS.labels[32:]
NOISE = np.random.default_rng(1).random(REST.shape, dtype=np.float32)
ALL, NONE = np.ones(160, bool), np.zeros(160, bool)


def learned(labelled=LABELLED, unlabelled=REST, model=None, seed=0, **options) -> keras.Model:
    model = model or small_model()
    settings = {"steps": 8, "learning_rate": 0.02} | options
    train_fixmatch(model, labelled, unlabelled, seed, **settings)
    return model


@pytest.fixture
def never_confident(monkeypatch):
    monkeypatch.setattr(fixmatch, "CONFIDENCE_THRESHOLD", 2.0)


def test_the_seed_decides_and_nothing_that_is_given_changes():
    before = BARS.images.copy(), TRUTH.copy()
    options = {"pseudo_labels": PseudoLabels(TRUTH, ALL)}
    one = learned(**options)
    assert same(one, learned(**options, seed=np.int64(0)))
    assert not same(one, learned(**options, seed=2**32 - 1))
    assert all(map(np.array_equal, (BARS.images, TRUTH), before))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"unlabelled": REST[:0]}, "every image has one"),
        ({"unlabelled": 255 * REST}, "take images / 255"),
        ({"labelled": Examples(REST, TRUTH + 1)}, "numbered from 1"),
        ({"pseudo_labels": PseudoLabels(TRUTH[1:], ALL)}, "160 images, 159 labels"),
        ({"pseudo_labels": PseudoLabels(TRUTH + 7, ALL)}, "between 0 and 2"),
        ({"seed": -1}, "A seed is a whole number"),
    ],
)
def test_input_that_cannot_be_learned_from_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        learned(**given)


@pytest.mark.usefixtures("never_confident")
def test_images_without_a_confident_prediction_have_no_influence():
    plain = learned()
    assert same(learned(unlabelled=NOISE), plain)
    assert same(learned(pseudo_labels=PseudoLabels(TRUTH, NONE)), plain)
    # ... and of the labels to begin with, those behind the mask have some.
    half = np.arange(160) < 80
    one = learned(pseudo_labels=PseudoLabels(TRUTH, half))
    assert same(one, learned(pseudo_labels=PseudoLabels(np.where(half, TRUTH, 0), half)))
    assert not same(one, plain)
    assert not same(one, learned(pseudo_labels=PseudoLabels(TRUTH, ~half)))


def test_a_confident_teacher_overrules_the_labels_to_begin_with(monkeypatch):
    monkeypatch.setattr(fixmatch, "CONFIDENCE_THRESHOLD", 0.0)
    plain = learned()
    assert not same(learned(unlabelled=NOISE), plain)
    assert same(learned(pseudo_labels=PseudoLabels(TRUTH, ALL)), plain)


@pytest.mark.usefixtures("never_confident")
def test_pseudo_labels_are_learned_right_or_wrong():
    for labels in (TRUTH, (TRUTH + 1) % 3):
        given = PseudoLabels(labels, ALL)
        model = learned(steps=60, learning_rate=0.05, labelled_weight=0.0, pseudo_labels=given)
        assert (model.predict(REST, verbose=0).argmax(axis=1) == labels).mean() > 0.9


def test_the_student_sees_strongly_augmented_views_and_the_teacher_the_images(monkeypatch):
    """What the teacher predicts does not depend on the augmentation, what is learned does."""
    plain = learned(steps=1)
    monkeypatch.setattr(fixmatch, "strong_affine", lambda images, seed: images)
    assert not same(learned(steps=1), plain)
    seen = []

    def spy(images, seed):
        seen.append(tuple(images.shape))
        return images

    monkeypatch.setattr(fixmatch, "strong_affine", spy)
    learned(steps=1)
    assert seen == [(160, 28, 28, 1)], "32 labelled and 128 unlabelled images"


@pytest.mark.usefixtures("never_confident")
def test_the_result_is_the_average_of_the_students(monkeypatch):
    """Of the first steps the plain mean, so that the random start counts for nothing."""
    first = learned(steps=1).get_weights()
    mean = learned(steps=2).get_weights()
    monkeypatch.setattr(fixmatch, "EMA_DECAY", 0.0)  # the teacher is the student
    second = learned(steps=2).get_weights()
    for a, b, c in zip(first, second, mean, strict=True):
        assert np.abs(a - b).max() > 1e-3
        assert np.allclose((a + b) / 2, c, atol=1e-6)


def test_only_what_is_trainable_changes():
    model, before = small_model(), small_model()
    model.get_layer("hidden").trainable = False
    learned(model=model)
    moved = [
        np.abs(a - b).max() for a, b in zip(model.get_weights(), before.get_weights(), strict=True)
    ]
    assert max(moved[:2]) < 1e-6  # the average of equal numbers may round
    assert min(moved[2:]) > 1e-3


@pytest.mark.parametrize(("few", "many"), [(1, 160), (31, 1)])
def test_fewer_images_than_a_step_takes(few, many):
    model = learned(LABELLED.take(np.arange(few)), REST[:many], steps=2)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert not same(model, small_model())


def test_a_callback_sees_the_teacher_before_each_step_and_at_the_end():
    seen = []
    model = learned(steps=3, callback=lambda step, teacher: seen.append((step, teacher)))
    assert [step for step, _ in seen] == [0, 1, 2, 3]
    assert same(seen[-1][1], model)
    start = []
    learned(steps=1, callback=lambda step, teacher: start.append(teacher.get_weights()))
    assert same(start[0], small_model())
    assert same(model, learned(steps=3)), "looking changes nothing"


# -------------------------------------------------------------------------- the methods, on digits


@pytest.fixture(scope="module")
def split():
    """Return a split of 200 digits, ten of them with labels."""
    digits = load("digits")
    few = replace(digits, train=digits.train.take(np.arange(200)))
    return labelled_split(few, total=10, seed=0)


def test_self_training_learns_the_networks_own_predictions(split, monkeypatch):
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 5)
    monkeypatch.setattr(self_training, "STEPS", 1)
    monkeypatch.setattr(supervised, "build_base", small_base)
    taught, train = [], self_training.train

    def spy(model, images, labels, **options):
        taught.append((images, labels, model.predict(images, verbose=0).argmax(axis=1)))
        return train(model, images, labels, **options)

    monkeypatch.setattr(self_training, "train", spy)
    self_training.pseudo_label(split, 0)
    assert len(taught) == self_training.ROUNDS
    for _, labels, predictions in taught:
        assert len(labels) == 10 + 64
        assert np.array_equal(labels[:10], split.labelled.labels)
        assert np.array_equal(labels[10:], predictions[10:])
    first, second = ({image.tobytes() for image in images[10:]} for images, *_ in taught)
    assert not first & second, "each round labels images that are new"


def test_graph_fixmatch_asks_the_graph_in_each_round(split, monkeypatch):
    monkeypatch.setattr(graph, "letters_base", small_letters_base)
    monkeypatch.setattr(graph, "STEPS", 2)
    monkeypatch.setattr(graph, "ROUNDS", 2)
    monkeypatch.setattr(graph, "KEEP_FRACTION", 0.9)
    asked, kept = [], []

    def spy(name):
        whole = getattr(graph, name)

        def listening(features, *others, **options):
            asked.append((name, features))
            return whole(features, *others, **options)

        monkeypatch.setattr(graph, name, listening)

    def listen(*given, pseudo_labels, **options):
        kept.append(pseudo_labels.mask.mean())
        return train_fixmatch(*given, pseudo_labels=pseudo_labels, **options)

    spy("first_links")
    spy("neighbor_links")
    monkeypatch.setattr(graph, "train_fixmatch", listen)
    graph.graph_fixmatch(split, 2**32 - 1)  # whose second round needs another seed that is one
    names = [name for name, _ in asked]
    # The first graph is of features and of pixels, the second of features alone.
    assert names == ["first_links", "neighbor_links", "neighbor_links", "neighbor_links"]
    first, second = asked[1][1], asked[3][1]
    assert first.shape == second.shape == (200, 384)
    assert not np.allclose(first, second), "the network has learned in between"
    assert kept == pytest.approx([0.9, 0.9], abs=0.03)


def test_graph_fixmatch_needs_images_without_labels():
    digits = load("digits")
    split = labelled_split(digits, total=len(digits.train), seed=0)
    with pytest.raises(DataError, match="without labels"):
        graph.graph_fixmatch(split, 0)


def test_graph_fixmatch_beats_a_head_on_frozen_features(monkeypatch):
    """With ten labels and a much shorter training than the course grants."""
    monkeypatch.setattr(graph, "STEPS", 20)
    monkeypatch.setattr(graph, "ROUNDS", 1)
    digits = load("digits")
    split, test = labelled_split(digits, total=10, seed=0), digits.test.take(np.arange(300))
    combined, frozen = (
        accuracy(METHODS[name].train(split, 0), test)
        for name in ("graph_fixmatch", "letters_logistic")
    )
    print(combined, frozen)
    assert combined > frozen + 0.02
