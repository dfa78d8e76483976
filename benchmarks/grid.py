"""The same cells of the grid by two one-thread workers, and by one process on both cores.

Ours is ``tlcourse.experiment.engine.execute`` with two worker processes. The other side runs the
cells one after the other in one process, with TensorFlow's own number of threads, which is that
of the cores. Both start cold, as a person's command does: starting processes, importing
TensorFlow and loading the data are counted on both sides. A second row leaves those out.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.measuring import Row, alternate, compare, run_alone, wall_seconds
from tlcourse.data.paths import REPOSITORY

METHOD, LABELS, CELLS, REPEATS, WANTED = "scratch", 100, 16, 2, 1.7
COLUMNS = ["method", "dataset", "labels", "seed", "accuracy", "seconds", "cpu_seconds"]


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return two rows: wall seconds of the whole, and of the training alone."""
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
    common = {"wanted": WANTED, "valid": bool(abs(right[0] - right[1]) < 0.01)}
    training = {way: [found["seconds"].sum() for found in tables[way]] for way in tables}
    return [
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
