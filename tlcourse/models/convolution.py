"""Convolution and its companions by hand, as notebook 02 teaches them, for its explorers."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import expit

from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_choice

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
    return (_patches(np.pad(image, padding), len(kernel), stride) * kernel).sum(axis=(2, 3))


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
    check_choice(how, ["max", "average"], "way of pooling")
    reduce = {"max": np.max, "average": np.mean}[how]
    return reduce(_patches(image, size, size if stride is None else stride), axis=(2, 3))


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
    check_choice(name, ACTIVATIONS, "activation")
    x = np.asarray(x, dtype=float)
    y = {"sigmoid": expit, "tanh": np.tanh, "ReLU": lambda x: np.maximum(x, 0)}[name](x)
    gradients = {"sigmoid": y * (1 - y), "tanh": 1 - y**2, "ReLU": np.where(x > 0, 1.0, 0.0)}
    return y, gradients[name]


def _patches(image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Return all square patches of an image, shape ``(rows, columns, size, size)``."""
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
    return sliding_window_view(image, (size, size))[::stride, ::stride]


def _check_kernel(kernel: np.ndarray) -> None:
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise DataError(
            f"The kernel must be square, shape (k, k); got {kernel.shape}. Keras' kernels have "
            "two more axes: kernel[:, :, 0, 0] is one of them."
        )
