"""The base that was pretrained on printed letters, as it is committed with the course."""

import keras

from tlcourse.data.weights import letters_weights
from tlcourse.models.base import build_base


def letters_base() -> keras.Model:
    """Return the base CNN with the weights it learned on printed letters.

    Each call gives a fresh copy, so fine-tuning one does not change the next.

    Raises:
        DataError: the committed weights are missing or damaged.
    """
    path = letters_weights()
    base = build_base("letters_base")
    base.load_weights(path)
    return base
