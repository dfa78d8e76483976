"""``make claims``: all claims of the notebooks with their verdicts, on MNIST and on the digits.

Each notebook is executed on both kinds of data, as the tests do: on one thread, since sums in
another order end in other accuracies. What its claims printed becomes one table, with which every
run of the tests is compared. With ``--store``, the notebooks also keep their outputs on MNIST.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import nbformat

from benchmarks.notebook_environment import (
    DATA,
    execute,
    mnist_folder,
    notebook_environment,
    steady,
)
from tlcourse.data.paths import atomic_write
from tlcourse.experiment.provenance import processor
from tlcourse.experiment.worker import ONE_THREAD
from tlcourse.report import still

FOLDER = Path(__file__).resolve().parent
NOTEBOOKS = FOLDER.parent / "notebooks"
LINE = re.compile(
    r"^(Supported|Contradicted|Undecided): (.*) \(([+-]\d.*) points, "
    r"(?:95 % interval (\S+) to (\S+), )?(\d+) seeds\)\.$",
    re.MULTILINE,
)


class Claim(NamedTuple):
    """What a claim printed: differences in points, and their ends where there is an interval."""

    verdict: str
    statement: str
    mean: str
    low: str
    high: str
    seeds: str


def main(arguments: list[str] | None = None) -> int:
    """Execute the notebooks on each kind of data, and write the table anew; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NN", help="only the notebooks NN; else all")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the result files")
    parser.add_argument("--store", action="store_true", help="keep the outputs on MNIST")
    given = parser.parse_args(arguments)
    chosen = [
        path
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        if not given.names or path.stem[:2] in given.names
    ]
    kinds = DATA if mnist_folder() else DATA[1:]
    claims = read(given.out)[1] if (given.out / "claims.json").exists() else {}

    def keep(path: Path, data: str, notebook: nbformat.NotebookNode) -> None:
        claims.setdefault(path.stem, {})[data] = list(claims_of(notebook))
        if given.store and data == "MNIST":
            nbformat.write(steady(still(notebook)), path)
        write(claims, given.out)

    async def both() -> None:
        await asyncio.gather(*(run(chosen, data, keep) for data in kinds))

    asyncio.run(both())
    print(table(claims))
    return 0


async def run(
    paths: list[Path], data: str, keep: Callable[[Path, str, nbformat.NotebookNode], None]
) -> None:
    """Execute notebooks one after the other, beginning with an empty cache; keep each at once."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **ONE_THREAD, **notebook_environment(data, Path(folder))}
        for path in paths:
            print(f"{path.stem} ({data}) ...", flush=True)
            keep(path, data, await execute(path, env))


def claims_of(notebook: nbformat.NotebookNode) -> Iterable[Claim]:
    """Give the claims in the outputs of an executed notebook, in their order."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                yield from claims_in(output.text)


def claims_in(text: str) -> Iterable[Claim]:
    """Give the claims in what a cell printed."""
    return (Claim(*(part or "" for part in found.groups())) for found in LINE.finditer(text))


def fault(fresh: Claim, stored: Iterable[Claim], *, elsewhere: bool) -> str | None:
    """Return in which way a claim is not the stored one, or None.

    Args:
        fresh: what a claim has just printed.
        stored: the claims of the table for this notebook and kind of data.
        elsewhere: whether the table comes from another kind of processor. That adds up in another
            order, so that verdicts near a border may differ; but no claim turns into its opposite.
    """
    by_statement = {claim.statement: claim for claim in stored}
    if fresh.statement not in by_statement:
        return f"not in the table of claims, which 'make claims' writes: {fresh.statement!r}"
    known = by_statement[fresh.statement]
    both = {fresh.verdict, known.verdict}
    same = len(both) == 1 or (elsewhere and "Undecided" in both)
    if same and fresh.seeds == known.seeds:
        return None
    return f"the table of claims has {known.verdict!r} from {known.seeds} seeds, this run: {fresh}"


def table(claims: dict[str, dict[str, list[Claim]]]) -> str:
    """Return a Markdown table: a row for each claim, with its verdict on each kind of data."""
    lines = ["| notebook | claim | on MNIST | on the digits |", "| --- | --- | --- | --- |"]
    for name in sorted(claims):
        by_data = {
            data: {claim.statement: claim for claim in found}
            for data, found in claims[name].items()
        }
        for statement in dict.fromkeys(s for found in by_data.values() for s in found):
            words = [_words(by_data.get(data, {}).get(statement)) for data in DATA]
            lines.append("| " + " | ".join([name[:2], statement, *words]) + " |")
    return "\n".join(lines)


def _words(claim: Claim | None) -> str:
    if claim is None:
        return "–"
    ends = f" [{claim.low}, {claim.high}]" if claim.low else ""
    return f"{claim.verdict.lower()}: {claim.mean}{ends}, {claim.seeds} seeds"


def kind_of_processor() -> str:
    """Return the processor's name with its model, which decides in which order sums are taken.

    Virtual machines give the same name to generations that round differently.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return processor()
    models = [
        line.partition(":")[2].strip() for line in lines if line.split()[:2] == ["model", ":"]
    ]
    return f"{processor()}, model {models[0]}" if models else processor()


def read(folder: Path = FOLDER) -> tuple[str, dict[str, dict[str, list[Claim]]]]:
    """Return the processor of the stored table, and its claims by notebook and kind of data."""
    stored = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    return stored["processor"], {
        name: {data: [Claim(*row) for row in rows] for data, rows in by_data.items()}
        for name, by_data in stored["claims"].items()
    }


def write(claims: dict[str, dict[str, list[Claim]]], folder: Path) -> None:
    """Write ``claims.json``, and for readers ``claims.md``."""
    stored = {"processor": kind_of_processor(), "claims": claims}
    with atomic_write(folder / "claims.json") as part:
        text = json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")
    with atomic_write(folder / "claims.md") as part:
        rule = (
            "What the notebooks claim, with the mean difference in points, its 95 % interval and "
            "the number of seeds. *Better* is supported if the interval lies above 0 and the mean "
            "reaches the margin (half a point, unless the notebook says otherwise), contradicted "
            "if the interval lies below the margin, and else undecided. *No difference* (equal, "
            "level) is supported if the interval lies within the margin on either side of 0. For "
            "notebooks on photographs, MNIST stands for ants and bees, and the digits for tiles. "
            "Executed on one thread"
        )
        part.write_text(f"{rule}, {kind_of_processor()}.\n\n{table(claims)}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
