"""The methods: one signature, and what each leaves alone. (How well they do: test_claims.py)"""

import inspect
from importlib import import_module

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tlcourse.data import DataError, Dataset, labelled_split, load
from tlcourse.methods import METHODS, get_method
from tlcourse.methods.autoencoder import build_decoder
from tlcourse.methods.fixmatch import train_fixmatch
from tlcourse.methods.registry import PRETRAINING
from tlcourse.models import extract_features, letters_base

FROM_LETTERS = (
    "letters_frozen",
    "letters_logistic",
    "letters_finetuned",
    "letters_finetuned_augmented",
)
FROM_SCRATCH = ("scratch", "scratch_augmented", "scratch_augmented_long")
KINDS = (
    "no transfer",
    "supervised transfer",
    "unsupervised transfer",
    "semi-supervised",
    "graph_fixmatch",
)
# Those from photographs need a large download: test_imagenet.py.
HERE = [name for name, method in METHODS.items() if method.pretraining != "imagenet"]


@pytest.fixture(scope="module")
def split():
    return labelled_split(load("digits"), total=20, seed=0)


@pytest.fixture(scope="module", autouse=True)
def _few_updates():
    """What these tests are about shows after few updates."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            ("training", "steps_for", lambda n: 30),
            ("scratch", "_LONG", 1),  # second
            ("autoencoder", "UPDATES", 60),
            ("self_training", "UPDATES", 10),
            ("graph_fixmatch", "UPDATES", 5),
            ("graph_fixmatch", "TRUSTED", (0.8,)),
        ):
            patch.setattr(import_module(f"tlcourse.methods.{module}"), name, value)
        patch.setitem(train_fixmatch.__kwdefaults__, "steps", 10)
        yield


@pytest.fixture(scope="module")
def models(split) -> dict:
    parts = split.labelled.images, split.labelled.labels, split.unlabelled
    before = [part.copy() for part in parts]
    trained = {name: method.train(split, 0) for name, method in METHODS.items() if name in HERE}
    assert all(np.array_equal(a, b) for a, b in zip(before, parts, strict=True))
    return trained


@pytest.fixture(scope="module")
def images(split) -> np.ndarray:
    return split.unlabelled[:50]


def test_names():
    assert all(method.name == name for name, method in METHODS.items())
    assert len({method.title for method in METHODS.values()}) == len(METHODS)
    for names, pretraining in ((FROM_LETTERS, "letters"), (FROM_SCRATCH, None)):
        assert {METHODS[name].pretraining for name in names} == {pretraining}
    assert get_method("scratch") is METHODS["scratch"]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_registry_answers_every_question(method):
    assert method.kind in KINDS
    assert method.pretraining in PRETRAINING
    limits = [limit for limit in method.budgets if limit is not None]
    assert all(limit >= 10 for limit in limits)
    assert limits == sorted(limits)
    assert bool(limits) == bool(method.why)  # what is left out has a reason
    assert not method.why.endswith(".")
    # A family is what its methods have in common.
    own = method.pretraining in ("autoencoder", "autoencoder_letters")
    assert (method.kind == "unsupervised transfer") == own
    if method.kind in ("no transfer", "supervised transfer"):
        assert not method.unlabelled
        assert (method.kind == "no transfer") == (method.pretraining is None)
    if method.kind in ("semi-supervised", "graph_fixmatch"):
        assert method.unlabelled
        assert (method.kind == "semi-supervised") == (method.pretraining is None)


def test_every_pretraining_is_used_and_told():
    assert set(PRETRAINING) == {method.pretraining for method in METHODS.values()}
    assert {method.kind for method in METHODS.values()} == set(KINDS)


def test_extra_counts_what_is_only_there_in_training(models):
    decoder = build_decoder().count_params()
    for name in HERE:
        expected = 0
        if name.startswith("autoencoder"):
            expected = decoder
        elif name.startswith("consistency") or name == "graph_fixmatch":
            expected = models[name].count_params()  # a teacher as large as the student
        assert METHODS[name].extra(models[name]) == expected, name


def test_the_long_training_is_longer_and_shorter_with_more_images(monkeypatch):
    module = import_module("tlcourse.methods.scratch")
    monkeypatch.setattr(module, "_LONG", 70)
    asked = []
    monkeypatch.setattr(module, "train", lambda *given, **options: asked.append(options))
    digits = load("digits")
    for total in (10, 50, 100):
        METHODS["scratch_augmented_long"].train(labelled_split(digits, total=total, seed=0), 0)
    few, more, many = (options["steps"] for options in asked)
    assert few > more > many > 4 * 400
    assert all(options["augment"] for options in asked)


@pytest.mark.parametrize("name", METHODS)
def test_one_signature(name):
    """A split and a seed go in: there is no way for the test part to get there."""
    assert list(inspect.signature(METHODS[name].train).parameters) == ["split", "seed"]
    assert METHODS[name].train.__doc__


def test_unknown_name():
    with pytest.raises(DataError, match=r"no method named 'letter'; choose from .*scratch"):
        get_method("letter")


@pytest.mark.parametrize("name", HERE)
def test_gives_probabilities(models, images, name):
    found = models[name].predict(images, verbose=0)
    assert found.shape == (50, 10)
    assert found.min() >= 0
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    if name != "pseudo_label":  # which, with so few updates, only confirms its first guess
        assert len(np.unique(found.argmax(axis=1))) > 1  # it has learned something


@pytest.mark.parametrize(
    "name",
    [
        "scratch_augmented",
        "letters_finetuned_augmented",
        "letters_logistic",
        "autoencoder_finetuned",
    ],
)
def test_the_seed_decides(models, split, images, name):
    again, other = (METHODS[name].train(split, seed).predict(images, verbose=0) for seed in (0, 1))
    first = models[name].predict(images, verbose=0)
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (name == "letters_logistic")


@pytest.mark.parametrize("name", ["letters_frozen", "letters_logistic"])
def test_the_frozen_base_is_the_letters_base_to_the_last_bit(models, name):
    kept, original = (
        base.get_weights() for base in (models[name].get_layer("letters_base"), letters_base())
    )
    assert len(kept) == 25
    assert all(np.array_equal(a, b) for a, b in zip(kept, original, strict=True))
    trainable = models[name].trainable_weights
    assert [w.path for w in trainable] == ["head/kernel", "head/bias"]


@pytest.mark.parametrize("name", ["letters_finetuned", "letters_finetuned_augmented"])
def test_fine_tuning_moves_the_convolutions_a_little_and_nothing_else(models, name):
    tuned = models[name].get_layer("letters_base").weights
    for now, before in zip(tuned, letters_base().weights, strict=True):
        moved = np.abs(now.numpy() - before.numpy()).max()
        if now.path.endswith("kernel"):
            assert 0 < moved < 0.02  # 30 updates of at most about 2e-4
        else:
            assert moved == 0  # batch normalisation


def test_fine_tuning_starts_from_the_trained_head(split, models, monkeypatch):
    fine_tune = import_module("tlcourse.methods.fine_tuning").fine_tune
    monkeypatch.setitem(fine_tune.__kwdefaults__, "learning_rate", 0.0)
    kept = METHODS["letters_finetuned"].train(split, 0).get_layer("head").get_weights()
    head = models["letters_frozen"].get_layer("head").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(kept, head, strict=True))


def test_logistic_regression_is_scikit_learns(models, split, images):
    base = letters_base()
    features = extract_features(base, split.labelled.images, cached=False)
    solver = LogisticRegression(max_iter=1000).fit(features, split.labelled.labels)
    expected = solver.predict_proba(extract_features(base, images, cached=False))
    found = models["letters_logistic"].predict(images, verbose=0)
    assert np.allclose(found, expected, atol=1e-4)


def test_a_random_base_is_another_with_each_seed(split, models):
    other = METHODS["random_frozen"].train(split, 1)
    one, two = (m.get_layer("random_base").get_weights() for m in (models["random_frozen"], other))
    assert not np.array_equal(one[0], two[0])
    assert [w.path for w in other.trainable_weights] == ["head/kernel", "head/bias"]


@pytest.mark.parametrize("name", ["letters_frozen", "letters_logistic"])
def test_two_classes(name):
    digits = load("digits")
    parts = [part.take(part.labels < 2) for part in (digits.train, digits.test)]
    two = Dataset("two", *parts, ("0", "1"), digits.source, digits.licence)
    split = labelled_split(two, total=10, seed=0)
    model = METHODS[name].train(split, 0)
    found = model.predict(two.test.images, verbose=0)
    assert found.shape == (len(two.test), 2)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == two.test.labels).mean() > 0.9
