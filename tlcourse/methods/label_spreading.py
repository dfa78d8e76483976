"""Label spreading: labels pass from labelled images to their neighbours in feature space."""

import keras
import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.neighbors import kneighbors_graph
from threadpoolctl import threadpool_limits

from tlcourse.data.dataset import check_labels
from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split
from tlcourse.data.validation import check_count, check_fraction
from tlcourse.methods.supervised import attach_head, fit_head
from tlcourse.methods.validation import check_features
from tlcourse.models import extract_features, letters_base

N_NEIGHBORS, DIMENSIONS, STEPS = 5, 64, 100
ALPHA = 0.99  # how much of its label distribution an image takes from its neighbours in a step
_BALANCING_STEPS = 10


def label_spreading(split: Split, seed: int) -> keras.Model:
    """Spread the labels over the letters features of all images, then train a head on them.

    The unlabelled images teach the head as if their labels were true, so that it also knows
    images that are not in the graph.
    """
    base = letters_base()
    images = np.concatenate([split.labelled.images, split.unlabelled])
    features = extract_features(base, images, cached=False)
    distributions = spread_labels(features, split.labelled.labels, split.n_classes)
    head = fit_head(features, distributions.argmax(axis=1), split.n_classes, seed)
    return attach_head(base, *head)


def spread_labels(
    features: np.ndarray, labels: np.ndarray, n_classes: int, *, steps: int = STEPS
) -> np.ndarray:
    """Spread the labels of the first images to all of them, over the graph of nearest neighbours.

    Args:
        features: float32, not negative, shape ``(n, features)``; those with labels come first.
        labels: integers, shape ``(k,)``: the labels of the first ``k`` images.
        n_classes: number of classes.
        steps: how often the labels spread, 0 or more.

    Returns:
        float32, shape ``(n, n_classes)``, as from ``spread_over``.

    Raises:
        DataError: features that are negative or of another form, or labels that do not fit.
    """
    features, labels = check_features(features), check_labels(labels, n_classes)
    if len(labels) > len(features):
        raise DataError(
            f"Labels belong to the first images; got {len(labels):,} labels for "
            f"{len(features):,} images. Give the features of all of them."
        )
    missing = sorted(set(range(n_classes)).difference(labels.tolist()))
    if missing:
        raise DataError(
            f"Label spreading needs a labelled image of each class; there is none of class "
            f"{missing[0]}. Label one, or leave the class out."
        )
    steps = check_count(steps, "steps", at_least=0)
    return spread_over(knn_graph(features), labels, n_classes, steps=steps)


def spread_over(
    graph: sparse.csr_matrix,
    labels: np.ndarray,
    n_classes: int,
    *,
    steps: int = STEPS,
    balanced: bool = True,
) -> np.ndarray:
    """Spread the labels of the first images over a graph.

    Again and again, each image takes over the mean of its neighbours' label distributions, while
    the labelled ones return a little to their own labels. That is label spreading (Zhou et al.,
    2004); label propagation (Zhu and Ghahramani, 2002) resets the labelled ones in every step and
    scales the graph otherwise. In the end, beyond the paper, the classes are pushed towards equal
    sizes: that is knowledge about the classes, true of MNIST, which no label gave.

    Args:
        graph: as from ``knn_graph``, shape ``(n, n)``.
        labels: integers, shape ``(k,)``: the labels of the first ``k`` images, each class once
            at least.
        n_classes: number of classes.
        steps: how often the labels spread, 0 or more.
        balanced: push the classes towards equal sizes in the end.

    Returns:
        float32, shape ``(n, n_classes)``: the label distribution of each image; each row adds up
        to 1, and the labelled images hold their labels.

    Reference:
        Zhou et al. (2004), "Learning with local and global consistency".
    """
    one_hot = np.eye(n_classes, dtype=np.float32)[labels]
    start = np.zeros((graph.shape[0], n_classes), np.float32)
    start[: len(labels)] = one_hot / one_hot.sum(axis=0)  # each class starts with the same amount
    label_distributions = start
    for _ in range(steps):
        label_distributions = ALPHA * (graph @ label_distributions) + (1 - ALPHA) * start
    label_distributions = label_distributions + 1e-12  # where no label arrives: all the same
    if not balanced:
        label_distributions = label_distributions / label_distributions.sum(axis=1, keepdims=True)
    for _ in range(_BALANCING_STEPS if balanced else 0):
        label_distributions = label_distributions / label_distributions.sum(axis=0)
        label_distributions = label_distributions / label_distributions.sum(axis=1, keepdims=True)
    label_distributions[: len(labels)] = one_hot
    return label_distributions


def select_confident(label_distributions: np.ndarray, keep_fraction: float) -> np.ndarray:
    """Return which images have the clearest labels: of each class the given fraction of them.

    Args:
        label_distributions: as from ``spread_labels``, shape ``(n, n_classes)``.
        keep_fraction: 0 to 1.

    Returns:
        bool, shape ``(n,)``.
    """
    distributions = np.asarray(label_distributions)
    keep_fraction = check_fraction(keep_fraction, "keep_fraction")
    largest, second = -np.sort(-distributions, axis=1)[:, :2].T
    predicted, mask = distributions.argmax(axis=1), np.zeros(len(distributions), bool)
    for k in range(distributions.shape[1]):
        members = np.flatnonzero(predicted == k)
        clearest_first = members[np.argsort(second[members] - largest[members], kind="stable")]
        mask[clearest_first[: int(np.ceil(keep_fraction * len(members)))]] = True
    return mask


def knn_graph(features: np.ndarray) -> sparse.csr_matrix:
    """Return the graph of nearest neighbours, normalised so that labels neither grow nor fade.

    Args:
        features: float32, not negative, shape ``(n, features)``.

    Returns:
        float32, shape ``(n, n)``, symmetric; not 0 where one image is among the nearest of the
        other.

    Raises:
        DataError: features that are negative or of another form.
    """
    return normalized(neighbor_links(features))


def neighbor_links(features: np.ndarray) -> sparse.csr_matrix:
    """Return 1 where one image is among the nearest of the other, else 0; see ``knn_graph``."""
    features = check_features(features)
    if features.min() < 0:
        raise DataError(
            f"The graph needs features of 0 or more, like those after a ReLU; the smallest is "
            f"{features.min():g}. Take those of another layer, or subtract the minimum of each."
        )
    # Square roots keep a few large features from deciding alone; equal lengths make Euclidean
    # distance depend on the angle only; fewer dimensions make the search quick.
    rooted = np.sqrt(features)
    rooted /= np.linalg.norm(rooted, axis=1, keepdims=True) + 1e-12
    dimensions = min(DIMENSIONS, *rooted.shape)
    with threadpool_limits(1):
        reduced = PCA(dimensions, svd_solver="covariance_eigh").fit_transform(rooted)
        linked = kneighbors_graph(reduced, min(N_NEIGHBORS, len(features) - 1))
    return linked.maximum(linked.T).astype(np.float32)


def normalized(links: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return links divided by the square roots of the sums of their row and column."""
    scale = sparse.diags((1 / np.sqrt(links.sum(axis=1))).A1.astype(np.float32))
    return (scale @ links @ scale).tocsr()
