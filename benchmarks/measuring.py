"""Measuring: rows of results, alternating repeats, threads, peak memory, which machine it was."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from tlcourse.experiment.provenance import processor

GIGABYTE = 1e9  # bytes


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: what was measured.
        ours: the course's way; the median of its runs.
        other: the usual way; the median of its runs.
        unit: of both.
        ratio: how many times better ours is; above 1 is better, whatever the unit.
        wanted: what was aimed at, in words; empty where nothing was.
        met: whether that was reached; None where nothing was aimed at.
        notes: settings, and what must be known to read the numbers.
        runs: every repeat, under ``"ours"`` and ``"other"``.
    """

    name: str
    ours: float
    other: float
    unit: str
    ratio: float
    wanted: str
    met: bool | None
    notes: str
    runs: dict[str, list[float]]


def compare(
    name: str,
    ours: Sequence[float],
    other: Sequence[float],
    unit: str,
    *,
    wanted: float | None = None,
    more_is_better: bool = False,
    valid: bool = True,
    notes: str = "",
) -> Row:
    """Return the row that compares two lists of repeats by their medians.

    Args:
        name: what was measured.
        ours: repeats of the course's way, one at least.
        other: repeats of the usual way, one at least.
        unit: of both.
        wanted: the ratio aimed at, or None.
        more_is_better: True for speeds, False for times and sizes.
        valid: False when the results of the two are not equally good, so that no ratio of
            their times can reach what is wanted.
        notes: for the table.
    """
    a, b = statistics.median(ours), statistics.median(other)
    ratio = a / b if more_is_better else b / a
    return Row(
        name=name,
        ours=a,
        other=b,
        unit=unit,
        ratio=ratio,
        wanted="" if wanted is None else f"≥ {wanted:g}×",
        met=None if wanted is None else bool(valid and ratio >= wanted),
        notes=notes,
        runs={"ours": [float(x) for x in ours], "other": [float(x) for x in other]},
    )


def alternate(*functions: Callable[[], float], repeats: int) -> list[list[float]]:
    """Call the functions in turn, A B A B ..., and return the list of results of each.

    In turn, so that a machine that becomes slower or faster meanwhile does so for all of them.
    """
    results = [[] for _ in functions]
    for _ in range(repeats):
        for found, function in zip(results, functions, strict=True):
            found.append(function())
    return results


def cpu_seconds(function: Callable[[], object]) -> float:
    """Return the processor seconds of a call, over all threads of this process."""
    return _timed(function).cpu_seconds


def wall_seconds(function: Callable[[], object]) -> float:
    """Return the wall-clock seconds of a call."""
    return _timed(function).seconds


def _timed(function: Callable[[], object]):
    from tlcourse.methods.timing import Stopwatch  # loads TensorFlow, which not all need

    with Stopwatch() as watch:
        function()
    return watch


def use_threads(number: int) -> None:
    """Let TensorFlow use so many threads; call it before TensorFlow computes anything."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(number)
    tf.config.threading.set_inter_op_parallelism_threads(number)


def peak_memory() -> float:
    """Return the largest resident memory of this process so far, in bytes."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)  # macOS counts bytes, Linux KiB


def machine() -> dict[str, object]:
    """Return what the numbers depend on: processor, cores, memory, and versions."""
    import psutil
    import tensorflow as tf

    numbers = {name: version(name) for name in ("keras", "numpy", "tlcourse")}
    return {
        "cpu": processor(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "hardware threads": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / GIGABYTE),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version(), "tensorflow": tf.__version__, **numbers},
    }


def run_alone(measure: Callable[[str, bool], list[Row]]) -> None:
    """Be the main program of a benchmark's module: measure, and print or write the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="mnist", choices=("mnist", "digits"))
    parser.add_argument("--smoke", action="store_true", help="tiny settings; numbers mean nothing")
    parser.add_argument("--rows", type=Path, help="write the rows here as JSON; else print them")
    given = parser.parse_args()
    rows = [asdict(row) for row in measure(given.data, given.smoke)]
    found = {"data": given.data, "machine": machine(), "rows": rows}
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if given.rows is None:
        print(text)
    else:
        given.rows.write_text(text, encoding="utf-8")
