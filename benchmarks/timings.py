"""``make timings``: what each notebook holds, and what executing it takes, as one table.

Each notebook runs by itself, in a kernel of its own, in the order of the course, the first one on
an empty cache: as a learner would. First on MNIST, where it is on this computer; then on the digits
that come with the course. What was measured is written into the notebooks and the README, too.
"""

import argparse
import asyncio
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import nbformat

from benchmarks.measuring import GIGABYTE
from benchmarks.notebook_environment import (
    DATA,
    execute,
    mnist_folder,
    notebook_environment,
)
from tlcourse.data.paths import atomic_write

FOLDER = Path(__file__).resolve().parent
NOTEBOOKS = FOLDER.parent / "notebooks"
README = FOLDER.parent / "README.md"
TIME = (
    r"running \d+ seconds? on two cores \((MNIST|ants and bees)\), "
    r"\d+ seconds? \((digits|tiles)\)"
)


def main(arguments: list[str] | None = None) -> int:
    """Time the notebooks on each kind of data, and write the table anew; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timings", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NN", help="only the notebooks NN; else all")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the result files")
    given = parser.parse_args(arguments)
    stored = given.out / "timings.json"
    costs = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    for data in DATA if mnist_folder() else DATA[1:]:
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, **notebook_environment(data, Path(folder))}
            for path in sorted(NOTEBOOKS.glob("*.ipynb")):
                if given.names and path.stem[:2] not in given.names:
                    continue
                print(f"{path.stem} ({data}) ...", flush=True)
                # Another process: what its children took is what this notebook's kernel took.
                child = [sys.executable, "-c", "from benchmarks.timings import cost; cost()", path]
                done = subprocess.run(
                    child, cwd=FOLDER.parent, env=env, check=True, stdout=subprocess.PIPE
                )
                costs.setdefault(path.stem, {})[data] = json.loads(done.stdout)
                write(costs, given.out)
    say(costs)
    print(table(costs))
    return 0


def cost() -> None:
    """Execute the notebook named on the command line; print seconds and peak memory as JSON."""
    import resource  # not on Windows

    path = Path(sys.argv[1])
    start = time.perf_counter()
    asyncio.run(execute(path))
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    found = {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_bytes": peak}
    print(json.dumps(found))


def shape(path: Path) -> dict[str, float]:
    """Return what a notebook holds: words, code cells, lines, exercises, widgets."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = [len(cell.source.splitlines()) for cell in code]
    tags = [tag for cell in code for tag in cell.metadata.get("tags", [])]
    outputs = [output for cell in code for output in cell.outputs]
    return {
        "words": sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown"),
        "code cells": len(code),
        "median lines": median(lines),
        "longest": max(lines),
        "exercises": sum(tag.startswith("exercise-") for tag in tags),
        "widgets": sum(output.get("metadata", {}).get("widget", False) for output in outputs),
    }


def table(costs: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return a Markdown table: a row for each notebook, what it holds, what it took."""
    kinds = list(dict.fromkeys(kind for found in costs.values() for kind in found))
    rows = []
    for name in sorted(costs):
        held = shape(NOTEBOOKS / f"{name}.ipynb")
        row = {"notebook": name, **{key: f"{value:,g}" for key, value in held.items()}}
        for kind in kinds:
            found = costs[name].get(kind)
            units = {
                "s": ("seconds", 1),
                "CPU s": ("cpu_seconds", 1),
                "GB": ("peak_bytes", GIGABYTE),
            }
            for unit, (key, size) in units.items():
                digits = 1 if unit == "GB" else 0
                row[f"{kind}, {unit}"] = f"{found[key] / size:.{digits}f}" if found else "–"
        rows.append(row)
    lines = [list(rows[0]), ["---", *["---:"] * (len(rows[0]) - 1)]] if rows else []
    lines += [list(row.values()) for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def say(costs: dict) -> None:
    """Write the measured seconds, rounded up to five, into the notebooks and the README."""
    readme = README.read_text(encoding="utf-8")
    for name, found in costs.items():
        if set(found) != set(DATA):
            continue
        mnist, digits = (5 * math.ceil(found[data]["seconds"] / 5) for data in DATA)
        path = NOTEBOOKS / f"{name}.ipynb"
        text = path.read_text(encoding="utf-8")
        words = rf"running {mnist} seconds on two cores (\1), {digits} seconds (\2)"
        path.write_text(re.sub(TIME, words, text), encoding="utf-8")
        row = rf"(\| \[.*\]\(notebooks/{name}\.ipynb\) \|.*) \| \d+ \| \d+ \|"
        readme = re.sub(row, rf"\1 | {mnist} | {digits} |", readme)
    README.write_text(readme, encoding="utf-8")


def write(costs: dict, folder: Path) -> None:
    """Write what was measured as ``timings.json``, and the table as ``timings.md``."""
    with atomic_write(folder / "timings.json") as part:
        part.write_text(json.dumps(costs, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with atomic_write(folder / "timings.md") as part:
        part.write_text(table(costs) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
