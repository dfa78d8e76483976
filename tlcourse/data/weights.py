"""Pretrained weights as files: where they are, and whether they are whole.

Two sets: what the base learned from printed letters (committed with the course), and MobileNetV2
trained on ImageNet (downloaded once). Nothing here needs TensorFlow, so that the doctor can ask.
"""

import hashlib
import json
import os
from pathlib import Path

from tlcourse.data.download import RemoteFile, fetch
from tlcourse.data.errors import DataError
from tlcourse.data.paths import repository_data

WEIGHTS_FILE = "letters_base.weights.h5"
PROVENANCE_FILE = "letters_base.json"
_MOBILENET = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"


def letters_weights() -> Path:
    """Return the path of the weights learned from letters, after comparing their SHA-256.

    Raises:
        DataError: they or their provenance are missing, unreadable or damaged.
    """
    path = repository_data(WEIGHTS_FILE)
    expected = provenance()["sha256"]
    try:
        state = "" if hashlib.sha256(path.read_bytes()).hexdigest() == expected else "damaged"
    except FileNotFoundError:
        state = "missing"
    except OSError as error:
        state = f"unreadable: {error.strerror}"
    if state:
        raise DataError(
            f"The weights learned from letters are {state} ({path}). Bring them back with "
            f"'git checkout -- data/{WEIGHTS_FILE}', or make them again with "
            "'tlcourse pretrain letters'."
        )
    return path


def provenance() -> dict:
    """Return how the committed weights were made: command, versions, seed, accuracy, seconds.

    Raises:
        DataError: the file is missing or not readable as JSON.
    """
    path = repository_data(PROVENANCE_FILE)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts["sha256"]  # of every provenance; another JSON file is none
        return facts
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"The description of the weights learned from letters cannot be read ({path}). Bring "
            f"it back with 'git checkout -- data/{PROVENANCE_FILE}', or make it again with "
            "'tlcourse pretrain letters'."
        ) from None


def weights_folder() -> Path:
    """Return the folder where Keras looks for downloaded weights."""
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")) / "models"


def tensors_digest(path: Path) -> str:
    """Return the SHA-256 over all tensors of an HDF5 file, whatever their names and order.

    Mirrors may store the same tensors in different bytes; the tensors are what counts.
    """
    import h5py  # here and not above: only these weights need it

    digests = []

    def collect(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            digests.append(hashlib.sha256(item[()].astype("<f4").tobytes()).digest())

    with h5py.File(path) as file:
        file.visititems(collect)
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


IMAGENET_WEIGHTS = RemoteFile(
    name=_MOBILENET,
    urls=(
        f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{_MOBILENET}",
        "https://github.com/JonathanCMitchell/mobilenet_v2_keras/releases/download/v1.1/"
        + _MOBILENET,
    ),
    digest="6430d25cd41d812c899b6c09ca8681c84f948457fddc12b90a9fcfde327d9d4c",
    content_digest=tensors_digest,
    folder_variable="KERAS_HOME",
)


def imagenet_weights() -> Path:
    """Return the path of MobileNetV2's ImageNet weights (alpha 0.35, no top); fetched once.

    Raises:
        DataError: they are not on this computer and cannot be downloaded.
    """
    return fetch(IMAGENET_WEIGHTS, weights_folder())
