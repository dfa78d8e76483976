"""``tlcourse experiment run``: shows the plan, lets the engine run it, says what comes next."""

import argparse
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError, Dataset, load
from tlcourse.data.paths import REPOSITORY, cache_dir
from tlcourse.data.validation import check_count, check_path
from tlcourse.experiment import engine, grid, results


def main(chosen: argparse.Namespace) -> int:
    """Run the experiment as the command line asks for it.

    Args:
        chosen: the options of ``tlcourse experiment run``, as ``tlcourse.cli`` defines them.

    Returns:
        The exit code: 0, or 1 when a cell of the plan has failed, or 130 when it was stopped.

    Raises:
        DataError: an option that makes no sense, or a table that cannot be used.
    """
    workers = _workers(chosen.workers)
    dataset = load(chosen.data)  # "auto" becomes a name here, the same for all workers
    plan = grid.plan(
        chosen.profile,
        dataset,
        methods=_words(chosen.methods),
        labels=_numbers("--labels", chosen.labels),
        seeds=_numbers("--seeds", chosen.seeds),
    )
    path = results.check_table_path(
        chosen.out or cache_dir() / "experiments" / f"{chosen.profile}-{dataset.name}.csv"
    )
    todo = results.missing(plan.cells, results.so_far(path), retry_failed=chosen.retry_failed)
    _show(plan, todo)
    _say_how_long(todo, results.known(path), None if chosen.scheduler else workers)
    if chosen.dry_run:
        return 0
    metadata = _metadata(chosen, dataset) if chosen.profile == "full" and chosen.out else None
    try:
        table = engine.execute(
            plan.cells,
            path,
            workers=workers,
            scheduler=chosen.scheduler,
            retry_failed=chosen.retry_failed,
            metadata=metadata,
        )
    except KeyboardInterrupt:
        print(
            f"\nStopped. What was finished is saved in {path}\n"
            "The same command goes on from there.",
            file=sys.stderr,
        )
        return 130
    return _say_what_next(plan, table, path)


def _workers(asked: int | None) -> int:
    import psutil

    if asked is not None:
        return check_count(asked, "The number of --workers")
    return psutil.cpu_count(logical=False) or 1


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",")]


def _numbers(option: str, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(word) for word in _words(text)]
    except ValueError:
        raise DataError(
            f"{option} takes whole numbers with commas between them, like 10,100; got {text!r}."
        ) from None


def _show(plan: grid.Plan, todo: Sequence[grid.Cell]) -> None:
    """Print the plan as a table: methods × budgets, and how many of the seeds are done."""
    from rich.console import Console
    from rich.table import Table

    total = Counter((cell.method, cell.labels) for cell in plan.cells)
    left = Counter((cell.method, cell.labels) for cell in todo)
    reasons = list(dict.fromkeys(plan.excluded.values()))
    shown = Table("method")
    for budget in plan.budgets:
        shown.add_column(f"{budget:,}", justify="right")
    for name in plan.methods:
        row = []
        for key in ((name, budget) for budget in plan.budgets):
            if key in plan.excluded:
                row.append(f"– ({reasons.index(plan.excluded[key]) + 1})")
            else:
                row.append(f"{total[key] - left[key]}/{total[key]}")
        shown.add_row(name, *row)
    console = Console(highlight=False)
    console.print("Seeds done / planned, for each number of labels:")
    console.print(shown)
    for number, reason in enumerate(reasons, 1):
        console.print(f"– ({number}) excluded: {reason}", markup=False)


def _say_how_long(todo: Sequence[grid.Cell], known: pd.DataFrame, workers: int | None) -> None:
    seconds = grid.estimate(todo, known)
    count = "1 cell" if len(todo) == 1 else f"{len(todo)} cells"
    if not todo:
        text = "Nothing is left to do."
    elif seconds is None:
        text = f"{count} to run; how long that takes is not known yet."
    elif workers is None:
        text = f"{count} to run: about {_time(seconds)} of processor time in all."
    else:
        processes = "1 process" if workers == 1 else f"{workers} processes"
        text = f"{count} to run: about {_time(seconds / workers)} with {processes}."
    print(text, flush=True)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _say_what_next(plan: grid.Plan, table: pd.DataFrame, path: Path) -> int:
    chosen = {(cell.method, cell.dataset, cell.labels, cell.seed) for cell in plan.cells}
    keys = table[list(results.KEY)].itertuples(index=False, name=None)
    here = table[[key in chosen for key in keys]]
    failed = here[here["error"] != ""]
    print(f"{len(here)} of {len(chosen)} cells are in {path}")
    for row in failed.itertuples():
        cell = grid.Cell(row.method, row.dataset, row.labels, row.seed)
        print(f"Failed: {cell}: {row.error}")
    if len(failed):
        print("Add --retry-failed to the same command to run what failed again.")
    if len(failed) < len(here):
        print(f"Figures and numbers: tlcourse experiment report --table {shlex.quote(str(path))}")
    return 1 if len(failed) else 0


def _metadata(chosen: argparse.Namespace, dataset: Dataset) -> dict:
    """Return what the JSON file beside the table says first. No path of this machine is in it."""
    out = check_path(chosen.out).resolve()
    name = out.relative_to(REPOSITORY) if out.is_relative_to(REPOSITORY) else Path(out.name)
    words = ["tlcourse", "experiment", "run", "--profile", chosen.profile, "--data", dataset.name]
    for option in ("methods", "labels", "seeds", "workers"):
        if getattr(chosen, option) is not None:
            words += [f"--{option}", str(getattr(chosen, option))]
    if chosen.scheduler:
        words += ["--scheduler", "ADDRESS"]
    return {
        "what": f"the experiment on {dataset.name}: method × number of labels × seed",
        "command": shlex.join([*words, "--out", name.as_posix()]),
        "profile": chosen.profile,
        "dataset": dataset.name,
        "source": dataset.source,
        "licence": "MIT, like the course",
    }
