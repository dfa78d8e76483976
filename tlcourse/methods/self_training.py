"""Self-training: a network's own predictions become labels, the pseudo-labels."""

import keras
import numpy as np

from tlcourse.data.labels import Split, check_unlabelled
from tlcourse.methods.supervised import SCRATCH_RATE, scratch_augmented
from tlcourse.methods.training import BATCH_SIZE, train
from tlcourse.models import predict

ROUNDS, STEPS = 2, 400


def pseudo_label(split: Split, seed: int) -> keras.Model:
    """Train from scratch with augmentation, label unlabelled images, learn from them, and again.

    In each round the network predicts the classes of images that it has not seen yet, and learns
    its predictions together with the true labels, whether it was confident or not.

    Raises:
        DataError: there are no unlabelled images.

    Reference:
        Lee (2013), "Pseudo-Label: The simple and efficient semi-supervised learning method for
        deep neural networks", where the pseudo-labels change with every update.
    """
    unlabelled = split.unlabelled
    check_unlabelled(unlabelled)
    model = scratch_augmented(split, seed)
    size = STEPS * BATCH_SIZE
    order = np.random.default_rng(seed).permutation(len(unlabelled))
    for round_ in range(ROUNDS):
        new = unlabelled[np.take(order, range(round_ * size, (round_ + 1) * size), mode="wrap")]
        pseudo_labels = predict(model, new).argmax(axis=1)
        train(
            model,
            np.concatenate([split.labelled.images, new]),
            np.concatenate([split.labelled.labels, pseudo_labels]),
            learning_rate=SCRATCH_RATE,
            seed=seed,
            steps=STEPS,
            augment=True,
        )
    return model
