"""Where the checkout is, and TensorFlow without start-up lines, with runs that repeat.

Imports only the standard library, so that it works where packages are missing.

TensorFlow's C++ part greets every process with lines about CPU instructions and rounding that
no learner can act on. They would go away with TF_ENABLE_ONEDNN_OPTS=0 too, but so would a good
part of the speed of training on a CPU. So they are held back while TensorFlow is imported,
whoever imports it, and shown only if that fails.

TensorFlow is told to be deterministic: with the same seed, the same numbers to the last bit on
the same computer. Keras then leaves out XLA, which would only slow down small networks on a CPU.
Since random numbers need a seed then, there is one from the start, unless somebody has set one;
`keras.utils.set_random_seed` sets another.
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
from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[1]  # the checkout; nobody else computes it


def prepare() -> None:
    """Set up a quiet and deterministic TensorFlow; nothing is imported yet."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # from when its log is set up
    # The course trains many small models one after the other; TensorFlow takes that for a
    # mistake and warns of the time it needs to trace each of them.
    logging.getLogger("tensorflow").addFilter(
        lambda record: "tf.function retracing" not in record.getMessage()
    )
    if "tensorflow" in sys.modules:
        tensorflow = sys.modules["tensorflow"]
        seed = None
        with contextlib.suppress(RuntimeError):  # deterministic already, and without a seed
            seed, _ = tensorflow.compat.v1.random.get_seed(None)
        _make_deterministic(tensorflow, seeded=seed is not None)
    else:
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
                _make_deterministic(module)

            spec.loader.exec_module = quietly
        return spec


def _make_deterministic(tensorflow: ModuleType, *, seeded: bool = False) -> None:
    tensorflow.config.experimental.enable_op_determinism()
    if not seeded:
        tensorflow.random.set_seed(0)


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
