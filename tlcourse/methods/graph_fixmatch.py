"""The best combination found: letters, a graph of all images, and FixMatch, in turns."""

import keras
import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter

from tlcourse.data.labels import Split
from tlcourse.methods.fixmatch import PseudoLabels, train_fixmatch
from tlcourse.methods.label_spreading import (
    neighbor_links,
    normalized,
    select_confident,
    spread_over,
)
from tlcourse.methods.threshold_dynamics import threshold_dynamics
from tlcourse.methods.training import set_seed
from tlcourse.models import add_head, extract_features, letters_base, unfreeze

ROUNDS, STEPS, LEARNING_RATE = 3, 500, 3e-3  # steps in a round
KEEP_FRACTION = 0.95  # of the labels from the graph, the clearest
LABELLED_WEIGHT = 0.25  # as much as each unlabelled image
PIXEL_WEIGHT, BLUR = 0.3, 1.0  # of a link between pixels; in pixels, standard deviation
SIZE_RANGE = 0.15  # by which share of the mean the sizes of the classes may differ from it


def graph_fixmatch(split: Split, seed: int) -> keras.Model:
    """Let a graph of all images and a network teach each other, from the letters base on.

    In each round the labels spread over the graph of the features that the network has by then,
    ``threshold_dynamics`` makes the most of them, and the network learns with FixMatch, its first
    pseudo-labels the clearest of them. Better features make a better graph in the next round. The
    first graph, of the letters features, also has links between images alike in their pixels.

    Two things help beside the labels. The classes are known to be about equally frequent; without
    that it is ``graph_fixmatch_unbalanced``. And the settings were chosen on training images with
    their labels (5,000 for FixMatch, all of them for the graph).

    Reference for graph and network in turns: Iscen et al. (2019), "Label propagation for deep
    semi-supervised learning".
    """
    return _in_turns(split, seed, balanced=True)


def graph_fixmatch_unbalanced(split: Split, seed: int) -> keras.Model:
    """Learn as in ``graph_fixmatch``, without knowing that the classes are equally frequent."""
    return _in_turns(split, seed, balanced=False)


def first_links(features: np.ndarray, images: np.ndarray) -> sparse.csr_matrix:
    """Return the links of the first graph: between features, and weaker ones between pixels.

    Args:
        features: float32, not negative, shape ``(n, features)``.
        images: float32, shape ``(n, 28, 28, 1)``, the same in the same order.

    Returns:
        float32, shape ``(n, n)``, symmetric.
    """
    blurred = gaussian_filter(images[..., 0], (0, BLUR, BLUR)).reshape(len(images), -1)
    return neighbor_links(features) + PIXEL_WEIGHT * neighbor_links(blurred)


def labels_over(
    links: sparse.csr_matrix, labels: np.ndarray, n_classes: int, *, balanced: bool = True
) -> np.ndarray:
    """Return the label distributions that links between images give: spread, then sharpened.

    Args:
        links: as from ``first_links``, shape ``(n, n)``.
        labels: integers, shape ``(k,)``: the labels of the first ``k`` images, each class once at
            least.
        n_classes: number of classes.
        balanced: use that the classes are about equally frequent.

    Returns:
        float32, shape ``(n, n_classes)``, each row adding up to 1.
    """
    graph = normalized(links)
    start = spread_over(graph, labels, n_classes, balanced=balanced)
    return threshold_dynamics(graph, start, labels, size_range=SIZE_RANGE if balanced else None)


def _in_turns(split: Split, seed: int, *, balanced: bool) -> keras.Model:
    seed = set_seed(seed)
    base, labelled, unlabelled = letters_base(), split.labelled, split.unlabelled
    unfreeze(base, train_batchnorm=True)
    model = add_head(base, split.n_classes)
    model.get_layer("head").set_weights(
        [np.zeros((384, split.n_classes)), np.zeros(split.n_classes)]
    )
    images = np.concatenate([labelled.images, unlabelled])
    for round_ in range(ROUNDS):
        features = extract_features(base, images, cached=False)
        links = neighbor_links(features) if round_ else first_links(features, images)
        distributions = labels_over(links, labelled.labels, split.n_classes, balanced=balanced)
        distributions = distributions[len(labelled) :]
        mask = select_confident(distributions, KEEP_FRACTION)
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
