"""The list of methods: each is a short function with one signature, known by a name."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from tlcourse.data.errors import DataError
from tlcourse.data.labels import Split
from tlcourse.methods.fine_tuning import letters_tuned, letters_tuned_augmented
from tlcourse.methods.frozen import letters_frozen, letters_logistic
from tlcourse.methods.scratch import scratch, scratch_augmented


@dataclass(frozen=True)
class Method:
    """A way of learning from few labels.

    Attributes:
        train: the function. It learns from a split, with one seed, and returns a model from
            images ``(n, 28, 28, 1)`` to probabilities ``(n, n_classes)``. It never sees the
            test part.
        title: what figures call it.
        pretraining: what its base was trained on before, ``"letters"``, or None.
    """

    train: Callable[[Split, int], keras.Model]
    title: str
    pretraining: str | None = None

    @property
    def name(self) -> str:
        """Its name in records and tables: that of the function."""
        return self.train.__name__


# In the order in which figures and tables show them.
METHODS = {
    method.name: method
    for method in (
        Method(scratch, "from scratch"),
        Method(scratch_augmented, "from scratch, augmented"),
        Method(letters_frozen, "letters, frozen", "letters"),
        Method(letters_logistic, "letters, logistic regression", "letters"),
        Method(letters_tuned, "letters, fine-tuned", "letters"),
        Method(letters_tuned_augmented, "letters, fine-tuned, augmented", "letters"),
    )
}


def get_method(name: str) -> Method:
    """Return the method of that name.

    Raises:
        DataError: there is none.
    """
    if name not in METHODS:
        raise DataError(f"There is no method named {name!r}; choose from {', '.join(METHODS)}.")
    return METHODS[name]
