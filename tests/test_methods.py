"""The methods: one signature, and what each leaves alone. (How well they do: notebook 00.)"""

import inspect
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from bars import same, small_base, small_decoder, small_expander, small_letters_base
from sklearn.linear_model import LogisticRegression

from tlcourse.data import DataError, Dataset, labelled_split, load
from tlcourse.methods import METHODS, get_method
from tlcourse.methods.autoencoder import build_decoder
from tlcourse.methods.fixmatch import train_fixmatch
from tlcourse.methods.registry import KINDS, PRETRAINING
from tlcourse.methods.self_supervised import build_expander
from tlcourse.models import extract_features, letters_base, predict

supervised = import_module("tlcourse.methods.supervised")

# Those from photographs need a large download: test_imagenet.py.
HERE = [name for name, method in METHODS.items() if method.pretraining != "imagenet"]


@pytest.fixture(scope="module")
def split():
    """Return a split of 200 digits, twenty of them with labels."""
    digits = load("digits")
    few = replace(digits, train=digits.train.take(np.arange(200)))
    return labelled_split(few, total=20, seed=0)


@pytest.fixture(scope="module", autouse=True)
def _few_steps():
    """What these tests are about shows after few steps, and with small bases."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            ("training", "steps_for", lambda n: 20),
            ("supervised", "_LONG_SECONDS", 1),
            ("supervised", "build_base", small_base),
            ("supervised", "letters_base", small_letters_base),
            ("fixmatch", "build_base", small_base),
            ("fixmatch", "letters_base", small_letters_base),
            ("remembered", "build_base", small_base),
            ("autoencoder", "build_base", small_base),
            ("autoencoder", "build_decoder", small_decoder),
            ("autoencoder", "STEPS", 10),
            ("autoencoder", "letters_images", lambda: load("digits").test.images[:200]),
            ("self_supervised", "build_base", small_base),
            ("self_supervised", "build_expander", small_expander),
            ("self_supervised", "STEPS", 5),
            ("parameter_efficient", "letters_base", small_letters_base),
            ("self_training", "STEPS", 3),
            ("label_spreading", "letters_base", small_letters_base),
            ("graph_fixmatch", "letters_base", small_letters_base),
            ("graph_fixmatch", "STEPS", 3),
            ("graph_fixmatch", "ROUNDS", 1),
        ):
            module = import_module(f"tlcourse.methods.{module}")
            assert hasattr(module, name)
            patch.setattr(module, name, value)
        patch.setitem(train_fixmatch.__kwdefaults__, "steps", 3)
        yield


@pytest.fixture(scope="module")
def models(split) -> dict:
    """Return the models by name, each trained when it is asked for the first time."""

    class Trained(dict):
        def __missing__(self, name):
            parts = split.labelled.images, split.labelled.labels, split.images
            before = [part.copy() for part in parts]
            self[name] = METHODS[name].train(split, 0)
            assert all(map(np.array_equal, before, parts)), "what is given stays as it is"
            return self[name]

    return Trained()


@pytest.fixture(scope="module")
def images(split) -> np.ndarray:
    return split.unlabelled[:50]


# ------------------------------------------------------------------------------------ the registry


@pytest.mark.parametrize("name", METHODS)
def test_the_registry_answers_every_question(name):
    method = get_method(name)
    assert method.name == name
    # A split and a seed go in: there is no way for the test set to get there.
    assert list(inspect.signature(method.train).parameters) == ["split", "seed"]
    assert method.train.__doc__
    limits = [limit for limit in method.budgets if limit is not None]
    assert all(limit >= 10 for limit in limits)
    assert limits == sorted(limits)
    assert bool(limits) == bool(method.exclusion_reason)
    assert not method.exclusion_reason.endswith(".")
    # A kind is what its methods have in common: a pretraining, and unlabelled images or none.
    own = method.pretraining in ("autoencoder", "autoencoder_letters", "vicreg")
    assert (method.kind == "unsupervised pretraining") == own
    unlabelled, pretrained = {
        "no transfer": (False, False),
        "supervised transfer": (False, True),
        "unsupervised pretraining": (name != "autoencoder_letters_finetuned", True),
        "semi-supervised": (True, False),
        "combination": (True, True),
    }[method.kind]
    assert (method.unlabelled, method.pretraining is not None) == (unlabelled, pretrained)


def test_the_registry_as_a_whole():
    assert len({method.title for method in METHODS.values()}) == len(METHODS)
    assert {method.pretraining for method in METHODS.values()} == set(PRETRAINING)
    assert {method.kind for method in METHODS.values()} == set(KINDS)
    with pytest.raises(DataError, match=r"no method named 'letter'; choose from .*scratch"):
        get_method("letter")


# ------------------------------------------------------------------------------------ the training


@pytest.mark.parametrize("name", HERE)
def test_every_method_gives_probabilities_and_its_extra_parameters(models, images, name):
    found = predict(models[name], images)
    assert found.shape == (50, 10)
    assert found.min() >= 0
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.std(axis=0).max() > 1e-4, "one image is not like another"
    expected = 0
    if name.startswith("autoencoder"):
        expected = build_decoder().count_params()
    elif name.startswith("vicreg"):
        expected = build_expander().count_params()
    elif "fixmatch" in name:
        expected = models[name].count_params()  # a teacher as large as the student
    assert METHODS[name].extra_parameters(models[name]) == expected


@pytest.mark.parametrize("name", ["scratch_augmented", "letters_logistic"])
def test_the_seed_decides(models, split, name):
    again, other = (METHODS[name].train(split, seed) for seed in (np.int64(0), 1))
    assert same(models[name], again)
    assert same(models[name], other) == (name == "letters_logistic")


def test_every_method_refuses_a_seed_that_is_none(split):
    for name in HERE:
        with pytest.raises(DataError, match="A seed is a whole number"):
            METHODS[name].train(split, 2**32)


def test_the_long_training_is_longer_and_shorter_with_more_images(monkeypatch):
    monkeypatch.setattr(supervised, "_LONG_SECONDS", 70)
    asked = []
    monkeypatch.setattr(supervised, "train", lambda *given, **options: asked.append(options))
    for total in (10, 50, 100):
        split = labelled_split(load("digits"), total=total, seed=0)
        METHODS["scratch_augmented_long"].train(split, 0)
    few, more, many = (options["steps"] for options in asked)
    assert few > more > many > 4 * 400
    assert all(options["augment"] for options in asked)


@pytest.mark.parametrize("name", ["letters_frozen", "letters_logistic", "random_frozen"])
def test_a_frozen_base_stays_to_the_last_bit(models, split, name):
    base = models[name].get_layer("random_base" if name == "random_frozen" else "letters_base")
    assert [w.path for w in models[name].trainable_weights] == ["head/kernel", "head/bias"]
    if name == "random_frozen":
        other = METHODS[name].train(split, 1)
        assert not same(base, other.get_layer("random_base")), "another with each seed"
    else:
        assert same(base, small_letters_base())


@pytest.mark.parametrize("name", ["letters_finetuned", "letters_finetuned_augmented"])
def test_fine_tuning_moves_the_convolutions_a_little_and_nothing_else(models, name):
    tuned = models[name].get_layer("letters_base").weights
    for now, before in zip(tuned, small_letters_base().weights, strict=True):
        moved = np.abs(now.numpy() - before.numpy()).max()
        if now.path.endswith("kernel"):
            assert 0 < moved < 0.02  # 20 steps of at most about 2e-4
        else:
            assert moved == 0  # batch normalisation


def test_fine_tuning_starts_from_the_trained_head(split, models, monkeypatch):
    monkeypatch.setitem(supervised.fine_tune.__kwdefaults__, "learning_rate", 0.0)
    model = METHODS["letters_finetuned"].train(split, 0)
    heads = (m.get_layer("head").get_weights() for m in (model, models["letters_frozen"]))
    assert all(map(np.array_equal, *heads))


def test_logistic_regression_is_scikit_learns(models, split, images):
    base = small_letters_base()
    features = extract_features(base, split.labelled.images, cached=False)
    solver = LogisticRegression(max_iter=1000).fit(features, split.labelled.labels)
    expected = solver.predict_proba(extract_features(base, images, cached=False))
    assert np.allclose(predict(models["letters_logistic"], images), expected, atol=1e-4)


@pytest.mark.parametrize("name", ["letters_frozen", "letters_logistic"])
def test_two_classes(name, monkeypatch):
    monkeypatch.setattr(supervised, "letters_base", letters_base)
    digits = load("digits")
    parts = [part.take(part.labels < 2) for part in (digits.train, digits.test)]
    two = Dataset("two", *parts, ("0", "1"), digits.source, digits.licence)
    model = METHODS[name].train(labelled_split(two, total=10, seed=0), 0)
    found = predict(model, two.test.images)
    assert found.shape == (len(two.test), 2)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == two.test.labels).mean() > 0.9
