"""Pretraining that is done once for the same images, then read from the cache."""

from collections.abc import Callable

import joblib
import keras
import numpy as np
from filelock import FileLock

from tlcourse.data.dataset import check_images
from tlcourse.data.paths import cache_dir
from tlcourse.models import build_base

Pretrained = tuple[list[np.ndarray], float, float]  # weights, seconds, processor seconds


def pretrained_base(
    name: str, pretrain: Callable[[np.ndarray, int], Pretrained], images: np.ndarray, steps: int
) -> tuple[keras.Model, float, float]:
    """Return the base CNN with the weights of a pretraining, and how long that took.

    Args:
        name: of the pretraining: of its folder in the cache, and of the base.
        pretrain: from images and steps to the weights of the base and its seconds.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1.
        steps: how long to train.

    Returns:
        The base, and how many seconds its training took: on the clock, and of the processor.

    Raises:
        DataError: no images, or not of the course's form.
    """
    images = check_images(images)
    try:
        cache_dir().mkdir(parents=True, exist_ok=True)
        memory = joblib.Memory(cache_dir() / name, verbose=0)
        with FileLock(cache_dir() / f".{name}.lock"):  # two workers would train the same
            weights, seconds, cpu_seconds = memory.cache(pretrain)(images, steps)
    except OSError as error:
        print(
            f"The pretrained weights ({name}) cannot be kept in {cache_dir()} ({error.strerror}), "
            "and are trained anew each time. TLCOURSE_CACHE_DIR can name another folder."
        )
        weights, seconds, cpu_seconds = pretrain(images, steps)
    base = build_base(f"{name}_base")
    base.set_weights(weights)
    return base, seconds, cpu_seconds
