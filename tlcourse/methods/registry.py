"""What a method is: a short function with one signature, registered under a name."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split

# What every method does: learn from a split, with one seed, and return a model from images
# (n, 28, 28, 1) to probabilities (n, n_classes). A method never sees the test part.
Train = Callable[[Split, int], keras.Model]


@dataclass(frozen=True)
class Method:
    """A registered method.

    Attributes:
        name: short name, as in records and on the command line.
        title: what figures call it.
        train: the function itself.
        pretraining: what was trained before: ``"letters"``, or None.
    """

    name: str
    title: str
    train: Train
    pretraining: str | None = None


METHODS: dict[str, Method] = {}


def method(name: str, title: str, *, pretraining: str | None = None) -> Callable[[Train], Train]:
    """Register the decorated function as a method (see ``Method`` for the arguments)."""

    def register(train: Train) -> Train:
        METHODS[name] = Method(name, title, train, pretraining)
        return train

    return register


def get_method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        DataError: there is none.
    """
    if name not in METHODS:
        raise DataError(f"There is no method named {name!r}; choose from {', '.join(METHODS)}.")
    return METHODS[name]
