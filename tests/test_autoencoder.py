"""The denoising autoencoder: it learns to bring masked pixels back, once, and is kept."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import keras
import numpy as np
import pytest
from bars import same, small_base, small_decoder

from tlcourse.data import DataError, labelled_split, load
from tlcourse.data.paths import cache_dir

module = import_module("tlcourse.methods.autoencoder")
remembered = import_module("tlcourse.methods.remembered")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load("digits").train.images[:200]


@pytest.fixture
def trainings(monkeypatch, tmp_path) -> list:
    """Give an empty cache, small networks and short trainings, and count these."""
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "STEPS", 3)
    monkeypatch.setattr(module, "build_base", small_base)
    monkeypatch.setattr(remembered, "build_base", small_base)
    monkeypatch.setattr(module, "build_decoder", small_decoder)
    counted, train = [], module.train_denoising

    def spy(*given, **options):
        counted.append(options["steps"])
        return train(*given, **options)

    monkeypatch.setattr(module, "train_denoising", spy)
    return counted


def weights(images: np.ndarray) -> list[np.ndarray]:
    return module.autoencoder_base(images)[0].get_weights()


def test_it_learns_to_bring_masked_pixels_back(images):
    """Better than before training, and than the best that looks at no image: their mean."""
    images = images[:16]
    keras.utils.set_random_seed(0)
    parts = module.build_base("autoencoder_base"), module.build_decoder()
    autoencoder = keras.Sequential([keras.Input((28, 28, 1)), *parts])
    mask = np.random.default_rng(0).random(images.shape) >= 0.5
    masked = (images * mask).astype(np.float32)

    def error(restored: np.ndarray) -> float:
        return float(((restored - images) ** 2).mean())

    before = error(autoencoder.predict(masked, verbose=0))
    module.train_denoising(autoencoder, images, steps=100)
    restored = autoencoder.predict(masked, verbose=0)
    assert error(restored) < 0.5 * before
    assert error(restored) < 0.8 * error(images.mean(axis=0))
    assert restored.shape == images.shape
    assert restored.min() >= 0
    assert restored.max() <= 1


def test_trained_once_whoever_asks_then_read(trainings, images, monkeypatch, tmp_path):
    keras.utils.set_random_seed(5)
    first = module.autoencoder_base(images)
    keras.utils.set_random_seed(6)
    second = module.autoencoder_base(images.copy())
    assert trainings == [3]
    assert same(first[0], second[0])
    assert first[1:] == second[1:]  # the bill is that of the training, not of the reading
    assert min(first[1:]) > 0
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "another"))
    assert same(weights(images), first[0])
    # Other images or another number of steps make another base.
    assert not same(weights(images[::-1] / 2), first[0])
    monkeypatch.setattr(module, "STEPS", 4)
    assert not same(weights(images), first[0])
    assert trainings == [3, 3, 3, 4]


def test_a_damaged_entry_of_the_cache_is_made_again(trainings, images):
    one = weights(images)
    (entry,) = (cache_dir() / "autoencoder").rglob("output.pkl")
    entry.write_bytes(entry.read_bytes()[:1000])
    assert same(weights(images), one)
    assert same(weights(images), one)
    assert len(trainings) == 2


def test_two_who_ask_at_once_wait_for_one_training(trainings, images):
    with ThreadPoolExecutor(2) as two:
        one, other = two.map(weights, [images, images])
    assert len(trainings) == 1
    assert same(one, other)


def test_without_a_cache_it_is_trained_anew_and_says_so(trainings, images, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert same(weights(images), weights(images))
    assert len(trainings) == 2
    assert "cannot be kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("choose", "message"),
    [(lambda x: x[:0], "there are none"), (lambda x: 255 * x, "take images / 255")],
)
def test_images_that_cannot_be_learned_from(trainings, images, choose, message):
    with pytest.raises(DataError, match=message):
        module.autoencoder_base(choose(images))


def test_fewer_images_than_a_batch(trainings, images):
    assert all(np.isfinite(w).all() for w in weights(images[:10]))


def test_the_targets_images_are_all_of_its_training_set(trainings, monkeypatch):
    """Budget and seed choose labels, not images: one base serves all cells of a dataset."""
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 1)
    digits = load("digits")
    for total, seed in ((10, 0), (50, 1)):
        model = module.autoencoder_frozen(labelled_split(digits, total=total, seed=seed), seed)
        assert same(model.get_layer("autoencoder_base"), weights(digits.train.images))
    assert len(trainings) == 1
