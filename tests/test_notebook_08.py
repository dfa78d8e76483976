"""Notebook 08: its masking, written by hand, is that of the package."""

import numpy as np
import pytest
import tensorflow as tf
from notebook_rules import NOTEBOOKS, Notebook

from tlcourse.methods.autoencoder import mask_pixels

IMAGES = np.random.default_rng(0).uniform(0.1, 1, (256, 28, 28, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def notebook() -> dict:
    """Return the functions of the cell about masking, by name."""
    (path,) = [path for path in NOTEBOOKS if path.stem.startswith("08")]
    cells = {cell.id: cell.source for cell in Notebook(path).content.cells}
    space = {"tf": tf}
    exec(cells["c42"], space)
    return space


def test_half_of_the_pixels_are_masked_and_others_each_time(notebook):
    random = tf.random.Generator.from_seed(0)
    for mask in (notebook["mask"], lambda images: mask_pixels(images, random)):
        first, second = (np.asarray(mask(tf.constant(IMAGES))) for _ in range(2))
        assert np.array_equal(first[first != 0], IMAGES[first != 0])
        assert (first == 0).mean() == pytest.approx(0.5, abs=0.01)
        assert ((first == 0) == (second == 0)).mean() == pytest.approx(0.5, abs=0.01)


def test_the_target_is_the_clean_image(notebook):
    epochs = [list(notebook["pairs"](IMAGES)) for _ in range(2)]
    masked, clean = (np.concatenate(part) for part in zip(*epochs[0], strict=True))
    assert np.array_equal(masked[masked != 0], clean[masked != 0])
    assert clean.min() > 0
    assert np.array_equal(np.sort(clean[:, 0, 0, 0]), np.sort(IMAGES[:, 0, 0, 0])), "each once"
