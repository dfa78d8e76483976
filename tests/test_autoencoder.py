"""The denoising autoencoder: it learns to clean images, once, and is kept."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import keras
import numpy as np
import pytest

from tlcourse.data import labelled_split, load
from tlcourse.data.paths import cache_dir

module = import_module("tlcourse.methods.autoencoder")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load("digits").train.images[:200]


@pytest.fixture
def trainings(monkeypatch, tmp_path) -> list:
    """Keep an empty cache and short trainings, and count them: each needs a new decoder."""
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(module, "UPDATES", 3)
    made, build = [], module.build_decoder
    monkeypatch.setattr(module, "build_decoder", lambda: made.append(1) or build())
    return made


def weights(images: np.ndarray) -> list[np.ndarray]:
    return module.autoencoder_base(images)[0].get_weights()


def same(one: list, other: list) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_decoder_makes_images():
    decoder = module.build_decoder()
    features = np.random.default_rng(0).normal(size=(5, 384)).astype(np.float32) * 10
    found = decoder.predict(features, verbose=0)
    assert found.shape == (5, 28, 28, 1)
    assert found.min() >= 0
    assert found.max() <= 1


def test_it_learns_to_bring_wiped_pixels_back(monkeypatch, trainings, images):
    """Better than before training, and than the best answer that looks at no image: the mean."""
    errors, fit = [], keras.Sequential.fit
    kept = np.random.default_rng(0).random(images.shape) >= 0.5
    wiped = (images * kept).astype(np.float32)

    def error(cleaned: np.ndarray) -> float:
        return float(((cleaned - images) ** 2).mean())

    def watched(self, *given, **options):
        errors.append(error(self.predict(wiped, verbose=0)))
        history = fit(self, *given, **options)
        errors.append(error(self.predict(wiped, verbose=0)))
        return history

    monkeypatch.setattr(keras.Sequential, "fit", watched)
    monkeypatch.setattr(module, "UPDATES", 120)
    module.autoencoder_base(images)
    before, after = errors
    assert after < 0.5 * before
    assert after < 0.8 * error(images.mean(axis=0))


def test_trained_once_then_read(trainings, images):
    first = module.autoencoder_base(images)
    second = module.autoencoder_base(images.copy())
    assert len(trainings) == 1
    assert same(first[0].get_weights(), second[0].get_weights())
    assert first[1:] == second[1:]  # the bill is that of the training, not of the reading
    assert min(first[1:]) > 0
    assert first[0].output_shape == (None, 384)


def test_who_asks_first_does_not_matter(trainings, images, monkeypatch, tmp_path):
    keras.utils.set_random_seed(5)
    one = weights(images)
    keras.utils.set_random_seed(6)
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "another"))
    assert same(weights(images), one)
    assert len(trainings) == 2


def test_other_images_and_other_updates_give_another_base(trainings, images, monkeypatch):
    one, other = weights(images), weights(images[::-1] / 2)
    assert not same(one, other)
    monkeypatch.setattr(module, "UPDATES", 4)
    assert not same(one, weights(images))
    assert len(trainings) == 3


def test_a_damaged_entry_of_the_cache_is_made_again(trainings, images):
    one = weights(images)
    entries = list((cache_dir() / "autoencoder").rglob("output.pkl"))
    assert len(entries) == 1
    entries[0].write_bytes(entries[0].read_bytes()[:1000])
    assert same(weights(images), one)
    assert len(trainings) == 2
    assert same(weights(images), one)
    assert len(trainings) == 2


def test_two_who_ask_at_once_wait_for_one_training(trainings, images):
    with ThreadPoolExecutor(2) as two:
        one, other = two.map(weights, [images, images])
    assert len(trainings) == 1
    assert same(one, other)


@pytest.mark.parametrize("n", [1, 10])
def test_fewer_images_than_a_batch(trainings, images, n):
    assert all(np.isfinite(w).all() for w in weights(images[:n]))


def test_the_targets_images_are_all_of_its_training_part(trainings, monkeypatch):
    """Budget and seed choose labels, not images: one base serves all cells of a dataset."""
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 1)
    digits = load("digits")
    for total, seed in ((10, 0), (50, 1)):
        model = module.autoencoder_frozen(labelled_split(digits, total=total, seed=seed), seed)
        base = model.get_layer("autoencoder_base")
        assert same(base.get_weights(), weights(digits.train.images))
    assert len(trainings) == 1
