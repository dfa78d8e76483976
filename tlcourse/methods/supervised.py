"""Learning from labels alone: from scratch, on a frozen base, or with fine-tuning."""

import keras
import numpy as np

from tlcourse.data.labels import Split
from tlcourse.data.validation import check_seed
from tlcourse.methods.training import BATCH_SIZE, set_seed, train
from tlcourse.methods.validation import check_features
from tlcourse.models import (
    add_head,
    build_base,
    extract_features,
    imagenet_base,
    letters_base,
    unfreeze,
)

IMAGENET_BEST = {"layer": "block_13_expand_relu", "size": 96, "pooling": "quarters"}
SCRATCH_RATE, HEAD_RATE, FINE_TUNING_RATE = 2e-3, 1e-3, 2e-4  # learning rates at the start

# Processor seconds that pretraining on letters and fine-tuning take together, and what one step
# takes, about: for itself, and for each image. All on one thread; fixed, so that runs repeat.
_LONG_SECONDS, _SECONDS_PER_STEP, _SECONDS_PER_IMAGE = 70, 2.5e-3, 0.42e-3
_RANDOM_PASSES, _RANDOM_IMAGES = 50, 256  # a momentum of 0.9 has forgotten its start by then


# ------------------------------------------------------------------------------- from scratch


def scratch(split: Split, seed: int) -> keras.Model:
    """Train the base and a head from random weights on the labelled images: no transfer."""
    return _from_random_weights(split, seed, augment=False)


def scratch_augmented(split: Split, seed: int) -> keras.Model:
    """Train from random weights, every image augmented anew each time it is shown."""
    return _from_random_weights(split, seed, augment=True)


def scratch_augmented_long(split: Split, seed: int) -> keras.Model:
    """Train like ``scratch_augmented``, for as long as fine-tuning takes with its pretraining.

    So that nothing that pretraining gains is owed to its time alone. Reference: He et al. (2019),
    "Rethinking ImageNet pre-training".
    """
    size = min(BATCH_SIZE, len(split.labelled))
    steps = round(_LONG_SECONDS / (_SECONDS_PER_STEP + _SECONDS_PER_IMAGE * size), -2)
    return _from_random_weights(split, seed, augment=True, steps=int(steps))


def _from_random_weights(
    split: Split, seed: int, *, augment: bool, steps: int | None = None
) -> keras.Model:
    set_seed(seed)
    model = add_head(build_base(), split.n_classes)
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=SCRATCH_RATE,
        seed=seed,
        steps=steps,
        augment=augment,
    )
    return model


# ---------------------------------------------------------- feature extraction, on a frozen base


def letters_frozen(split: Split, seed: int) -> keras.Model:
    """Extract the letters features once, then train a dense softmax head on them.

    Taught in notebook 06. Reference: Donahue et al. (2014), "DeCAF: A deep convolutional
    activation feature for generic visual recognition".
    """
    return train_head(letters_base(), split, seed)


def random_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on a base that never learned anything: what every frozen base must beat.

    Only its batch normalisation has seen the labelled images, without which the features of
    random weights would be too small to learn from.
    """
    set_seed(seed)
    base = build_base("random_base")
    for _ in range(_RANDOM_PASSES):
        base(split.labelled.images[:_RANDOM_IMAGES], training=True)
    return train_head(base, split, seed)


def imagenet_frozen(split: Split, seed: int) -> keras.Model:
    """Train a head on MobileNetV2 up to its best layer, trained on ImageNet's photographs.

    Notebook 06 compares the layers.
    """
    return train_head(imagenet_base(pooling="avg"), split, seed)


def letters_logistic(split: Split, seed: int) -> keras.Model:
    """Extract the letters features once, then fit a logistic regression to them.

    The same head as a dense softmax layer, but found by a solver that runs until it has
    converged, with an L2 penalty instead of a number of steps; ``seed`` plays no part.
    """
    return _logistic_head(letters_base(), split, seed)


def imagenet_logistic(split: Split, seed: int) -> keras.Model:
    """Fit a logistic regression to MobileNetV2 as it serves the digits best.

    Layer, size, pooling and scaling were chosen on training images; see
    ``benchmarks/imagenet_features.py``.
    """
    return _logistic_head(imagenet_base(**IMAGENET_BEST), split, seed)


def _logistic_head(base: keras.Model, split: Split, seed: int) -> keras.Model:
    check_seed(seed)
    features = extract_features(base, split.labelled.images, cached=False)
    return attach_head(base, *fit_logistic(features, split.labelled.labels))


def fit_logistic(
    features: np.ndarray, labels: np.ndarray, *, C: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression; arguments and return values as of ``fit_head``.

    ``C`` is scikit-learn's: the smaller, the stronger the penalty on large weights.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # So small a problem gains nothing from threads, and loses much when other work waits for
    # the same cores.
    with threadpool_limits(1):
        solver = LogisticRegression(C=C, max_iter=1000).fit(features, labels)
    kernel, bias = solver.coef_.T, solver.intercept_
    if len(bias) == 1:  # scikit-learn's one column for two classes: class 1 against class 0
        kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0 * bias, bias)
    return kernel, bias


def train_head(base: keras.Model, split: Split, seed: int) -> keras.Model:
    """Train a dense softmax head on the features that ``base`` gives for the labelled images.

    ``base`` is set to ``trainable=False``; the model consists of it and the head.
    """
    check_seed(seed)  # before the features, which take their time
    # Not from the cache: a training time must not depend on what was computed before it.
    features = extract_features(base, split.labelled.images, cached=False)
    return attach_head(base, *fit_head(features, split.labelled.labels, split.n_classes, seed))


def fit_head(
    features: np.ndarray, labels: np.ndarray, n_classes: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Train a dense softmax layer on features.

    Args:
        features: float32, shape ``(n, features)``.
        labels: integers, shape ``(n,)``.
        n_classes: number of classes.
        seed: chooses the order of training.

    Returns:
        Its kernel, shape ``(features, n_classes)``, and its bias, shape ``(n_classes,)``.

    Raises:
        DataError: features or labels of another form.
    """
    features = check_features(features)
    set_seed(seed)
    # With zeros, all classes are equally probable at the start; random weights would be noise
    # that ten labels cannot fully correct.
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            keras.layers.Dense(n_classes, "softmax", kernel_initializer="zeros"),
        ]
    )
    train(head, features, labels, learning_rate=HEAD_RATE, seed=seed)
    return head.get_weights()


def attach_head(base: keras.Model, kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    """Return ``base``, set to ``trainable=False``, with a softmax head as from ``fit_head``."""
    base.trainable = False
    model = add_head(base, len(bias))
    model.get_layer("head").set_weights([kernel, bias])
    return model


# -------------------------------------------------------------------------------- fine-tuning


def letters_finetuned(split: Split, seed: int) -> keras.Model:
    """Train a head on the frozen letters base, then fine-tune all layers together.

    Batch normalisation stays frozen, with the statistics of the source task. Taught in
    notebook 07. Reference for head first, then all: Kumar et al. (2022), "Fine-tuning can distort
    pretrained features and underperform out-of-distribution".
    """
    return fine_tune(letters_base(), split, seed, augment=False)


def letters_finetuned_augmented(split: Split, seed: int) -> keras.Model:
    """Fine-tune as in ``letters_finetuned``, every image augmented anew each time it is shown."""
    return fine_tune(letters_base(), split, seed, augment=True)


def imagenet_finetuned(split: Split, seed: int) -> keras.Model:
    """Fine-tune MobileNetV2 from ImageNet's photographs, its batch normalisation frozen."""
    return fine_tune(imagenet_base(pooling="avg"), split, seed, augment=False)


def fine_tune(
    base: keras.Model,
    split: Split,
    seed: int,
    *,
    augment: bool,
    learning_rate: float = FINE_TUNING_RATE,
    train_batchnorm: bool = False,
) -> keras.Model:
    """Train a head on a pretrained base, then both together.

    Args:
        base: from images to a feature vector.
        split: the labelled images.
        seed: chooses the order of training and the augmentation.
        augment: augment every image anew each time it is shown, while all layers learn.
        learning_rate: of that second stage, at the start.
        train_batchnorm: let batch normalisation learn in the second stage, too.
    """
    model = train_head(base, split, seed)
    unfreeze(base, train_batchnorm=train_batchnorm)  # ``train`` compiles again, as it must
    train(
        model,
        split.labelled.images,
        split.labelled.labels,
        learning_rate=learning_rate,
        seed=seed,
        augment=augment,
    )
    return model
