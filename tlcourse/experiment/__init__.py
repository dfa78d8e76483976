"""Experiment: run a method under a label budget, record what it took, keep the results.

``run`` is one point; ``engine.execute`` runs a ``grid`` of them and keeps their ``results``, which
``analysis`` and ``article`` compare. Only ``run`` and ``accuracy`` load TensorFlow, when they are
first asked for, so that whoever reads results need not wait for it.
"""

from tlcourse.experiment import analysis, article, engine, grid, results, scoreboard
from tlcourse.experiment.analysis import claim
from tlcourse.experiment.records import Record, table

__all__ = [
    "Record",
    "accuracy",
    "analysis",
    "article",
    "claim",
    "engine",
    "grid",
    "results",
    "run",
    "scoreboard",
    "table",
]


def __getattr__(name: str):
    if name in ("accuracy", "run"):
        from tlcourse.experiment import running

        return getattr(running, name)
    raise AttributeError(f"tlcourse.experiment has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return sorted(__all__)
