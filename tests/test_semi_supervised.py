"""Consistency, pseudo-labels and the combination: what unlabelled images may and may not do."""

from importlib import import_module

import keras
import numpy as np
import pytest

from tlcourse.data import DataError, Examples, labelled_split, load
from tlcourse.methods import METHODS
from tlcourse.methods.fixmatch import PseudoLabels, strong_affine, train_fixmatch

module = import_module("tlcourse.methods.fixmatch")

# Three classes: a bar at the top, in the middle or at the bottom, in noise.
RNG = np.random.default_rng(0)
LABELS = np.arange(192) % 3
IMAGES = (RNG.random((192, 28, 28, 1)) * 0.3).astype(np.float32)
for image, label in zip(IMAGES, LABELS, strict=True):
    image[3 + 8 * label : 9 + 8 * label, 4:24] = 1
LABELLED, REST, TRUTH = Examples(IMAGES[:32], LABELS[:32]), IMAGES[32:], LABELS[32:]


def small() -> keras.Model:
    """Return a model without batch normalisation, in which each image counts for itself."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input((28, 28, 1))
    x = layers.Flatten()(layers.AveragePooling2D(4)(images))
    x = layers.Dense(8, activation="tanh", name="hidden")(x)
    return keras.Model(images, layers.Dense(3, activation="softmax", name="head")(x))


def learned(labelled=LABELLED, unlabelled=REST, model=None, seed=0, **options) -> keras.Model:
    model = model or small()
    settings = {"steps": 8, "learning_rate": 0.02} | options
    train_fixmatch(model, labelled, unlabelled, seed, **settings)
    return model


def same(one: keras.Model, other: keras.Model) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def pseudo_labels(labels: np.ndarray, trusted: bool = True) -> PseudoLabels:
    return PseudoLabels(labels, np.full(len(labels), trusted))


@pytest.fixture
def never_sure(monkeypatch):
    monkeypatch.setattr(module, "SURE", 2.0)


@pytest.fixture
def always_sure(monkeypatch):
    monkeypatch.setattr(module, "SURE", 0.0)


# ------------------------------------------------------------------------------------ consistency


def test_without_unlabelled_images_it_says_so():
    with pytest.raises(DataError, match="every image has one"):
        learned(unlabelled=REST[:0])


def test_the_seed_decides():
    assert same(learned(), learned())
    assert not same(learned(), learned(seed=1))


@pytest.mark.usefixtures("never_sure")
def test_images_about_which_nobody_is_sure_have_no_influence():
    noise = np.random.default_rng(1).random(REST.shape, dtype=np.float32)
    plain = learned()
    assert same(learned(unlabelled=noise), plain)
    assert same(learned(pseudo_labels=pseudo_labels(np.zeros(160, int), trusted=False)), plain)
    assert not same(learned(pseudo_labels=pseudo_labels(TRUTH)), plain)


@pytest.mark.usefixtures("always_sure")
def test_a_sure_teacher_is_heard_and_overrules_opinions():
    noise = np.random.default_rng(1).random(REST.shape, dtype=np.float32)
    assert not same(learned(unlabelled=noise), learned())
    assert same(learned(pseudo_labels=pseudo_labels(TRUTH)), learned())


@pytest.mark.usefixtures("never_sure")
def test_trusted_opinions_are_learned_right_or_wrong():
    for labels in (TRUTH, (TRUTH + 1) % 3):
        model = learned(steps=200, labelled_weight=0.0, pseudo_labels=pseudo_labels(labels))
        answers = model.predict(REST, verbose=0).argmax(axis=1)
        assert (answers == labels).mean() > 0.9


@pytest.mark.usefixtures("never_sure")
def test_only_trusted_ones_of_the_opinions_are_used():
    half = np.arange(160) < 80
    one = learned(pseudo_labels=PseudoLabels(TRUTH, half))
    other = learned(pseudo_labels=PseudoLabels(np.where(half, TRUTH, 0), half))
    assert same(one, other)
    assert not same(one, learned(pseudo_labels=PseudoLabels(TRUTH, ~half)))


@pytest.mark.usefixtures("never_sure")
def test_the_result_is_the_average_of_the_students(monkeypatch):
    """Of the first updates the plain mean, so that the random start counts for nothing."""
    first = learned(steps=1).get_weights()
    mean = learned(steps=2).get_weights()
    monkeypatch.setattr(module, "MOMENTUM", 0.0)  # the teacher is the student
    second = learned(steps=2).get_weights()
    for a, b, c in zip(first, second, mean, strict=True):
        assert np.abs(a - b).max() > 1e-3
        assert np.allclose((a + b) / 2, c, atol=1e-6)


def test_only_what_is_trainable_changes():
    model, before = small(), small()
    model.get_layer("hidden").trainable = False
    learned(model=model)
    kept, moved = (
        [np.abs(a - b).max() for a, b in zip(*map(keras.Layer.get_weights, pair), strict=True)]
        for pair in ((m.get_layer(name) for m in (model, before)) for name in ("hidden", "head"))
    )
    assert max(kept) < 1e-6  # the average of equal numbers may round
    assert min(moved) > 1e-3


@pytest.mark.parametrize(("few", "many"), [(1, 160), (10, 1), (31, 127), (32, 128)])
def test_fewer_images_than_an_update_takes(few, many):
    labelled = LABELLED.take(np.arange(few))
    model = learned(labelled, REST[:many], steps=3)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert not same(model, small())


def test_the_teacher_can_be_watched():
    seen = []

    def watch(update, teacher):
        seen.append((update, teacher.get_weights()))

    model = learned(steps=3, watch=watch)
    assert [update for update, _ in seen] == [0, 1, 2, 3]
    assert all(map(np.array_equal, seen[0][1], small().get_weights()))
    assert all(map(np.array_equal, seen[-1][1], model.get_weights()))
    assert same(model, learned(steps=3)), "watching changes nothing"


def test_what_is_given_stays_as_it_is():
    before = [part.copy() for part in (IMAGES, LABELS)]
    learned(pseudo_labels=pseudo_labels(TRUTH))
    assert all(map(np.array_equal, (IMAGES, LABELS), before))


@pytest.mark.parametrize("n", [3, 32, 100, 160])
def test_each_image_isdealt_once_before_any_comes_again(n):
    batch_indices = module.batch_indices(np.random.default_rng(0), n, 12, 32)
    assert batch_indices.shape == (12, min(n, 32))
    stream = batch_indices.ravel()
    for start in range(0, len(stream) - n + 1, n):
        assert sorted(stream[start : start + n]) == list(range(n))


def test_strong_changes_are_stronger():
    def moved(change) -> float:
        return float(np.abs(np.asarray(change(IMAGES, (0, 0))) - IMAGES).mean())

    assert moved(strong_affine) > 1.05 * moved(module.random_affine)


# -------------------------------------------------------------------------- the methods, on digits

SEMI = ("pseudo_label", "fixmatch_scratch", "fixmatch_letters", "graph_fixmatch")


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture
def short(monkeypatch):
    """Let all methods train for a few updates only."""
    for name, values in {
        "training": {"steps_for": lambda n: 20},
        "self_training": {"UPDATES": 5},
        "graph_fixmatch": {"UPDATES": 4, "UPDATES_ALL": 20, "TRUSTED": (0.8, 0.9)},
    }.items():
        for key, value in values.items():
            monkeypatch.setattr(import_module(f"tlcourse.methods.{name}"), key, value)
    # The default was fixed when the function was made.
    monkeypatch.setitem(train_fixmatch.__kwdefaults__, "steps", 6)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", SEMI)
def test_probabilities_and_the_same_again(digits, name):
    split = labelled_split(digits, total=10, seed=0)
    before = split.images.copy()
    one, again = (
        METHODS[name].train(split, 0).predict(digits.test.images[:100], verbose=0) for _ in range(2)
    )
    assert one.shape == (100, 10)
    assert np.allclose(one.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(one, again)
    assert np.array_equal(split.images, before)


@pytest.mark.usefixtures("short")
def test_pseudo_labels_are_the_networks_own_answers(digits, monkeypatch):
    self_training = import_module("tlcourse.methods.self_training")
    taught, train = [], self_training.train

    def watched(model, images, labels, **options):
        taught.append((labels, model.predict(images, batch_size=256, verbose=0).argmax(axis=1)))
        return train(model, images, labels, **options)

    monkeypatch.setattr(self_training, "train", watched)
    split = labelled_split(digits, total=10, seed=0)
    self_training.pseudo_label(split, 0)
    assert len(taught) == self_training.ROUNDS
    for labels, answers in taught:
        assert len(labels) == 10 + 5 * 64
        assert np.array_equal(labels[:10], split.labelled.labels)
        assert np.array_equal(labels[10:], answers[10:])


@pytest.mark.usefixtures("short")
def test_the_combination_with_all_labels(digits):
    split = labelled_split(digits, total=len(digits.train), seed=0)
    assert split.n_unlabelled == 0
    model = METHODS["graph_fixmatch"].train(split, 0)
    answers = model.predict(digits.test.images, verbose=0).argmax(axis=1)
    assert (answers == digits.test.labels).mean() > 0.3


@pytest.mark.usefixtures("short")
def test_the_combination_asks_the_graph_in_each_round(digits, monkeypatch):
    combined = import_module("tlcourse.methods.graph_fixmatch")
    graphs, trusted, spread_labels = [], [], combined.spread_labels

    def spread(features, *others):
        graphs.append(features)
        return spread_labels(features, *others)

    def listen(*given, pseudo_labels, **options):
        trusted.append(pseudo_labels.trusted.mean())
        return train_fixmatch(*given, pseudo_labels=pseudo_labels, **options)

    monkeypatch.setattr(combined, "spread_labels", spread)
    monkeypatch.setattr(combined, "train_fixmatch", listen)
    combined.graph_fixmatch(labelled_split(digits, total=10, seed=0), 0)
    first, second = graphs
    assert first.shape == second.shape == (1197, 384)
    assert not np.allclose(first, second)  # the network has learned in between
    assert trusted == pytest.approx([0.8, 0.9], abs=0.01)


@pytest.mark.slow
def test_the_combination_beats_the_frozen_head(digits, monkeypatch):
    """With ten labels and a shorter training than the course grants."""
    combined = import_module("tlcourse.methods.graph_fixmatch")
    monkeypatch.setattr(combined, "UPDATES", 60)
    monkeypatch.setattr(combined, "TRUSTED", (0.8,))
    for seed in range(3):
        split = labelled_split(digits, total=10, seed=seed)
        found = {}
        for name in ("graph_fixmatch", "letters_frozen"):
            model = METHODS[name].train(split, seed)
            answers = model.predict(digits.test.images, batch_size=256, verbose=0).argmax(axis=1)
            found[name] = (answers == digits.test.labels).mean()
        print(seed, found)
        assert found["graph_fixmatch"] > found["letters_frozen"] + 0.02
