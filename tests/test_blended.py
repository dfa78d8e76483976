"""Blended digits: |digit - patch|, from two photographs, as a seed decides."""

import numpy as np
import pytest

from tlcourse.data import DataError, Dataset, Examples
from tlcourse.data.blended import blend, patches

RNG = np.random.default_rng(0)


def dataset(images: np.ndarray) -> Dataset:
    examples = Examples(images, np.arange(40) % 2)
    train, test = (examples.take(np.arange(k, k + 20)) for k in (0, 20))
    return Dataset("small", train, test, ("a", "b"), "made up", "none")


BLACK = dataset(np.zeros((40, 28, 28, 1)))
WHITE = dataset(np.ones((40, 28, 28, 1)))
NOISE = dataset(RNG.random((40, 28, 28, 1)))


def test_each_pixel_is_the_difference_of_digit_and_patch():
    patch = blend(BLACK).train.images  # |0 - patch|
    assert np.allclose(blend(WHITE).train.images, 1 - patch, atol=1e-6)
    assert np.allclose(blend(NOISE).train.images, np.abs(NOISE.train.images - patch), atol=1e-6)


def test_labels_names_and_the_original_stay(capsys):
    before = NOISE.train.images.copy()
    blended = blend(NOISE)
    assert np.array_equal(NOISE.train.images, before)
    assert np.array_equal(blended.train.labels, NOISE.train.labels)
    assert np.array_equal(blended.test.labels, NOISE.test.labels)
    assert (blended.name, blended.class_names) == ("blended small", ("a", "b"))
    assert "made up" in blended.source
    assert "CC BY 2.0" in blended.licence
    assert capsys.readouterr().out == ""  # no hint


def test_the_seed_decides():
    assert np.array_equal(blend(BLACK).test.images, blend(BLACK, np.int64(0)).test.images)
    assert not np.array_equal(blend(BLACK).test.images, blend(BLACK, seed=1).test.images)


def test_training_and_test_images_get_other_patches():
    blended = blend(BLACK)
    assert not set(map(bytes, blended.train.images)) & set(map(bytes, blended.test.images))


def test_strength_is_the_brightness_of_the_patches():
    assert np.array_equal(blend(NOISE, strength=0).train.images, NOISE.train.images)
    full, half = blend(BLACK).train.images, blend(BLACK, strength=0.5).train.images
    assert np.allclose(half, full / 2)


@pytest.mark.parametrize("wrong", [{"strength": 1.5}, {"strength": "1"}, {"seed": -1}])
def test_what_is_no_strength_or_seed_is_refused(wrong):
    with pytest.raises(DataError, match=r"number from 0 to .*; got"):
        blend(NOISE, **wrong)


def test_patches_are_photographs_and_not_noise():
    cut = patches(500, np.random.default_rng(0))[..., 0]
    assert cut.dtype == np.float32
    assert 0 <= cut.min() < cut.max() <= 1
    neighbours = np.abs(np.diff(cut, axis=2)).mean()
    strangers = np.abs(cut[:250] - cut[250:]).mean()
    assert neighbours < strangers / 2  # in a photograph a pixel is like the one beside it
    assert cut.mean(axis=(1, 2)).std() > 0.1  # bright patches and dark ones
