"""Feature extraction: the pretrained base stays as it is, and only a head is trained."""

import keras
import numpy as np

from tlcourse.data.labels import Split
from tlcourse.methods.training import train
from tlcourse.models import add_head, compute_features, letters_base

LEARNING_RATE = 1e-3


def letters_frozen(split: Split, seed: int) -> keras.Model:
    """Compute the letters features once, then train a dense softmax head on them.

    Taught in notebook 06. Reference: Donahue et al. (2014), "DeCAF: A deep convolutional
    activation feature for generic visual recognition".
    """
    base = letters_base()
    # Not from the cache: a training time must not depend on what was computed before it.
    features = compute_features(base, split.labelled.images, cached=False)
    keras.utils.set_random_seed(seed)
    # With zeros, the head starts without an opinion; random weights would be noise that ten
    # labels cannot fully correct.
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            keras.layers.Dense(split.n_classes, "softmax", kernel_initializer="zeros"),
        ]
    )
    train(
        head,
        features,
        split.labelled.labels,
        learning_rate=LEARNING_RATE,
        seed=seed,
    )
    return join(base, *head.get_weights())


def letters_logistic(split: Split, seed: int) -> keras.Model:
    """Compute the letters features once, then fit a logistic regression to them.

    The same head as a dense softmax layer, but found by a solver that runs until it has
    converged, with an L2 penalty instead of a number of updates; ``seed`` plays no part.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    base = letters_base()
    features = compute_features(base, split.labelled.images, cached=False)
    # So small a problem gains nothing from threads, and loses much when other work waits for
    # the same cores.
    with threadpool_limits(1):
        solver = LogisticRegression(max_iter=1000).fit(features, split.labelled.labels)
    kernel, bias = solver.coef_.T, solver.intercept_
    if split.n_classes == 2:  # scikit-learn then keeps one column: for class 1 against class 0
        kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0 * bias, bias)
    return join(base, kernel, bias)


def join(base: keras.Model, kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    """Return the frozen base followed by a dense softmax head with the given weights.

    Args:
        base: a model from images to a feature vector; it is set to ``trainable=False``.
        kernel: shape ``(features, n_classes)``.
        bias: shape ``(n_classes,)``.
    """
    base.trainable = False
    model = add_head(base, len(bias))
    model.get_layer("head").set_weights([kernel, bias])
    return model
