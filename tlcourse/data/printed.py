"""Printed digits: rendered from the same fonts and in the same way as the letters.

They ask the same question as handwritten digits, with other images: a source domain.
"""

import string

from tlcourse.data.dataset import Dataset
from tlcourse.data.letters import load_glyphs

N_TRAIN, N_TEST = 4_000, 1_000
CLASS_NAMES = tuple(string.digits)


def load_printed(seed: int = 0) -> Dataset:
    """Return 4,000 training and 1,000 test images of the printed digits 0 to 9.

    Rendered when first asked for (two seconds) and then read from the cache. Training and test
    images use the same fonts with different random strokes and transformations.

    Args:
        seed: chooses the random strokes and transformations; the same seed, the same images.
    """
    return load_glyphs("printed", CLASS_NAMES, N_TRAIN, N_TEST, seed, what="digits")
