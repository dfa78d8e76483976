"""Domain adaptation: learn from a labelled source for a target whose images have no labels.

All methods share one small network, one training loop and one signature. They differ in a second
term of the loss, which looks at a batch of the target. Two more work on the frozen letters base.

Taught in notebook 10.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tlcourse.data.dataset import Examples, check_images, check_labels
from tlcourse.data.errors import DataError
from tlcourse.methods.fixmatch import batch_indices
from tlcourse.methods.frozen import join
from tlcourse.methods.training import BATCH_SIZE, reset_optimizer
from tlcourse.models import letters_base
from tlcourse.models.small import small_cnn

# Fixed once and for all pairs of domains: without labels there is nothing to choose them by.
STEPS, LEARNING_RATE = 200, 3e-3
FEATURES = 64  # numbers in the adaptation layer
CORAL_WEIGHT, MMD_WEIGHT = 1_000.0, 10.0  # so that the distance counts about as much as the labels

_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in units of the mean squared distance
_LETTERS_IMAGES = 1_000  # of each domain, for the methods on the letters base


# -------------------------------------------------------------------------------- the network


def build_network(n_classes: int) -> keras.Model:
    """Return the small network of all methods, untrained.

    The convolutions of ``small_cnn``, the dense *adaptation layer* whose features are to be alike
    in both domains (Tzeng et al., 2014), and a softmax head. No batch normalisation, whose
    statistics would mix the domains.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to probabilities
        ``(n, n_classes)``, with layers named ``adaptation`` (64 features, -1 to 1) and ``head``.
    """
    small = small_cnn()
    # Between -1 and 1, so that a distance between features means the same throughout training.
    adaptation = layers.Dense(FEATURES, activation="tanh", name="adaptation")
    head = layers.Dense(n_classes, activation="softmax", name="head")
    found = adaptation(small.get_layer("flat").output)
    return keras.Model(small.inputs[0], head(found), name="adapted")


def build_domain_discriminator() -> keras.Model:
    """Return an untrained network from features to one number: positive means "target"."""
    return keras.Sequential(
        [keras.Input((FEATURES,)), layers.Dense(64, activation="relu"), layers.Dense(1)],
        name="judge",
    )


def predict(model: keras.Model, images: np.ndarray, at_once: int = 500) -> np.ndarray:
    """Return what ``model`` gives for images, like ``predict``, which traces each model anew.

    For many small models that would take longer than the images.

    Args:
        model: in inference mode.
        images: float32, shape ``(n, 28, 28, 1)``, at least one.
        at_once: how many images go through the model together.
    """
    starts = range(0, len(images), at_once)
    return np.concatenate([np.asarray(model(images[i : i + at_once])) for i in starts])


def features(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the features of the adaptation layer, shape ``(n, 64)``.

    Args:
        model: from one of the methods that train the small network.
        images: float32, shape ``(n, 28, 28, 1)``.
    """
    return predict(keras.Model(model.inputs[0], model.get_layer("adaptation").output), images)


# ------------------------------------------------------------------------------- the distances


def coral_transform(source: np.ndarray, target: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Give source features the mean and the covariance of target features (CORAL).

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.
        ridge: added to the variance of each feature, in units of the mean variance of the source;
            more than 0, because a covariance of few images cannot be inverted.

    Returns:
        float32 array of the shape of ``source``.

    Reference:
        Sun, Feng and Saenko (2016), "Return of frustratingly easy domain adaptation".
    """
    extra = ridge * source.var(axis=0).mean() * np.eye(source.shape[1])

    def power(features: np.ndarray, exponent: float) -> np.ndarray:
        values, vectors = np.linalg.eigh(np.cov(features, rowvar=False) + extra)
        return (vectors * values**exponent) @ vectors.T

    white = (source - source.mean(axis=0)) @ power(source, -0.5)
    return (white @ power(target, 0.5) + target.mean(axis=0)).astype(np.float32)


def coral_loss(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return how far the covariances of two batches of features are apart, 0 or more.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.

    Reference:
        Sun and Saenko (2016), "Deep CORAL: Correlation alignment for deep domain adaptation".
    """
    difference = _covariance(source) - _covariance(target)
    return tf.reduce_sum(difference**2) / (4 * source.shape[1] ** 2)


def _covariance(features: tf.Tensor) -> tf.Tensor:
    centred = features - tf.reduce_mean(features, axis=0)
    degrees = tf.cast(tf.shape(features)[0] - 1, features.dtype)
    return tf.matmul(centred, centred, transpose_a=True) / degrees


def mmd_loss(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return the squared maximum mean discrepancy of two batches of features, 0 or more.

    With the mean of five Gaussian kernels, as wide as the features are apart on average, and
    half, a quarter, twice and four times as wide.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.

    Reference:
        Gretton et al. (2012), "A kernel two-sample test"; with several kernels, on layers of a
        network: Long et al. (2015), "Learning transferable features with deep adaptation
        networks".
    """
    together = tf.concat([source, target], axis=0)
    lengths = tf.reduce_sum(together**2, axis=1)
    products = tf.matmul(together, together, transpose_b=True)
    squares = tf.maximum(lengths[:, None] + lengths[None, :] - 2 * products, 0.0)
    # The yardstick is no way to make the distance smaller, so it passes no gradient on.
    typical = tf.stop_gradient(tf.reduce_mean(squares)) + 1e-9
    alike = tf.add_n([tf.exp(-squares / (width * typical)) for width in _WIDTHS]) / len(_WIDTHS)
    n = tf.shape(source)[0]
    within = tf.reduce_mean(alike[:n, :n]) + tf.reduce_mean(alike[n:, n:])
    return within - 2 * tf.reduce_mean(alike[:n, n:])


def gradient_reversal(x: tf.Tensor, strength: float | tf.Tensor) -> tf.Tensor:
    """Return ``x`` as it is; going back, its gradient is multiplied by ``-strength``."""
    return tf.stop_gradient((1 + strength) * x) - strength * x


# --------------------------------------------------------------------------- the training loop


class Batch(NamedTuple):
    """What a second term of the loss may look at.

    Attributes:
        source: features of a batch of the source, shape ``(n, 64)``.
        target: features of a batch of the target, shape ``(m, 64)``.
        guesses: probabilities for the target's images, shape ``(m, n_classes)``.
        labels: labels of the target's images, for the one method that has them.
        judge: tells domains apart by features; None but for DANN.
        strength: rises from 0 to 1 as training goes on.
    """

    source: tf.Tensor
    target: tf.Tensor
    guesses: tf.Tensor
    labels: tf.Tensor
    judge: keras.Model | None
    strength: tf.Tensor


def _coral_term(batch: Batch) -> tf.Tensor:
    return CORAL_WEIGHT * batch.strength * coral_loss(batch.source, batch.target)


def _mmd_term(batch: Batch) -> tf.Tensor:
    return MMD_WEIGHT * batch.strength * mmd_loss(batch.source, batch.target)


def _judge_term(batch: Batch) -> tf.Tensor:
    together = tf.concat([batch.source, batch.target], axis=0)
    pseudo_labels = batch.judge(gradient_reversal(together, batch.strength))[:, 0]
    domains = tf.concat([tf.zeros_like(batch.source[:, 0]), tf.ones_like(batch.target[:, 0])], 0)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(domains, pseudo_labels))


def _label_term(batch: Batch) -> tf.Tensor:
    losses = keras.losses.sparse_categorical_crossentropy(batch.labels, batch.guesses)
    return batch.strength * tf.reduce_mean(losses)


_Term = Callable[[Batch], tf.Tensor]


@dataclass(frozen=True)
class _Engine:
    """A network with its update, traced once and used again by every run of a method."""

    model: keras.Model
    judge: keras.Model | None
    optimizer: keras.optimizers.Optimizer
    update: Callable[..., None]

    def restart(self, model: keras.Model, judge: keras.Model | None) -> None:
        """Take over the weights of fresh networks, and forget the run before."""
        self.model.set_weights(model.get_weights())
        if self.judge is not None:
            self.judge.set_weights(judge.get_weights())
        reset_optimizer(self.optimizer)


@functools.lru_cache(maxsize=8)
def _engine(term: _Term | None, n_classes: int, steps: int) -> _Engine:
    model, judge = (
        build_network(n_classes),
        build_domain_discriminator() if term is _judge_term else None,
    )
    both = keras.Model(model.inputs[0], [model.get_layer("adaptation").output, model.outputs[0]])
    variables = model.trainable_variables + (judge.trainable_variables if judge is not None else [])
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build(variables)
    images = tf.TensorSpec((None, 28, 28, 1), tf.float32)
    labels = tf.TensorSpec((None,), tf.int64)
    strength = tf.TensorSpec((), tf.float32)

    @tf.function(
        input_signature=[images, labels, images, labels, strength],
        jit_compile=False,
    )
    def update(images, labels, others, other_labels, strength):
        n = tf.shape(images)[0]
        with tf.GradientTape() as tape:
            found, guesses = both(tf.concat([images, others], axis=0), training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, guesses[:n])
            loss = tf.reduce_mean(losses)
            if term is not None:
                batch = Batch(found[:n], found[n:], guesses[n:], other_labels, judge, strength)
                loss += term(batch)
        optimizer.apply(tape.gradient(loss, variables), variables)

    return _Engine(model, judge, optimizer, update)


def strength_at(progress: float) -> float:
    """Return how strongly the second term counts: from 0 at progress 0 to almost 1 at 1.

    At first the features mean nothing, and there is nothing to align (Ganin et al., 2016).
    """
    return float(2 / (1 + np.exp(-10 * progress)) - 1)


def _learn(
    source: Examples,
    n_classes: int,
    seed: int,
    steps: int,
    term: _Term | None = None,
    others: Examples | None = None,
) -> keras.Model:
    """Train the network on ``source``, with a second term that looks at ``others``."""
    check_labels(source.labels, n_classes)
    engine = _engine(term, n_classes, steps)  # before the seed: the first time it draws, too
    keras.utils.set_random_seed(seed)
    model, judge = (
        build_network(n_classes),
        None if engine.judge is None else build_domain_discriminator(),
    )
    engine.restart(model, judge)
    others = source.take(np.arange(0)) if others is None else others
    labels, other_labels = source.labels.astype(np.int64), others.labels.astype(np.int64)
    rng = np.random.default_rng(seed)
    few = batch_indices(rng, len(source), steps, BATCH_SIZE)
    many = batch_indices(rng, len(others), steps, BATCH_SIZE) if term else np.zeros((steps, 0), int)
    for step, (here, there) in enumerate(zip(few, many, strict=True)):
        engine.update(
            tf.constant(source.images[here]),
            tf.constant(labels[here]),
            tf.constant(others.images[there]),
            tf.constant(other_labels[there]),
            tf.constant(strength_at(step / steps), tf.float32),
        )
    model.set_weights(engine.model.get_weights())
    return model


def _unlabelled(images: np.ndarray) -> Examples:
    """Return images of the target with labels that nothing looks at."""
    check_images(images)
    if not len(images):
        raise DataError("Domain adaptation needs images of the target; there are none.")
    return Examples(images, np.zeros(len(images), np.int64))


def _known(labelled: Examples | None, n_classes: int) -> Examples:
    if labelled is None or not len(labelled):
        raise DataError("This method needs labelled examples of the target; give labelled=...")
    check_labels(labelled.labels, n_classes)
    return labelled


# --------------------------------------------------------------------------------- the methods
# One signature: source, target, n_classes, seed, and by name ``labelled`` (examples of the target,
# looked at by target_only and mixture alone) and ``updates``.


def source_only(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on the source and hope for the best: the floor.

    Args:
        source: labelled examples.
        target: float32 images ``(m, 28, 28, 1)`` without labels; not looked at here.
        n_classes: number of classes, the same in both domains.
        seed: chooses the random weights and the order of training.
        labelled: labelled examples of the target; not looked at here.
        steps: of 64 images each.

    Returns:
        A model from images to probabilities ``(n, n_classes)``.

    Raises:
        DataError: a label that is no class.
    """
    return _learn(source, n_classes, seed, steps)


def coral(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on the source, with ``coral_loss`` of the adaptation layer as a second loss.

    Arguments as for ``source_only``; each update sees 64 images of the target, too. Reference:
    Sun and Saenko (2016), "Deep CORAL".
    """
    return _learn(source, n_classes, seed, steps, _coral_term, _unlabelled(target))


def mmd(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on the source, with ``mmd_loss`` of the adaptation layer as a second loss.

    Arguments as for ``source_only``; each update sees 64 images of the target, too. Reference:
    Tzeng et al. (2014), "Deep domain confusion"; Long et al. (2015), "Learning transferable
    features with deep adaptation networks".
    """
    return _learn(source, n_classes, seed, steps, _mmd_term, _unlabelled(target))


def dann(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on the source, against a judge that tells the domains apart by the features.

    The judge learns as usual; through ``gradient_reversal`` the layers below learn to mislead it.
    Arguments as for ``source_only``; each update sees 64 images of the target, too. Reference:
    Ganin et al. (2016), "Domain-adversarial training of neural networks".
    """
    return _learn(source, n_classes, seed, steps, _judge_term, _unlabelled(target))


def joint_training(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on the source and on a few labelled examples of the target at once.

    Each update sees 64 examples of the source and 64 of the target (all, if there are fewer);
    both mean losses count the same in the end. Arguments as for ``source_only``; ``labelled`` has
    to be given.

    Raises:
        DataError: no labelled examples, or a label that is no class.
    """
    return _learn(source, n_classes, seed, steps, _label_term, _known(labelled, n_classes))


def target_only(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
    steps: int = STEPS,
) -> keras.Model:
    """Train on labelled examples of the target alone: with all of them, the ceiling.

    Arguments as for ``source_only``; ``labelled`` has to be given.

    Raises:
        DataError: no labelled examples, or a label that is no class.
    """
    return _learn(_known(labelled, n_classes), n_classes, seed, steps)


def letters_source_only(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
) -> keras.Model:
    """Fit a logistic regression to letters features of the source, as they are.

    Arguments as for ``source_only``; three classes or more. ``seed`` draws 1,000 images.
    """
    return _on_letters(source, target, n_classes, seed, align=False)


def letters_coral(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    *,
    labelled: Examples | None = None,
) -> keras.Model:
    """Fit a logistic regression to letters features of the source that ``recolour`` has moved.

    Arguments as for ``source_only``; three classes or more. ``seed`` draws 1,000 images of each
    domain. Reference: Sun, Feng and Saenko (2016), "Return of frustratingly easy domain
    adaptation".
    """
    return _on_letters(source, target, n_classes, seed, align=True)


def _on_letters(
    source: Examples, target: np.ndarray, n_classes: int, seed: int, *, align: bool
) -> keras.Model:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    some = source.take(rng.permutation(len(source))[:_LETTERS_IMAGES])
    check_labels(some.labels, n_classes)
    if n_classes < 3 or len(np.unique(some.labels)) < n_classes:
        raise DataError(
            f"This method needs three classes or more, and examples of each; of {n_classes} "
            f"classes the source has {len(np.unique(some.labels))}."
        )
    base = letters_base()
    found = predict(base, some.images)
    if align:
        others = _unlabelled(target).images
        others = others[rng.permutation(len(others))[:_LETTERS_IMAGES]]
        found = coral_transform(found, predict(base, others))
    with threadpool_limits(1):  # as in ``letters_logistic``
        solver = LogisticRegression(max_iter=1000).fit(found, some.labels)
    return join(base, solver.coef_.T, solver.intercept_)


@dataclass(frozen=True)
class Adaptation:
    """A way of learning for a target domain.

    Attributes:
        train: the function.
        title: what figures call it.
        sees_labels: whether it has to be given labelled examples of the target.
    """

    train: Callable[..., keras.Model]
    title: str
    sees_labels: bool = False

    @property
    def name(self) -> str:
        """Its name in tables: that of the function."""
        return self.train.__name__


# In the order in which figures and tables show them.
ADAPTATIONS = {
    method.name: method
    for method in (
        Adaptation(source_only, "source only"),
        Adaptation(coral, "CORAL"),
        Adaptation(mmd, "MMD"),
        Adaptation(dann, "DANN"),
        Adaptation(joint_training, "source and labelled target", sees_labels=True),
        Adaptation(target_only, "target only", sees_labels=True),
        Adaptation(letters_source_only, "letters features, source only"),
        Adaptation(letters_coral, "letters features, CORAL"),
    )
}


def get_adaptation(name: str) -> Adaptation:
    """Return the method of that name.

    Raises:
        DataError: there is none.
    """
    if name not in ADAPTATIONS:
        raise DataError(
            f"There is no way of adapting named {name!r}; choose from {', '.join(ADAPTATIONS)}."
        )
    return ADAPTATIONS[name]
