"""The embedded digits: sizes, the fixed split, and their likeness to MNIST."""

import numpy as np
import pytest
from sklearn.datasets import load_digits as load_originals

from tlcourse.data.digits import load_digits
from tlcourse.data.mnist import load_mnist


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_form(digits):
    assert (len(digits.train), len(digits.test)) == (1197, 600)
    assert digits.name == "digits"
    assert digits.class_names == tuple("0123456789")
    assert "Alpaydin" in digits.source


def test_the_split_is_fixed_stratified_and_no_image_is_lost(digits):
    # The first ones, so that a new version of a library cannot quietly move the split.
    assert digits.train.labels[:10].tolist() == [6, 6, 1, 1, 0, 2, 9, 0, 4, 0]
    assert digits.test.labels[:10].tolist() == [5, 4, 7, 9, 2, 8, 5, 9, 7, 4]
    seen = [image.tobytes() for image in np.concatenate([digits.train.images, digits.test.images])]
    assert len(set(seen)) == 1797
    share = np.bincount(load_originals().target) / 1797
    for examples in (digits.train, digits.test):
        assert np.abs(np.bincount(examples.labels) - share * len(examples)).max() < 1


def test_size_and_place_are_those_of_mnist(digits):
    for image in np.concatenate([digits.train.images, digits.test.images])[..., 0]:
        sides = [np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)]
        assert max(sides) == 20
        centre = np.indices((28, 28)).reshape(2, -1) @ image.ravel() / image.sum()
        assert np.abs(centre - 13.5).max() < 1


def test_ink(digits):
    assert 0.11 < digits.train.images.mean() < 0.19  # MNIST: 0.13
    assert np.median(digits.train.images.max(axis=(1, 2, 3))) > 0.95
    assert (digits.train.images == 0).mean() > 0.6


def test_close_to_real_mnist(digits, real_mnist):
    """MNIST's ten mean images, compared with the pixels, already tell many of the digits apart."""
    mnist = load_mnist().test
    means = np.stack([mnist.images[mnist.labels == k].mean(axis=0) for k in range(10)])
    distances = ((digits.train.images[:, None] - means) ** 2).sum(axis=(2, 3, 4))
    assert (distances.argmin(axis=1) == digits.train.labels).mean() > 0.4  # 0.8 on MNIST itself
