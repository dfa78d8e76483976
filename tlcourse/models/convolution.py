"""Convolution by hand, its companions, LeNet-5, and what networks cost (notebook 02)."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import keras
import numpy as np
from scipy.special import expit

from tlcourse.data.errors import DataError

# Each kernel's numbers are exact in binary, so that text boxes can show them and lose nothing.
KERNELS = {
    "unchanged": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32),
    "blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float32) / 16,
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], dtype=np.float32),
    "vertical edges": np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], dtype=np.float32),
    "horizontal edges": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], dtype=np.float32),
    "outline": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], dtype=np.float32),
}
ACTIVATIONS = ("sigmoid", "tanh", "ReLU")

_COUNTED = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


# --------------------------------------------------------------------- what notebook 02 shows


def patches(image: np.ndarray, size: int, stride: int = 1) -> np.ndarray:
    """Cut all square patches out of an image, as they are met row by row.

    Args:
        image: one channel, shape ``(height, width)``.
        size: side of a patch in pixels.
        stride: pixels from one patch to the next, to the right and downwards.

    Returns:
        Shape ``(rows, columns, size, size)``: the patch at each place.

    Raises:
        DataError: more than one channel, a patch larger than the image, or no stride.
    """
    _check(image, size, stride)
    rows = range(0, image.shape[0] - size + 1, stride)
    columns = range(0, image.shape[1] - size + 1, stride)
    return np.array([[image[r : r + size, c : c + size] for c in columns] for r in rows])


def convolve(
    image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Convolve an image with a kernel, as deep learning does it: without mirroring the kernel.

    Args:
        image: one channel, shape ``(height, width)``.
        kernel: shape ``(k, k)``.
        stride: pixels from one place to the next.
        padding: rows and columns of zeros that are put around the image first, on all sides.

    Returns:
        The feature map, shape ``(rows, columns)``, with ``(height + 2 padding - k) // stride + 1``
        rows, and columns likewise.

    Raises:
        DataError: more than one channel, a kernel that is not square or too large, or no stride.
    """
    _check_kernel(kernel)
    found = patches(np.pad(image, padding), len(kernel), stride)
    return (found * kernel).sum(axis=(2, 3))


def pool(
    image: np.ndarray, size: int = 2, stride: int | None = None, how: str = "max"
) -> np.ndarray:
    """Pool an image or a feature map: one number for each window.

    Args:
        image: one channel, shape ``(height, width)``.
        size: side of a window.
        stride: from one window to the next; if None, the windows lie side by side.
        how: ``"max"`` for the largest number of each window, ``"average"`` for the mean.

    Returns:
        Shape ``(rows, columns)``.

    Raises:
        DataError: more than one channel, a window larger than the image, or another ``how``.
    """
    reduce = _named(how, {"max": np.max, "average": np.mean}, "way of pooling")
    return reduce(patches(image, size, size if stride is None else stride), axis=(2, 3))


def activate(name: str, x: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of an activation function and its gradients (slopes).

    Args:
        name: one of ``ACTIVATIONS``.
        x: inputs, any shape.

    Returns:
        Two arrays of the shape of ``x``. The gradient of ReLU at 0, where there is none, is 0.

    Raises:
        DataError: another name.
    """
    x = np.asarray(x, dtype=float)
    function = _named(name, {"sigmoid": expit, "tanh": np.tanh, "ReLU": _relu}, "activation")
    y = function(x)
    gradients = {"sigmoid": y * (1 - y), "tanh": 1 - y**2, "ReLU": np.where(x > 0, 1.0, 0.0)}
    return y, gradients[name]


def receptive_field(layers: Sequence[tuple[int, int]]) -> list[int]:
    """Return how many pixels of the image, across, one number sees after each layer.

    Args:
        layers: kernel size and stride of each convolution or pooling, from the image on.

    Returns:
        One width in pixels for each layer; the image's border is not looked at.

    Raises:
        DataError: a kernel or a stride below 1.

    Reference:
        Araujo et al. (2019), "Computing receptive fields of convolutional neural networks".
    """
    if any(number < 1 for layer in layers for number in layer):
        raise DataError(
            f"Each layer needs a kernel size and a stride of 1 at least; got {list(layers)}. "
            "A layer of 3×3 without a stride is (3, 1)."
        )
    field, step, fields = 1, 1, []  # step: pixels of the image between neighbours in the map
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
        fields.append(field)
    return fields


# ------------------------------------------------------------------------- networks, and costs


def lenet5(n_classes: int = 10, activation: str = "tanh") -> keras.Model:
    """Return LeNet-5, untrained, from today's layers; the names are those of the paper.

    It differs from the original in three ways: C3 looks at all six maps of S2, pooling has no
    weights of its own, and the answers come from a softmax. Padding the 28×28 image by two pixels
    on each side gives the 32×32 of the paper.

    Args:
        n_classes: number of answers.
        activation: of all layers but the last.

    Returns:
        A model from float32 images ``(n, 28, 28, 1)``, 0 to 1, to probabilities
        ``(n, n_classes)``.

    Reference:
        LeCun et al. (1998), "Gradient-based learning applied to document recognition".
    """
    layers = keras.layers
    x = images = keras.Input((28, 28, 1), name="images")
    x = layers.Conv2D(6, 5, padding="same", activation=activation, name="C1")(x)
    x = layers.AveragePooling2D(2, name="S2")(x)
    x = layers.Conv2D(16, 5, activation=activation, name="C3")(x)
    x = layers.AveragePooling2D(2, name="S4")(x)
    x = layers.Conv2D(120, 5, activation=activation, name="C5")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(84, activation=activation, name="F6")(x)
    answers = layers.Dense(n_classes, activation="softmax", name="answers")(x)
    return keras.Model(images, answers, name="lenet5")


def count_macs(model: keras.Model) -> int:
    """Count the multiply-adds that a model makes of one image.

    Counted are Conv2D, DepthwiseConv2D and Dense: each weight of such a kernel is used once at
    each place of the output. Biases, pooling, activations and batch normalisation are left out,
    as is usual; they are a few per cent.

    Args:
        model: with a fixed size of input; models inside it are counted, too.

    Returns:
        One multiplication with its addition counts as one.

    Raises:
        DataError: a layer of another kind with a matrix of weights, or a size that is not fixed.
    """
    return sum(_operations(layer) for layer in _leaves(model))


class Cost(NamedTuple):
    """What a network costs.

    Attributes:
        parameters: all of its numbers.
        operations: multiply-adds for one image, as from ``count_macs``.
    """

    parameters: int
    operations: int


def cost_of(build: Callable[[], keras.Model]) -> Cost:
    """Build a network without giving its weights any values or memory, and count what it costs.

    Args:
        build: called without arguments; returns the model. It is gone afterwards.
    """
    # Keras remembers, for each thread, which weights still wait for their values, and gives them
    # some at the next occasion; for VGG16 that would be half a gigabyte. So the weights are made
    # in a thread of their own, which takes that list with it when it ends.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_cost_without_values, build).result()


def _cost_without_values(build: Callable[[], keras.Model]) -> Cost:
    with keras.StatelessScope(initialize_variables=False):
        model = build()
        return Cost(model.count_params(), count_macs(model))


def _operations(layer: keras.layers.Layer) -> int:
    if isinstance(layer, _COUNTED):
        places = layer.output.shape[1:-1]
        if None in places:
            raise DataError(
                f"{layer.name} has no fixed size ({layer.output.shape}), so that its work cannot "
                "be counted. Build the model for images of one size, like keras.Input((28, 28, 1))."
            )
        return math.prod(places) * math.prod(layer.kernel.shape)
    if any(len(weights.shape) > 1 for weights in layer.weights):
        raise DataError(
            f"{layer.name} is a {type(layer).__name__}; only Conv2D, DepthwiseConv2D and Dense "
            "are counted. Write a SeparableConv2D as DepthwiseConv2D and Conv2D(kernel_size=1)."
        )
    return 0


def _leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer


# ------------------------------------------------------------------------------------ helpers


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _named(name: str, known: dict[str, Callable], what: str) -> Callable:
    if name not in known:
        raise DataError(f"There is no {what} {name!r}; choose from {', '.join(known)}.")
    return known[name]


def _check(image: np.ndarray, size: int, stride: int) -> None:
    if image.ndim != 2:
        raise DataError(
            f"The image must have one channel, shape (height, width); got {image.shape}. Take one "
            "channel of an image with image[..., 0]."
        )
    if not 1 <= size <= min(image.shape):
        raise DataError(
            f"A patch must fit into the image; got a side of {size} for {image.shape[0]} × "
            f"{image.shape[1]} pixels. Take a smaller one, or pad the image."
        )
    if stride < 1:
        raise DataError(f"The stride must be 1 or more; got {stride}.")


def _check_kernel(kernel: np.ndarray) -> None:
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise DataError(
            f"The kernel must be square, shape (k, k); got {kernel.shape}. Keras' kernels have "
            "two more axes: kernel[:, :, 0, 0] is one of them."
        )
