"""What every public function checks at its door: input becomes NumPy once, or a DataError.

Named after the checks of ``sklearn.utils.validation``. Lists, pandas Series and TensorFlow tensors
are welcome; what is wrong is said in a sentence that fits its cause.
"""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from tlcourse.data.errors import DataError

IMAGE_SHAPE = (28, 28, 1)
LARGEST_SEED = 2**32 - 1  # of NumPy's and Keras's generators


def check_choice(name: str, options: Iterable[str], what: str) -> str:
    """Return ``name`` if it is one of ``options``.

    Args:
        name: what was asked for.
        options: the known names.
        what: what they are names of, like ``"method"``.

    Raises:
        DataError: an unknown name; the message lists the known ones and guesses at a slip.
    """
    options = list(options)
    if name in options:
        return name
    near = difflib.get_close_matches(str(name), options, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise DataError(
        f"There is no {what} named {name!r}; choose from {', '.join(options) or 'none'}.{guess}"
    )


def check_seed(seed: Any) -> int:
    """Return ``seed`` as an int from 0 to 2**32 - 1; NumPy's integers are welcome.

    Raises:
        DataError: no whole number, or one out of that range.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool | np.bool_)
    if not whole or not 0 <= seed <= LARGEST_SEED:
        raise DataError(
            f"A seed is a whole number from 0 to {LARGEST_SEED:,}; got {seed!r}. Take a small one, "
            "like 0."
        )
    return int(seed)


def check_count(value: Any, what: str, *, at_least: int = 1) -> int:
    """Return ``value`` as an int; whole floats such as 100.0 are welcome.

    Args:
        value: a number of things.
        what: what is counted, like ``"labels"``; the message begins with it.
        at_least: the smallest number that makes sense.

    Raises:
        DataError: no whole number, or one below ``at_least``.
    """
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or number != value or isinstance(value, bool | np.bool_):
        raise DataError(f"{what} is a whole number, {at_least:,} at least; got {value!r}.")
    if number < at_least:
        raise DataError(f"{what} is a whole number, {at_least:,} at least; got {number:,}.")
    return number
