"""From scratch: no transfer at all, the baseline that every other method must beat."""

import keras

from tlcourse.data.labels import Split
from tlcourse.methods.training import train
from tlcourse.models import add_head, build_base

LEARNING_RATE = 2e-3


def scratch(split: Split, seed: int) -> keras.Model:
    """Train the base and a head from random weights on the labelled images alone."""
    return _from_random_weights(split, seed, augment=False)


def scratch_augmented(split: Split, seed: int) -> keras.Model:
    """Train from random weights, every image changed anew each time it is shown."""
    return _from_random_weights(split, seed, augment=True)


def _from_random_weights(split: Split, seed: int, *, augment: bool) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = add_head(build_base(), split.n_classes)
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=LEARNING_RATE,
        seed=seed,
        augment=augment,
    )
    return model
