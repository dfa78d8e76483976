"""The training of all adaptations, and their table: each is a row with its second loss."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.dataset import Examples, check_images, check_labels
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_choice, check_count, check_seed
from tlcourse.methods.adaptation import losses
from tlcourse.methods.adaptation.losses import Batch, SecondLoss, coral_transform
from tlcourse.methods.adaptation.network import build_domain_discriminator, build_network
from tlcourse.methods.supervised import attach_head, fit_logistic
from tlcourse.methods.training import BATCH_SIZE, CustomTraining, batch_indices, set_seed
from tlcourse.methods.validation import check_lengths
from tlcourse.models import letters_base, predict

# The same for all pairs of domains, since without labels there is nothing to choose them by.
STEPS, LEARNING_RATE = 200, 3e-3
_LETTERS_IMAGES = 1_000  # of each domain, for the methods on the letters base


@dataclass(frozen=True)
class Adaptation:
    """A way of learning for a target domain: a row of ``ADAPTATIONS``.

    Attributes:
        name: in tables.
        title: what figures call it.
        loss: the second loss, which looks at a batch of the target, too; None for no second loss.
        sees_labels: whether it has to be given labelled examples of the target. With a second
            loss that looks at them; without one they replace the source.
        pretraining: None for the small network; ``"letters"`` for a logistic regression on the
            frozen letters base, which has no second loss.
        transform: moves the features of the source towards those of the target, for letters.
    """

    name: str
    title: str
    loss: SecondLoss | None = None
    sees_labels: bool = False
    pretraining: str | None = None
    transform: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

    def train(
        self,
        source: Examples,
        target: np.ndarray,
        n_classes: int,
        seed: int,
        *,
        labelled: Examples | None = None,
        steps: int = STEPS,
        weight: float = 1.0,
    ) -> keras.Model:
        """Train on the source, and on what the method may see of the target.

        Args:
            source: labelled examples.
            target: float32 images ``(m, 28, 28, 1)``, 0 to 1, without labels; looked at by a
                second loss or a transform.
            n_classes: number of classes, the same in both domains.
            seed: chooses the random weights and the order of training, 0 to 2**32 - 1; on
                letters, which 1,000 images of each domain are used.
            labelled: labelled examples of the target; looked at if ``sees_labels``.
            steps: training steps of the small network: 64 images of the source each, and 64 of
                the target (all, if there are fewer) for a second loss.
            weight: how much the second loss counts in the end, in units of its usual weight, 0
                or more; with DANN it multiplies the reversed gradient alone, as λ does.

        Returns:
            A model from images to probabilities ``(n, n_classes)``.

        Raises:
            DataError: a label that is no class, no images of the target or no labelled examples
                where they are needed, a weight that is none; on letters, a class without an
                example in the source.
        """
        seed, steps = check_seed(seed), check_count(steps, "steps")
        if not 0 <= weight < np.inf:
            raise DataError(f"weight is a number, 0 or more, like 1; got {weight!r}.")
        if self.sees_labels:
            second = _labelled(labelled)
        elif self.loss is not None or self.transform is not None:
            second = _unlabelled(target)
        else:
            second = source.take(np.arange(0))
        if self.sees_labels and self.loss is None:
            source, second = second, source.take(np.arange(0))
        check_lengths(source.images, source.labels)
        for examples in (source, second):
            check_labels(examples.labels, n_classes)
        if self.pretraining == "letters":
            return _fit_on_letters(source, second.images, n_classes, seed, self.transform)
        return _train_network(source, second, n_classes, seed, steps, self.loss, weight)


# In the order in which figures and tables show them.
ADAPTATIONS = {
    method.name: method
    for method in (
        # Without adaptation: what the others must beat.
        Adaptation("source_only", "source only"),
        # Sun and Saenko (2016), "Deep CORAL".
        Adaptation("coral", "CORAL", losses.coral),
        # Tzeng et al. (2014), "Deep domain confusion"; Long et al. (2015), "Learning transferable
        # features with deep adaptation networks".
        Adaptation("mmd", "MMD", losses.mmd),
        # Ganin et al. (2016), "Domain-adversarial training of neural networks".
        Adaptation("dann", "DANN", losses.domain_adversarial),
        # Both mean losses count the same in the end.
        Adaptation(
            "joint_training", "source and labelled target", losses.target_labels, sees_labels=True
        ),
        # With all labels of the target: the oracle, which the others can hardly beat.
        Adaptation("target_only", "target only", sees_labels=True),
        Adaptation("letters_source_only", "letters features, source only", pretraining="letters"),
        # Sun, Feng and Saenko (2016), "Return of frustratingly easy domain adaptation".
        Adaptation(
            "letters_coral",
            "letters features, CORAL",
            pretraining="letters",
            transform=coral_transform,
        ),
    )
}


def get_adaptation(name: str) -> Adaptation:
    """Return the method of that name.

    Raises:
        DataError: there is none.
    """
    return ADAPTATIONS[check_choice(name, ADAPTATIONS, "adaptation")]


def weight_at(progress: float) -> float:
    """Return λ, how much the second loss counts: from 0 at progress 0 to almost 1 at 1.

    At first the features mean nothing, and there is nothing to align (Ganin et al., 2016).
    """
    return float(2 / (1 + np.exp(-10 * progress)) - 1)


def _unlabelled(images: np.ndarray) -> Examples:
    """Return images of the target with labels that nothing looks at."""
    images = check_images(images)
    if not len(images):
        raise DataError("Domain adaptation needs images of the target; there are none. Give some.")
    return Examples(images, np.zeros(len(images), np.int64))


def _labelled(labelled: Examples | None) -> Examples:
    if labelled is None or not len(labelled):
        raise DataError("This method needs labelled examples of the target; give labelled=...")
    return labelled


# --------------------------------------------------------------------------- the small network


@dataclass(frozen=True)
class _Setup:
    """A network with its training, traced once and used again by every run of a method."""

    model: keras.Model
    domain_discriminator: keras.Model | None
    training: CustomTraining


@functools.lru_cache(maxsize=8)
def _setup(loss: SecondLoss | None, n_classes: int, steps: int) -> _Setup:
    model, discriminator = _untrained(loss, n_classes)
    both = keras.Model(model.inputs[0], [model.get_layer("adaptation").output, model.outputs[0]])
    variables = list(model.trainable_variables)
    if discriminator is not None:
        variables += discriminator.trainable_variables

    def loss_fn(images, labels, target_images, target_labels, weight):
        n = tf.shape(images)[0]
        together = tf.concat([images, target_images], axis=0)
        features, probabilities = both(together, training=True)
        cross_entropies = keras.losses.sparse_categorical_crossentropy(labels, probabilities[:n])
        total = tf.reduce_mean(cross_entropies)
        if loss is not None:
            target = features[n:], probabilities[n:], target_labels
            total += loss(Batch(features[:n], *target, discriminator, weight))
        return total

    images, labels = tf.TensorSpec((None, 28, 28, 1)), tf.TensorSpec((None,), tf.int64)
    training = CustomTraining(
        loss_fn,
        variables,
        learning_rate=LEARNING_RATE,
        steps=steps,
        input_signature=[images, labels, images, labels, tf.TensorSpec(())],
    )
    return _Setup(model, discriminator, training)


def _untrained(loss: SecondLoss | None, n_classes: int) -> tuple[keras.Model, keras.Model | None]:
    adversarial = loss is losses.domain_adversarial
    return build_network(n_classes), build_domain_discriminator() if adversarial else None


def _train_network(
    source: Examples,
    target: Examples,
    n_classes: int,
    seed: int,
    steps: int,
    loss: SecondLoss | None,
    weight: float,
) -> keras.Model:
    setup = _setup(loss, n_classes, steps)  # before the seed: the first time it draws, too
    set_seed(seed)
    model, discriminator = _untrained(loss, n_classes)
    setup.model.set_weights(model.get_weights())
    if discriminator is not None:
        setup.domain_discriminator.set_weights(discriminator.get_weights())
    setup.training.run(_batches(source, target, seed, steps, weight))
    model.set_weights(setup.model.get_weights())
    return model


def _batches(
    source: Examples, target: Examples, seed: int, steps: int, weight: float
) -> Iterator[tuple[np.ndarray, ...]]:
    """Give for each step a batch of the source, one of the target (which may be empty), and λ."""
    rng = np.random.default_rng(seed)
    few = batch_indices(rng, len(source), steps, BATCH_SIZE)
    many = np.zeros((steps, 0), int)
    if len(target):
        many = batch_indices(rng, len(target), steps, BATCH_SIZE)
    for step, (here, there) in enumerate(zip(few, many, strict=True)):
        batch = source.images[here], source.labels[here], target.images[there], target.labels[there]
        yield *batch, np.float32(weight * weight_at(step / steps))


# ------------------------------------------------------------------------- on the letters base


def _fit_on_letters(
    source: Examples,
    target: np.ndarray,
    n_classes: int,
    seed: int,
    transform: Callable[[np.ndarray, np.ndarray], np.ndarray] | None,
) -> keras.Model:
    rng = np.random.default_rng(seed)
    some = source.take(rng.permutation(len(source))[:_LETTERS_IMAGES])
    present = len(np.unique(some.labels))
    if present < n_classes:
        raise DataError(
            f"This method needs examples of every class; of {n_classes} classes the source has "
            f"{present}. Add examples, or leave the other classes out."
        )
    base = letters_base()
    features = predict(base, some.images)
    if transform is not None:
        others = target[rng.permutation(len(target))[:_LETTERS_IMAGES]]
        features = transform(features, predict(base, others))
    return attach_head(base, *fit_logistic(features, some.labels))
