"""The base CNN that the whole course uses, heads for it, and honest parameter counts."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_choice, check_count

# Filters, kernel size and stride of each convolution. Strides of 2 halve the map early, which
# is where a CPU spends its time: 28 -> 14 -> 14 -> 7 -> 7 -> 4 pixels a side.
_CONVOLUTIONS = ((32, 5, 2), (32, 3, 1), (64, 3, 2), (64, 3, 1), (96, 3, 2))


def build_base(name: str = "base") -> keras.Model:
    """Return the course's base CNN, untrained: images to features.

    Five times convolution, batch normalisation and ReLU; the ReLUs are named ``block_1`` to
    ``block_5``, for those who want the features of a certain depth.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to float32 features ``(n, 384)``.
        Its weights are drawn at random; ``keras.utils.set_random_seed`` chooses them.
    """
    x = images = keras.Input((28, 28, 1), name="images")
    for number, (filters, size, stride) in enumerate(_CONVOLUTIONS, start=1):
        x = layers.Conv2D(
            filters, size, strides=stride, padding="same", use_bias=False, name=f"conv_{number}"
        )(x)
        # The default momentum of 0.99 needs hundreds of updates; a few labels give fewer.
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        x = layers.ReLU(name=f"block_{number}")(x)
    # Averages over quarters of the 4×4 map. Averaging over all of it would forget where in the
    # image a stroke was; keeping all of it would be four times as many features.
    x = layers.AveragePooling2D(2, name="quarters")(x)
    return keras.Model(images, layers.Flatten(name="features")(x), name=name)


def add_head(base: keras.Model, n_classes: int) -> keras.Model:
    """Return ``base`` followed by a dense softmax head.

    Args:
        base: a model from images to a feature vector.
        n_classes: number of classes of the target task.

    Returns:
        A model from images to probabilities ``(n, n_classes)``.
    """
    images = keras.Input(base.input_shape[1:], name="images")
    probabilities = layers.Dense(n_classes, activation="softmax", name="head")(base(images))
    return keras.Model(images, probabilities, name=f"{base.name}_with_head")


def unfreeze(base: keras.Model, *, frozen_blocks: int = 0, train_batchnorm: bool = False) -> None:
    """Let a base learn, except for its batch normalisation and, if asked, its first blocks.

    What is frozen here is named layer by layer, because Keras 3 offers no shorter way that
    holds: batch normalisation stays in inference mode only if its layer is not ``trainable``.
    Calling the base with ``training=False`` inside a larger model is overruled by ``fit``.
    Compile (or ``tlcourse.methods.train``) afterwards. Taught in notebook 07.

    Args:
        base: any model; with ``frozen_blocks``, the course's own (``build_base``).
        frozen_blocks: how many blocks stay frozen, counted from the images, 0 to 5.
        train_batchnorm: let batch normalisation learn, too.

    Raises:
        DataError: ``frozen_blocks`` is no number of blocks of this base.
    """
    base.trainable = False  # or, where it is True already, the next line would reach no layer
    base.trainable = True
    for layer in leaves(base):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = train_batchnorm
    for block in range(1, check_count(frozen_blocks, "frozen_blocks", at_least=0) + 1):
        check_choice(f"conv_{block}", [layer.name for layer in base.layers], "layer")
        base.get_layer(f"conv_{block}").trainable = False
        base.get_layer(f"norm_{block}").trainable = False


def leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Give the layers of a model, those of the models inside it one by one."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


@dataclass(frozen=True)
class Parameters:
    """How many numbers a model consists of (batch normalisation's statistics included).

    Attributes:
        total: all of them.
        trainable: those that training changes.
    """

    total: int
    trainable: int


def predict(model: keras.Model, images: np.ndarray, *, batch_size: int = 500) -> np.ndarray:
    """Return what ``model`` gives for images, like ``model.predict``, without tracing it first.

    For the course's small networks, tracing takes longer than the images.

    Args:
        model: used in inference mode.
        images: float32, shape ``(n, ...)``, at least one.
        batch_size: how many images go through the model together.

    Returns:
        float32 array of shape ``(n, ...)``: the model's outputs.
    """
    starts = range(0, len(images), batch_size)
    return np.concatenate(
        [np.asarray(model(images[i : i + batch_size], training=False)) for i in starts]
    )


def accuracy(model: keras.Model, examples: Examples) -> float:
    """Return the share of examples, 0 to 1, that a classifier predicts correctly.

    Args:
        model: from images to probabilities (or logits), shape ``(n, n_classes)``.
        examples: labelled images.

    Raises:
        DataError: there are no examples.
    """
    if not len(examples):
        raise DataError("Accuracy needs examples to measure on; there are none. Give some.")
    return float((predict(model, examples.images).argmax(axis=1) == examples.labels).mean())


def count_parameters(model: keras.Model) -> Parameters:
    """Count the parameters of a model as it is set now."""
    trainable = sum(int(np.prod(weights.shape)) for weights in model.trainable_weights)
    return Parameters(total=model.count_params(), trainable=trainable)
