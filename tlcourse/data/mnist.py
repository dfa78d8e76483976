"""MNIST: 70,000 handwritten digits, from its four original files in the IDX format.

``load_mnist`` uses the files in ``data_dir()/mnist`` and downloads what is missing or damaged.
"""

from pathlib import Path

import numpy as np

from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.download import RemoteFile, fetch, offline, open_decompressed
from tlcourse.data.errors import DataError
from tlcourse.data.paths import data_dir

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


# Of the decompressed files, which are the same everywhere; the mirrors compress differently.
_DIGESTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def _remote(name: str, digest: str) -> RemoteFile:
    dotted = name.replace("-idx", ".idx")  # as some archives name them
    return RemoteFile(
        name=f"mnist/{name}.gz",
        urls=tuple(f"{mirror}{name}.gz" for mirror in _MIRRORS),
        digest=digest,
        other_names=(f"mnist/{name}", f"mnist/{dotted}.gz", f"mnist/{dotted}"),
    )


# Training images and labels, test images and labels.
FILES = tuple(_remote(name, digest) for name, digest in _DIGESTS.items())


def mnist_present() -> bool:
    """Tell whether all four files are in ``data_dir()/mnist``; their content is not looked at."""
    return all(file.copies(data_dir()) for file in FILES)


def load_mnist() -> Dataset:
    """Return MNIST in its official split: 60,000 training and 10,000 test images.

    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998.

    Raises:
        DataError: a file is missing or damaged and cannot be downloaded.
    """
    if not mnist_present() and not offline():
        print(f"Fetching MNIST (12 MB) into {data_dir() / 'mnist'} …")
    train_images, train_labels, test_images, test_labels = (
        fetch(file, data_dir()) for file in FILES
    )
    return Dataset(
        name="mnist",
        train=_examples(train_images, train_labels),
        test=_examples(test_images, test_labels),
        class_names=tuple("0123456789"),
        source="Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits",
        licence="CC BY-SA 3.0",
    )


def _examples(images: Path, labels: Path) -> Examples:
    pixels = _read_idx(images, n_axes=3)
    return Examples(
        images=np.divide(pixels[..., None], np.float32(255), dtype=np.float32),
        labels=_read_idx(labels, n_axes=1).astype(np.int64),
    )


def _read_idx(path: Path, n_axes: int) -> np.ndarray:
    """Return the uint8 array with ``n_axes`` axes that an IDX file holds.

    The format: two zero bytes, the type (8 for uint8), the number of axes; the length of each
    axis as a big-endian 32-bit integer; then the values, last axis fastest.
    """
    with open_decompressed(path) as file:
        content = file.read()
    start = 4 + 4 * n_axes
    if content[:4] != bytes([0, 0, 8, n_axes]) or len(content) < start:
        raise DataError(
            f"{path} is not an IDX file of uint8 values with {n_axes} axes; its first bytes are "
            f"{content[:4].hex(' ')}. Remove it, and the original will be downloaded."
        )
    shape = np.frombuffer(content, ">u4", count=n_axes, offset=4).tolist()
    if len(content) - start != np.prod(shape):
        raise DataError(
            f"{path} should hold {np.prod(shape):,} values after its header and holds "
            f"{len(content) - start:,}. Remove it, and the original will be downloaded."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
