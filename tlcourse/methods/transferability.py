"""Transferability: a cheap score of how well a source's features will serve a target task."""

import numpy as np

from tlcourse.data.dataset import check_labels
from tlcourse.data.errors import DataError
from tlcourse.methods.validation import check_features, check_lengths

# Candidates for the ratio of noise to weights, relative to the largest squared singular value of
# the features, so that the unit of the features plays no part. Four hundred steps of 7 % find the
# maximum to the fourth decimal place.
_RATIOS = np.logspace(-8, 4, 400)


def logme(features: np.ndarray, labels: np.ndarray) -> float:
    """Return LogME, the logarithm of the maximum evidence of labels given features.

    For each class, the labels (1 for this class, 0 for all others) are taken for a weighted sum
    of the features plus noise, with weights that are random themselves. The evidence is how
    probable that makes the labels, averaged over all weights; the spreads of the weights and of
    the noise are those that make it largest. No head is trained, and nothing has to be tuned.

    The paper finds the two spreads by an iteration. Here the best noise is known for each ratio of
    the two, and the ratio is searched on a grid, which cannot be caught in a local maximum.

    Args:
        features: of labelled target images, shape ``(n, d)``, finite numbers.
        labels: their classes, shape ``(n,)``; two different ones at least.

    Returns:
        The log evidence for each example, averaged over the classes: the larger, the better the
        features. Only differences count, and only between scores for the same labelled images.

    Raises:
        DataError: features or labels of another form, or fewer than two classes.

    Reference:
        You et al. (2021), "LogME: Practical assessment of pre-trained models for transfer
        learning".
    """
    features = check_features(features).astype(np.float64)
    labels = check_labels(labels)
    check_lengths(features, labels)
    if len(np.unique(labels)) < 2:
        raise DataError(
            "Labels of two classes at least are needed to tell classes apart; label examples of "
            "another class too."
        )
    n = len(features)
    targets = (labels[:, None] == np.unique(labels)).astype(float)  # a column for each class
    directions, lengths, _ = np.linalg.svd(features, full_matrices=False)
    within = (directions.T @ targets) ** 2
    # What no weighted sum of the features can reach; rounding may leave a little less than 0.
    beyond = np.maximum((targets**2).sum(axis=0) - within.sum(axis=0), 0)
    # The labels' covariance is noise · (1 + F Fᵀ / ratio); these are its eigenvalues over noise.
    ratios = (lengths[0] ** 2 or 1.0) * _RATIOS
    eigenvalues = 1 + lengths**2 / ratios[:, None]
    noise = ((1 / eigenvalues) @ within + beyond) / n  # the best one, by ratio and class
    determinant = np.log(eigenvalues).sum(axis=1, keepdims=True) / n
    evidence = -0.5 * (np.log(2 * np.pi * noise) + 1 + determinant)
    return float(evidence.max(axis=0).mean())
