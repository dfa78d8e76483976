"""Quiet: TensorFlow's converter and its interpreter, without their remarks."""

import contextlib
import logging
import warnings
from collections.abc import Iterator

from tlcourse._environment import _held_back_stderr


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings, and what TensorFlow's C++ part writes to stderr, inside a block.

    The LiteRT converter and interpreter remark on each file which delegate they use, how they
    quantise, and that ``tf.lite.Interpreter`` has moved to another package. If the block raises,
    what C++ wrote is shown.
    """
    before = logging.root.manager.disable
    with warnings.catch_warnings(), _held_back_stderr():
        warnings.simplefilter("ignore")
        logging.disable(max(before, logging.WARNING))
        try:
            yield
        finally:
            logging.disable(before)
