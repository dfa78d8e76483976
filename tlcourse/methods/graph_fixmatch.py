"""The best combination found: letters, label spreading and FixMatch, in turns."""

import keras
import numpy as np

from tlcourse.data.labels import Split
from tlcourse.methods.fixmatch import PseudoLabels, train_fixmatch
from tlcourse.methods.label_spreading import select_confident, spread_labels
from tlcourse.methods.training import set_seed, train
from tlcourse.models import add_head, extract_features, letters_base, unfreeze

LEARNING_RATE = 3e-3
# One round for each number: which fraction of the spread labels is used in it.
KEEP_FRACTIONS = (0.8, 0.9, 0.95)
STEPS = 500  # in a round
LABELLED_WEIGHT = 0.25  # as much as each unlabelled image
STEPS_ALL = 12_000  # when every image has a label


def graph_fixmatch(split: Split, seed: int) -> keras.Model:
    """Let a graph of features and a network teach each other, from the letters base on.

    In each round the labels spread over the graph of the features that the network has by then,
    and the network learns with FixMatch, its first pseudo-labels the clearest of them. Better
    features make a better graph in the next round. When all images have labels, nothing is left
    to spread, and the network learns from labels alone, every image augmented anew.

    Reference for graph and network in turns: Iscen et al. (2019), "Label propagation for deep
    semi-supervised learning".
    """
    seed = set_seed(seed)
    base, labelled = letters_base(), split.labelled
    unfreeze(base, train_batchnorm=True)
    model = add_head(base, split.n_classes)
    model.get_layer("head").set_weights(
        [np.zeros((384, split.n_classes)), np.zeros(split.n_classes)]
    )
    if not split.n_unlabelled:
        train(
            model,
            labelled.images,
            labelled.labels,
            learning_rate=LEARNING_RATE,
            seed=seed,
            steps=STEPS_ALL,
            augment=True,
        )
        return model
    unlabelled = split.unlabelled
    images = np.concatenate([labelled.images, unlabelled])
    for round_, keep_fraction in enumerate(KEEP_FRACTIONS):
        features = extract_features(base, images, cached=False)
        distributions = spread_labels(features, labelled.labels, split.n_classes)[len(labelled) :]
        mask = select_confident(distributions, keep_fraction)
        train_fixmatch(
            model,
            labelled,
            unlabelled,
            (seed + round_) % 2**32,
            steps=STEPS,
            learning_rate=LEARNING_RATE,
            labelled_weight=LABELLED_WEIGHT,
            pseudo_labels=PseudoLabels(distributions.argmax(axis=1), mask),
        )
    return model
