"""Cells for the tests of the engine: what they do is their method, and no network is trained.

Worker processes import this, so it does not need TensorFlow. They leave their traces in a folder.
"""

import json
import os
import signal
import time
from pathlib import Path

from tlcourse.experiment.grid import Cell
from tlcourse.experiment.worker import ONE_THREAD


def cells(method: str, count: int, labels: int = 10) -> list[Cell]:
    return [Cell(method, "digits", labels, seed) for seed in range(count)]


def run(folder: Path, cell: Cell) -> dict:
    with (folder / "runs").open("a") as file:  # one short line each: appended whole
        file.write(f"{cell.method} {cell.seed} {os.getpid()}\n")
    match cell.method:
        case "slow" if not (folder / "hurry").exists():
            time.sleep(0.3)
        case "threads":
            (folder / "threads").write_text(json.dumps({k: os.environ.get(k) for k in ONE_THREAD}))
        case "fails":
            if not (folder / "mended").exists():
                raise ValueError("no luck,\n   today")
        case "kills":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stuck_once" if not (folder / "stuck").exists():
            (folder / "part").write_text(str(os.getpid()))
            (folder / "part").rename(folder / "stuck")
            time.sleep(120)
        case "fills" if not (folder / "filled").exists():
            (folder / "filled").touch()
            fill(folder / "results" / "filler")
    return vars(cell) | {
        "accuracy": 0.9 + cell.seed / 1000 / 3,
        "seconds": 0.1,
        "cpu_seconds": 0.2,
        "pretraining_seconds": float("nan"),
        "pretraining_cpu_seconds": float("nan"),
        "parameters_total": 125_610,
        "parameters_trainable": 3850,
        "parameters_deployed": 125_610,
        "versions": "none 1.0",
    }


def fill(path: Path) -> None:
    """Write until nothing more goes onto the disk."""
    with path.open("wb", buffering=0) as file:
        for size in (4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
