"""Where the checkout is, and TensorFlow without its start-up lines.

Imports only the standard library, so that it works where packages are missing.

TensorFlow's C++ part greets every process with lines about CPU instructions and rounding that
no learner can act on. They would go away with TF_ENABLE_ONEDNN_OPTS=0 too, but so would a good
part of the speed of training on a CPU. So they are held back while TensorFlow is imported,
whoever imports it, and shown only if that fails.
"""

import contextlib
import importlib.abc
import importlib.util
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]  # the checkout; nobody else computes it


def prepare() -> None:
    """Set up a quiet first import of TensorFlow; nothing is imported yet."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # from when its log is set up
    # The course trains many small models one after the other; TensorFlow takes that for a
    # mistake and warns of the time it needs to trace each of them.
    logging.getLogger("tensorflow").addFilter(
        lambda record: "tf.function retracing" not in record.getMessage()
    )
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _QuietTensorFlow())


class _QuietTensorFlow(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as usual, once, and makes its loading quiet."""

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def quietly(module):
                with _held_back_stderr():
                    execute(module)

            spec.loader.exec_module = quietly
        return spec


@contextlib.contextmanager
def _held_back_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2 (C++ ignores ``sys.stderr``) until a failure."""
    sys.stderr.flush()
    usual = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(usual, held.read())
            raise
        finally:
            os.dup2(usual, 2)
            os.close(usual)
