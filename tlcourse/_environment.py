"""Loading TensorFlow without its start-up lines. Imports only the standard library at first."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# 3 hides the C++ log below FATAL once it is running; what comes earlier is caught below.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def load_tensorflow() -> None:
    """Import TensorFlow; the lines its C++ part writes meanwhile are shown only if it fails.

    The same lines would go away with TF_ENABLE_ONEDNN_OPTS=0, but so would a good part of the
    speed of training on a CPU.
    """
    if "tensorflow" not in sys.modules:
        with _held_back_stderr():
            import tensorflow  # noqa: F401


@contextlib.contextmanager
def _held_back_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2 (C++ ignores ``sys.stderr``) until a failure."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(terminal, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
