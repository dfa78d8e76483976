"""The bare convolutions of a training step of the course's base: what no loop can do without."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tlcourse.methods.training import BATCH_SIZE as BATCH
from tlcourse.models import build_base

Convolution = tuple[tf.Variable, tf.Variable, tf.Variable, int]


def random_convolutions() -> list[Convolution]:
    """Return input, kernel, gradient of the output, and stride of each convolution of a step.

    The numbers are random, the shapes are the network's. They are variables, because TensorFlow
    would compute with constants once, while it traces.
    """
    rng = np.random.default_rng(0)

    def variable(*shape: int) -> tf.Variable:
        return tf.Variable(rng.standard_normal(shape, dtype=np.float32))

    return [
        (
            variable(BATCH, *layer.input.shape[1:]),
            variable(*layer.kernel.shape),
            variable(BATCH, *layer.output.shape[1:]),
            layer.strides[0],
        )
        for layer in convolutions_of(build_base())
    ]


def bare_convolutions(parts: list[Convolution]) -> Callable[[], list[tf.Tensor]]:
    """Return a function that computes a step's convolutions and their gradients, nothing else.

    For each it gives the output, the gradient of the kernel, and that of the input; the first
    one has no gradient of the input, because nobody learns the images.
    """

    @tf.function
    def compute() -> list[tf.Tensor]:
        found = []
        for number, (x, kernel, dy, stride) in enumerate(parts):
            shared = {"strides": stride, "padding": "SAME"}
            found.append(tf.nn.conv2d(x, kernel, **shared))
            found.append(_kernel_gradient(x, kernel, dy, stride))
            if number:
                found.append(tf.nn.conv2d_transpose(dy, kernel, tf.shape(x), **shared))
        return found  # all of them: TensorFlow leaves out what nobody asks for

    return compute


def _kernel_gradient(x: tf.Tensor, kernel: tf.Tensor, dy: tf.Tensor, stride: int) -> tf.Tensor:
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x,
        filter_sizes=tf.shape(kernel),
        out_backprop=dy,
        strides=[1, stride, stride, 1],
        padding="SAME",
    )


def convolutions_of(model: keras.Model) -> list[keras.layers.Conv2D]:
    """Return the convolutional layers of a model, from the images on."""
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


def operations() -> float:
    """Return the floating point operations in the convolutions of one step (a MAC is two)."""
    macs = [
        np.prod(layer.output.shape[1:]) * np.prod(layer.kernel.shape[:3])
        for layer in convolutions_of(build_base())
    ]
    return 2.0 * BATCH * float(3 * sum(macs) - macs[0])
