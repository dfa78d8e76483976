"""Arrays as pictures: augmented images below their originals."""

import numpy as np
from figure_checks import faults

from tlcourse.plots import changed_images

IMAGES = np.random.default_rng(0).random((24, 28, 28, 1), dtype=np.float32)


def test_changed_images_stand_below_their_originals():
    changed = np.stack([IMAGES[8 + k : 16 + k] for k in range(3)])
    shown = changed_images(IMAGES[:8], changed, "moved")
    assert "8 images, and below each 3 changed versions of it: moved." in shown.alt
    assert not [*faults(shown)]
    above, below = (axes.images[0].get_array() for axes in shown.figure.axes)
    assert above.shape == (28, 8 * 30 - 2)
    np.testing.assert_array_equal(above[:, 30:58], IMAGES[1, ..., 0])
    np.testing.assert_array_equal(below[60:, 30:58], changed[2, 1, ..., 0])
    assert below.mask[28:30].all(), "a gap between two rows"
