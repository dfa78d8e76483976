"""Threshold dynamics: labels diffuse over a graph, each image decides, and again."""

import numpy as np
from scipy import sparse

STEPS = 10  # of diffusion between two decisions
_MAX_DECISIONS = 30
_SETTLED = 1e-4  # the share of images that still change their minds


def threshold_dynamics(
    graph: sparse.csr_matrix,
    distributions: np.ndarray,
    labels: np.ndarray,
    *,
    size_range: float | None = 0.15,
) -> np.ndarray:
    """Smooth the labels of all images over a graph until hardly any of them changes.

    Label spreading stops at shares of labels. Here each image decides for one class, the decisions
    diffuse for some steps, and all decide anew: the borders between classes move to where few
    links cross them, wherever they began. So it matters little which images had labels, as long as
    most of each cluster begins with the right one.

    Args:
        graph: as from ``label_spreading.knn_graph``, shape ``(n, n)``.
        distributions: where to begin, shape ``(n, n_classes)``, as from ``spread_over``.
        labels: integers, shape ``(k,)``: the labels of the first ``k`` images, which they hold.
        size_range: by which share of the mean size of a class a class may be larger or smaller;
            None for any size. Like ``balanced`` of ``spread_over``, this is knowledge about the
            classes that no label gave.

    Returns:
        float32, shape ``(n, n_classes)``: the shares of the last diffusion, each row adding up to
        1; the labelled images hold their labels.

    Reference:
        Garcia-Cardona et al. (2014), "Multiclass data segmentation using diffuse interface methods
        on graphs"; for one function instead of classes, Merriman, Bence and Osher (1992).
    """
    n_classes = distributions.shape[1]
    one_hot = np.eye(n_classes, dtype=np.float32)
    decisions = distributions.argmax(axis=1)
    for _ in range(_MAX_DECISIONS):
        shares = one_hot[decisions]
        for _ in range(STEPS):
            shares = graph @ shares
        if size_range is not None:
            shares = shares * _weights(shares, size_range)
        shares[: len(labels)] = one_hot[labels]
        before, decisions = decisions, shares.argmax(axis=1)
        if (before != decisions).mean() < _SETTLED:
            break
    shares = shares + 1e-12  # where no label arrives: all the same
    return shares / shares.sum(axis=1, keepdims=True)


def _weights(shares: np.ndarray, size_range: float) -> np.ndarray:
    """Return a weight for each class that brings the sizes of the classes into their range.

    Where that cannot be, because images of a part of the graph all have the same shares, it
    returns the weights that came nearest to it.
    """
    n_classes = shares.shape[1]
    mean = len(shares) / n_classes
    weights, best, least = np.ones(n_classes), np.ones(n_classes), np.inf
    for _ in range(100):
        sizes = np.bincount((shares * weights).argmax(axis=1), minlength=n_classes)
        allowed = np.clip(sizes, (1 - size_range) * mean, (1 + size_range) * mean)
        beyond = np.abs(sizes - allowed).sum()
        if beyond < least:
            best, least = weights, beyond
        if not beyond:
            break
        weights = weights * np.sqrt(allowed / np.maximum(sizes, 1))
        weights = np.clip(weights / weights.mean(), 1e-6, None)
    return best.astype(np.float32)
