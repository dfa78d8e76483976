"""Graph propagation: labels spread from labelled images to their neighbours in feature space."""

import keras
import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.neighbors import kneighbors_graph
from threadpoolctl import threadpool_limits

from tlcourse.data.labels import Split
from tlcourse.methods.frozen import fit_head, join
from tlcourse.models import extract_features, letters_base

N_NEIGHBORS, DIMENSIONS, STEPS, ALPHA = 5, 64, 100, 0.01


def label_spreading(split: Split, seed: int) -> keras.Model:
    """Spread the labels over the letters features of all images, then train a head on them.

    The unlabelled images teach the head as if their labels were true, so that it also knows
    images that are not in the graph.
    """
    base = letters_base()
    images = np.concatenate([split.labelled.images, split.unlabelled])
    features = extract_features(base, images, cached=False)
    shares = spread_labels(features, split.labelled.labels, split.n_classes)
    return join(base, *fit_head(features, shares.argmax(axis=1), split.n_classes, seed))


def spread_labels(
    features: np.ndarray, labels: np.ndarray, n_classes: int, *, steps: int = STEPS
) -> np.ndarray:
    """Spread the labels of the first images to all of them.

    Every image is joined to its nearest neighbours. Then all images, again and again, take over
    the mean of their neighbours' opinions, while the labelled ones hold to their own a little.
    In the end the classes are pushed towards equal sizes.

    Args:
        features: float32, not negative, shape ``(n, features)``; those with labels come first.
        labels: integers, shape ``(k,)``: the labels of the first ``k`` images.
        n_classes: number of classes.
        steps: how often the labels spread, 0 or more.

    Returns:
        float32, shape ``(n, n_classes)``: how much each class has a share in each image; each
        row adds up to 1, and the labelled images hold their labels.

    Reference:
        Zhou et al. (2004), "Learning with local and global consistency".
    """
    spread_by = knn_graph(features)
    known = np.eye(n_classes, dtype=np.float32)[labels]
    start = np.zeros((len(features), n_classes), np.float32)
    start[: len(labels)] = known / known.sum(axis=0)  # each class starts with the same amount
    shares = start
    for _ in range(steps):
        shares = (1 - ALPHA) * (spread_by @ shares) + ALPHA * start
    shares = shares + 1e-12  # parts of the graph that no label reaches: no opinion
    for _ in range(10):
        shares = shares / shares.sum(axis=0)
        shares = shares / shares.sum(axis=1, keepdims=True)
    shares[: len(labels)] = known
    return shares


def select_confident(shares: np.ndarray, share: float) -> np.ndarray:
    """Return which images have the clearest opinions: for each class the given share of them.

    Args:
        shares: as from ``propagate``.
        share: 0 to 1.

    Returns:
        bool, shape ``(n,)``.
    """
    first, second = -np.sort(-shares, axis=1)[:, :2].T
    chosen = np.zeros(len(shares), bool)
    for k in range(shares.shape[1]):
        members = np.flatnonzero(shares.argmax(axis=1) == k)
        surest_first = members[np.argsort(second[members] - first[members], kind="stable")]
        chosen[surest_first[: int(np.ceil(share * len(members)))]] = True
    return chosen


def knn_graph(features: np.ndarray) -> sparse.csr_matrix:
    """Return the graph of nearest neighbours, scaled so that opinions neither grow nor fade.

    Args:
        features: float32, not negative, shape ``(n, features)``.

    Returns:
        float32, shape ``(n, n)``, symmetric; not 0 where one image is among the nearest of the
        other.
    """
    # Square roots keep a few large features from deciding alone; equal lengths make Euclidean
    # distance depend on the angle only; fewer dimensions make the search quick.
    rooted = np.sqrt(features)
    rooted /= np.linalg.norm(rooted, axis=1, keepdims=True) + 1e-12
    dimensions = min(DIMENSIONS, *rooted.shape)
    with threadpool_limits(1):
        reduced = PCA(dimensions, svd_solver="covariance_eigh").fit_transform(rooted)
        joined = kneighbors_graph(reduced, min(N_NEIGHBORS, len(features) - 1))
    joined = joined.maximum(joined.T).astype(np.float32)
    scale = sparse.diags((1 / np.sqrt(joined.sum(axis=1))).A1.astype(np.float32))
    return (scale @ joined @ scale).tocsr()
