"""What networks cost: parameters, and multiply-accumulate operations (MACs) for one image."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import keras

from tlcourse.data.errors import DataError
from tlcourse.models.base import leaves

_COUNTED = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def count_macs(model: keras.Model) -> int:
    """Count the multiply-accumulate operations (MACs) that a model makes for one image.

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
    return sum(_macs(layer) for layer in leaves(model))


class Cost(NamedTuple):
    """What a network costs.

    Attributes:
        parameters: all of its numbers.
        macs: multiply-accumulate operations for one image, as from ``count_macs``.
    """

    parameters: int
    macs: int


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


def _macs(layer: keras.layers.Layer) -> int:
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
