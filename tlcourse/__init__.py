"""tlcourse: the package behind a hands-on course on transfer learning with CNNs.

Its rooms import one way only::

    data -> models -> methods -> experiment -> plots, widgets, checks -> cli

``import tlcourse as tl`` is quick: a room is loaded when it is first used
(``tl.models``, ``tl.plots`` ...), and TensorFlow with the first room that needs it.
"""

import importlib

from tlcourse import _environment

__version__ = "0.1.0"

_environment.prepare()

_ROOMS = ("data", "models", "methods", "experiment", "plots", "widgets", "checks")
__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str):
    if name in _ROOMS:
        return importlib.import_module(f"tlcourse.{name}")
    raise AttributeError(f"tlcourse has no part named {name!r}; it has {', '.join(_ROOMS)}.")


def __dir__() -> list[str]:
    return sorted(__all__)
