"""tlcourse: the package behind a hands-on course on transfer learning with CNNs.

Its subpackages import one way only::

    data -> models -> methods -> experiment -> plots, widgets, checks -> cli

``import tlcourse as tl`` is quick: a subpackage is loaded when it is first used
(``tl.models``, ``tl.plots`` ...), and TensorFlow with the first that needs it.
"""

import importlib

from tlcourse import _environment

__version__ = "0.1.0"

_environment.prepare()

_SUBPACKAGES = ("data", "models", "methods", "experiment", "plots", "widgets", "checks")
__all__ = ["__version__", *_SUBPACKAGES]


def __getattr__(name: str):
    if name in _SUBPACKAGES:
        return importlib.import_module(f"tlcourse.{name}")
    raise AttributeError(f"tlcourse has no subpackage {name!r}; it has {', '.join(_SUBPACKAGES)}.")


def __dir__() -> list[str]:
    return sorted(__all__)
