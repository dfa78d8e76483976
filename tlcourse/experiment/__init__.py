"""Experiment: run a method under a label budget, record what it took, keep the results.

``run`` is one point; ``engine.execute`` runs a ``grid`` of them and keeps their ``results``.
TensorFlow is loaded with ``Record``, ``accuracy``, ``run`` and ``table`` only, so that whoever
reads results need not wait for it.
"""

import importlib

_RUNNING = ("Record", "accuracy", "run", "table")
_MODULES = ("analysis", "article", "command", "engine", "grid", "results", "scoreboard")
__all__ = [*_RUNNING, *_MODULES]


def __getattr__(name: str):
    if name in _RUNNING:
        return getattr(importlib.import_module("tlcourse.experiment.running"), name)
    if name in _MODULES:
        return importlib.import_module(f"tlcourse.experiment.{name}")
    raise AttributeError(f"tlcourse.experiment has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted(__all__)
