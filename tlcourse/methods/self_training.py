"""Semi-supervised learning by pseudo-labels: the network's own answers become labels."""

import keras
import numpy as np

from tlcourse.data.labels import Split, check_unlabelled
from tlcourse.methods.scratch import LEARNING_RATE, scratch_augmented
from tlcourse.methods.training import BATCH_SIZE, train

ROUNDS, STEPS = 2, 400


def pseudo_label(split: Split, seed: int) -> keras.Model:
    """Train from scratch with augmentation, label unlabelled images, learn from them, and again.

    In each round the network answers for images that it has not seen yet, and learns its answers
    together with the true labels, whether it was sure of them or not.

    Raises:
        DataError: there are no unlabelled images.

    Reference:
        Lee (2013), "Pseudo-Label: The simple and efficient semi-supervised learning method for
        deep neural networks", who lets the answers change with every update.
    """
    unlabelled = split.unlabelled
    check_unlabelled(unlabelled)
    model = scratch_augmented(split, seed)
    size = STEPS * BATCH_SIZE
    order = np.random.default_rng(seed).permutation(len(unlabelled))
    for round_ in range(ROUNDS):
        new = unlabelled[np.take(order, range(round_ * size, (round_ + 1) * size), mode="wrap")]
        answers = model.predict(new, batch_size=256, verbose=0).argmax(axis=1)
        train(
            model,
            np.concatenate([split.labelled.images, new]),
            np.concatenate([split.labelled.labels, answers]),
            learning_rate=LEARNING_RATE,
            seed=seed,
            steps=STEPS,
            augment=True,
        )
    return model
