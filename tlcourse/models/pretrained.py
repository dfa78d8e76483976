"""The base that was pretrained on printed letters, as it is committed with the course."""

import hashlib
import json

import keras

from tlcourse.data.errors import DataError
from tlcourse.data.paths import repository_data
from tlcourse.models.base import build_base

WEIGHTS_FILE = "letters_base.weights.h5"
PROVENANCE_FILE = "letters_base.json"


def letters_base() -> keras.Model:
    """Return the base CNN with the weights it learned on printed letters.

    Each call gives a fresh copy, so fine-tuning one does not change the next.

    Raises:
        DataError: the committed weights are missing or damaged.
    """
    path = repository_data(WEIGHTS_FILE)
    expected = provenance()["sha256"]
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        state = "damaged" if path.exists() else "missing"
        raise DataError(
            f"The weights learned from letters are {state} ({path}). Bring them back with "
            f"'git checkout -- data/{WEIGHTS_FILE}', or make them again with "
            "'tlcourse pretrain letters'."
        )
    base = build_base("letters_base")
    base.load_weights(path)
    return base


def provenance() -> dict:
    """Return how the committed weights were made: command, versions, seed, accuracy, seconds.

    Raises:
        DataError: the file is missing or not readable as JSON.
    """
    path = repository_data(PROVENANCE_FILE)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["sha256"]  # of every provenance; another JSON file is none
        return told
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"The description of the weights learned from letters cannot be read ({path}). Bring "
            f"it back with 'git checkout -- data/{PROVENANCE_FILE}', or make it again with "
            "'tlcourse pretrain letters'."
        ) from None
