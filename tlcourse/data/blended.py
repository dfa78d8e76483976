"""Blended digits: handwriting before a background of photograph patches, in grey.

Made like MNIST-M, and offline: from any dataset of the course, and the two photographs that
scikit-learn ships.
"""

import functools

import numpy as np

from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.validation import IMAGE_SHAPE, check_fraction, check_seed

_SIDE = IMAGE_SHAPE[0]
_GREY = (0.299, 0.587, 0.114)  # how much red, green and blue count for brightness (ITU-R BT.601)


def blend(dataset: Dataset, seed: int = 0, *, strength: float = 1.0) -> Dataset:
    """Return the dataset with every image blended with a random patch of a photograph.

    Each pixel becomes ``|image - strength * patch|``: before a dark background the digit stays
    bright, before a bright one it turns dark. The labels stay what they were. Training and test
    images get different random patches, out of the same two photographs.

    The true MNIST-M takes its patches from many photographs and keeps their three colours. Here
    everything is grey, so that the course's networks, which have one channel, apply; results on
    the two can be compared in kind, not in number.

    Args:
        dataset: from ``load``; for MNIST the result takes another 220 MB.
        seed: chooses the patches; the same seed, the same images.
        strength: brightness of the patches, 0 (the images as they are) to 1 (as in MNIST-M).

    Raises:
        DataError: ``strength`` is not between 0 and 1, or a seed that is none.

    Reference:
        Ganin et al. (2016), "Domain-adversarial training of neural networks".
    """
    strength = check_fraction(strength, "strength")
    rng = np.random.default_rng(check_seed(seed))
    blended = []
    for examples in (dataset.train, dataset.test):
        images = patches(len(examples), rng)
        images *= np.float32(strength)
        np.subtract(examples.images, images, out=images)  # in place: MNIST is large enough once
        blended.append(Examples(np.abs(images, out=images), examples.labels))
    return Dataset(
        name=f"blended {dataset.name}",
        train=blended[0],
        test=blended[1],
        class_names=dataset.class_names,
        source=f"{dataset.source}; photographs by danielbuechele and vultilion (Flickr), as "
        "bundled with scikit-learn",
        licence=f"{dataset.licence}; photographs: CC BY 2.0",
    )


def patches(n: int, rng: np.random.Generator) -> np.ndarray:
    """Cut random patches out of the two photographs, at any place, each as likely as the other.

    Returns:
        float32, shape ``(n, 28, 28, 1)``, 0 (black) to 1 (white).
    """
    views = [
        np.lib.stride_tricks.sliding_window_view(photo, (_SIDE, _SIDE)) for photo in _photographs()
    ]
    which = rng.integers(len(views), size=n)
    cut = np.empty((n, _SIDE, _SIDE, 1), np.float32)
    for k, view in enumerate(views):
        mine = np.flatnonzero(which == k)
        rows, columns = (rng.integers(length, size=len(mine)) for length in view.shape[:2])
        cut[mine, ..., 0] = view[rows, columns]
    return cut


@functools.cache
def _photographs() -> tuple[np.ndarray, ...]:
    # Here and not above: scikit-learn takes a second to import.
    from sklearn.datasets import load_sample_images

    # Rounding may put white a hair above 1.
    return tuple(
        np.clip(photo @ np.array(_GREY, np.float32) / 255, 0, 1).astype(np.float32)
        for photo in load_sample_images().images
    )
