"""The same cells of the grid by two one-thread workers, and by one process on both cores.

Ours is ``tlcourse.experiment.engine.execute`` with two worker processes. The other side runs the
cells one after the other in one process, with TensorFlow's own number of threads, which is that
of the cores. Both start cold, as a person's command does: starting processes, importing
TensorFlow and loading the data are counted on both sides. A second row leaves those out.

What two workers can gain at most depends on the machine: on how much faster one process becomes by
a second thread, and on whether two processes disturb each other. So plain products of matrices and
the plain convolutions of a training step are measured first, by two processes of one thread each
and by one process with a thread for each core; ours should reach nine tenths of that limit.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.measuring import Row, alternate, compare, run_alone, use_threads, wall_seconds
from tlcourse.data.paths import REPOSITORY

METHOD, LABELS, CELLS, REPEATS = "scratch", 100, 16, 2
SHARE = 0.9  # of what the machine allows
SECONDS, LEAD = 6.0, 15.0  # to work, and to get ready in
COLUMNS = ["method", "dataset", "labels", "seed", "accuracy", "seconds", "cpu_seconds"]


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return four rows: what the machine allows, two; the whole; and the training alone."""
    limits = [limit(kind, smoke=smoke) for kind in ("matrices", "convolutions")]
    method, cells = ("letters_frozen", 2) if smoke else (METHOD, CELLS)
    keys = [(method, data, LABELS, seed) for seed in range(cells)]
    tables: dict[str, list[pd.DataFrame]] = {"two_workers": [], "one_process": []}

    def seconds(way: str) -> float:
        return wall_seconds(lambda: tables[way].append(in_a_process(way, keys)))

    ours, other = alternate(
        lambda: seconds("two_workers"),
        lambda: seconds("one_process"),
        repeats=1 if smoke else REPEATS,
    )
    two, one = (pd.concat(tables[way]) for way in ("two_workers", "one_process"))
    cpu = [found["cpu_seconds"].sum() / len(ours) for found in (two, one)]
    right = [found["accuracy"].mean() for found in (two, one)]
    # What failed has no accuracy, and so makes this False, too.
    wanted = round(SHARE * limits[1].ratio, 2)
    common = {"wanted": wanted, "valid": bool(abs(right[0] - right[1]) < 0.01)}
    training = {way: [found["seconds"].sum() for found in tables[way]] for way in tables}
    return [
        *limits,
        compare(
            f"{cells} cells of the grid, two workers",
            ours,
            other,
            "s",
            notes=(
                f"{method} with {LABELS} labels, seeds 0 to {cells - 1}; mean accuracy "
                f"{right[0]:.1%} and {right[1]:.1%} (the number of threads changes the rounding). "
                f"Training took {cpu[0]:.0f} CPU s in two workers of one thread each, "
                f"{cpu[1]:.0f} in one process with a thread for each core. Wall time, starting "
                "and loading counted on both sides."
            ),
            **common,
        ),
        compare(
            "… without starting and loading",
            [seconds / 2 for seconds in training["two_workers"]],
            training["one_process"],
            "s",
            notes=(
                "The same runs: the cells' own wall seconds of training, added up; half of the "
                "sum for two workers, which are both busy all the time with equal cells."
            ),
            **common,
        ),
    ]


def limit(kind: str, *, smoke: bool = False) -> Row:
    """Return the row of two processes of one thread each, against one with a thread for each core.

    Args:
        kind: ``"matrices"`` or ``"convolutions"``.
        smoke: measure for a moment only.
    """
    seconds, repeats = (0.2, 1) if smoke else (SECONDS, 3)
    single, both, threads = [], [], []
    for _ in range(repeats):
        single.append(speed(kind, processes=1, threads=1, seconds=seconds))
        both.append(speed(kind, processes=2, threads=1, seconds=seconds))
        threads.append(speed(kind, processes=1, threads=0, seconds=seconds))
    return compare(
        f"The limit: plain {kind}, two processes",
        both,
        threads,
        "per s",
        more_is_better=True,
        notes=(
            "Two processes of one thread each against one process with a thread for each core. "
            f"One process of one thread: {statistics.median(single):.1f} per s."
        ),
    )


def speed(kind: str, *, processes: int, threads: int, seconds: float) -> float:
    """Return how often a second ``kind`` is computed by all processes together.

    Args:
        kind: as of ``limit``.
        processes: that work at the same time.
        threads: of each; 0 for one on each core.
        seconds: how long they work.
    """
    start = time.time() + LEAD
    code = "import sys; from benchmarks import grid; grid.work(*sys.argv[1:])"
    command = [sys.executable, "-c", code, kind, str(threads), str(start), str(seconds)]
    children = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    counts = [int(child.communicate()[0].splitlines()[-1]) for child in children]
    return sum(counts) / seconds


def work(kind: str, threads: str, start: str, seconds: str) -> None:
    """Print how often ``kind`` could be computed from one moment on; in a fresh process."""
    if int(threads):
        use_threads(int(threads))
    import tensorflow as tf

    from benchmarks.kernels import bare_convolutions, random_convolutions

    a = tf.random.normal((1024, 1024))
    products = tf.function(lambda: a @ a)
    compute = products if kind == "matrices" else bare_convolutions(random_convolutions())
    for _ in range(3):
        compute()
    if time.time() > float(start):
        raise RuntimeError(f"Getting ready took longer than {LEAD:.0f} s; enlarge LEAD.")
    time.sleep(float(start) - time.time())
    count = 0
    while time.time() < float(start) + float(seconds):
        compute()
        count += 1
    print(count)


def in_a_process(way: str, keys: Sequence[tuple]) -> pd.DataFrame:
    """Run the cells in a fresh process in one of the two ways; return their table.

    Args:
        way: ``"two_workers"`` or ``"one_process"``.
        keys: method, dataset, labels and seed of each cell.
    """
    code = "import sys; from benchmarks import grid; grid.print_table(*sys.argv[1:])"
    command = [sys.executable, "-c", code, way, json.dumps(keys)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return pd.DataFrame(json.loads(done.stdout.splitlines()[-1]))


def print_table(way: str, keys: str) -> None:
    """Print the finished cells as JSON; the entry of the fresh process."""
    ways = {"two_workers": two_workers, "one_process": one_process}
    found = ways[way]([tuple(key) for key in json.loads(keys)])
    print(json.dumps(found[COLUMNS].to_dict("records")))


def two_workers(keys: Sequence[tuple]) -> pd.DataFrame:
    """Run the cells by the course's engine."""
    from tlcourse.experiment.engine import execute
    from tlcourse.experiment.grid import Cell

    cells = [Cell(*key) for key in keys]
    with tempfile.TemporaryDirectory(prefix="tlcourse-") as folder:
        return execute(cells, Path(folder) / "cells.csv", workers=2, progress=False)


def one_process(keys: Sequence[tuple]) -> pd.DataFrame:
    """Run the cells one after the other, here."""
    from tlcourse.data import load
    from tlcourse.experiment import run, table

    datasets = {name: load(name) for name in {key[1] for key in keys}}
    return table(run(method, datasets[data], labels, seed) for method, data, labels, seed in keys)


if __name__ == "__main__":
    run_alone(measure)
