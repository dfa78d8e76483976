"""From scratch: no transfer at all, the baseline that every other method must beat."""

import keras

from tlcourse.data.labels import Split
from tlcourse.methods.training import BATCH_SIZE, train
from tlcourse.models import add_head, build_base

LEARNING_RATE = 2e-3
# Processor seconds that learning the letters and fine-tuning take together, and what one update
# takes, about: for itself, and for each image. All on one thread; fixed, so that runs repeat.
_LONG, _UPDATE, _IMAGE = 70, 2.5e-3, 0.42e-3


def scratch(split: Split, seed: int) -> keras.Model:
    """Train the base and a head from random weights on the labelled images alone."""
    return _from_random_weights(split, seed, augment=False)


def scratch_augmented(split: Split, seed: int) -> keras.Model:
    """Train from random weights, every image changed anew each time it is shown."""
    return _from_random_weights(split, seed, augment=True)


def scratch_augmented_long(split: Split, seed: int) -> keras.Model:
    """Train like ``scratch_augmented``, for as long as fine-tuning takes with its pretraining.

    So that nothing that pretraining gains is owed to its time alone. Reference: He et al. (2019),
    "Rethinking ImageNet pre-training".
    """
    size = min(BATCH_SIZE, len(split.labelled))
    steps = round(_LONG / (_UPDATE + _IMAGE * size), -2)
    return _from_random_weights(split, seed, augment=True, steps=int(steps))


def _from_random_weights(
    split: Split, seed: int, *, augment: bool, steps: int | None = None
) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = add_head(build_base(), split.n_classes)
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=LEARNING_RATE,
        seed=seed,
        steps=steps,
        augment=augment,
    )
    return model
