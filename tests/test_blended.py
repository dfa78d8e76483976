"""Blended digits: |digit - patch|, from two photographs, as a seed decides."""

import numpy as np
import pytest

from tlcourse.data import DataError, Dataset, Examples
from tlcourse.data.blended import blend, patches

RNG = np.random.default_rng(0)


def dataset(images: np.ndarray) -> Dataset:
    labels = np.arange(len(images)) % 2
    half = len(images) // 2
    return Dataset(
        name="small",
        train=Examples(images[:half], labels[:half]),
        test=Examples(images[half:], labels[half:]),
        class_names=("a", "b"),
        source="made up",
        licence="none",
    )


BLACK = dataset(np.zeros((40, 28, 28, 1), np.float32))
WHITE = dataset(np.ones((40, 28, 28, 1), np.float32))
NOISE = dataset(RNG.random((40, 28, 28, 1), dtype=np.float32))


def test_each_pixel_is_the_difference_of_digit_and_patch():
    patch = blend(BLACK).train.images  # |0 - patch|
    assert np.allclose(blend(WHITE).train.images, 1 - patch, atol=1e-6)
    assert np.allclose(blend(NOISE).train.images, np.abs(NOISE.train.images - patch), atol=1e-6)


def test_labels_names_and_the_original_stay():
    before = NOISE.train.images.copy()
    blended = blend(NOISE)
    assert np.array_equal(NOISE.train.images, before)
    for part in ("train", "test"):
        assert np.array_equal(getattr(blended, part).labels, getattr(NOISE, part).labels)
    assert blended.class_names == ("a", "b")
    assert blended.name == "blended small"
    assert "made up" in blended.source
    assert "CC BY 2.0" in blended.licence


def test_the_seed_decides():
    assert np.array_equal(blend(BLACK).test.images, blend(BLACK).test.images)
    assert not np.array_equal(blend(BLACK).test.images, blend(BLACK, seed=1).test.images)


def test_training_and_test_images_get_other_patches():
    blended = blend(BLACK)
    patches_of = [set(map(bytes, part.images)) for part in (blended.train, blended.test)]
    assert not patches_of[0] & patches_of[1]


def test_strength_is_the_brightness_of_the_patches():
    assert np.array_equal(blend(NOISE, strength=0).train.images, NOISE.train.images)
    full, half = blend(BLACK).train.images, blend(BLACK, strength=0.5).train.images
    assert np.allclose(half, full / 2)


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_another_strength_is_refused(strength):
    with pytest.raises(DataError, match="from 0 to 1; got"):
        blend(NOISE, strength=strength)


def test_patches_are_photographs_and_not_noise():
    cut = patches(500, np.random.default_rng(0))[..., 0]
    assert cut.dtype == np.float32
    assert cut.min() >= 0
    assert cut.max() <= 1
    neighbours = np.abs(np.diff(cut, axis=2)).mean()
    strangers = np.abs(cut[:250] - cut[250:]).mean()
    assert neighbours < strangers / 2  # in a photograph a pixel is like the one beside it
    assert cut.mean(axis=(1, 2)).std() > 0.1  # bright patches and dark ones
