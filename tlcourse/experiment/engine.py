"""The engine: runs the cells of a grid in worker processes and saves each as it finishes.

It may be stopped, killed, starved of disk or of workers at any moment: started again, it
continues with the cells that are not in the table yet.

``joblib.Parallel`` hands the cells out and brings their rows back, from processes of this machine
or from a Dask cluster. What it cannot do is in ``_rows`` and in ``backends``: it ends when a worker
process dies, and does not say which cell did that; it hands out cells while the table cannot be
saved; it does not know of workers that join later; and what it starts would hear Ctrl-C.
"""

import contextlib
import signal
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError
from tlcourse.data.validation import check_count
from tlcourse.experiment import grid, results
from tlcourse.experiment.grid import Cell
from tlcourse.experiment.worker import attempt, run_cell

SAVE_TIMEOUT = 600.0  # seconds to wait for somebody to free space on a full disk
_PAUSE = 3.0  # seconds between two attempts to save
_CRASHES = 2  # so often may a cell's worker die while no other cell runs


def execute(
    cells: Sequence[Cell],
    path: Path,
    *,
    workers: int = 2,
    scheduler: str | None = None,
    progress: bool = True,
    retry_failed: bool = False,
    metadata: dict | None = None,
    save_timeout: float = SAVE_TIMEOUT,
    run: Callable[[Cell], dict] = run_cell,
) -> pd.DataFrame:
    """Run the cells that the table does not have yet, and save each as soon as it is finished.

    A cell that fails is saved with its error. A cell whose worker process dies is tried again,
    by itself; if its worker dies twice so, that is its error.

    Args:
        cells: what to run, in this order.
        path: the table, a CSV file; made if there is none.
        workers: number of processes on this machine, each with one thread.
        scheduler: address of a Dask scheduler, like ``"tcp://10.0.0.5:8786"``, whose workers do
            the work instead.
        progress: show a progress bar with the time left.
        retry_failed: run the cells again that have failed before.
        metadata: what to say in a JSON file beside the table; None for no such file.
        save_timeout: seconds to wait when the table cannot be saved, as on a full disk.
        run: from a cell to the fields of its record; importable by the workers.

    Returns:
        The whole table, like ``results.read``.

    Raises:
        DataError: another run uses the table, it is damaged or cannot be saved, its name does not
            end in ``.csv``, no workers, or no such scheduler.
    """
    with results.ResultsFile(path, metadata) as table:
        todo = results.missing(cells, table.table(), retry_failed=retry_failed)
        if todo:
            from tlcourse.experiment.backends import DaskBackend, LocalBackend

            workers = check_count(workers, "workers")
            backend = DaskBackend(scheduler) if scheduler else LocalBackend(workers)
            paused = threading.Event()  # set while the table cannot be saved
            with (
                contextlib.closing(backend),
                contextlib.closing(_rows(todo, backend, run, paused)) as rows,
                _progress(todo, results.known(path), shown=progress) as advance,
            ):
                for cell, row in rows:
                    table.add(row)
                    advance(cell)
                    _save(table, save_timeout, paused)
        return table.table()


def _rows(cells: Sequence[Cell], backend, run, paused) -> Iterator[tuple[Cell, dict]]:
    """Give each cell with its row when it is finished, whatever happens to the workers."""
    from joblib import Parallel, delayed

    # What joblib tells programmers: a worker was replaced, tasks were cancelled.
    warnings.filterwarnings("ignore", category=UserWarning, module="joblib")

    def handed_out() -> Iterator:
        for cell in batch:
            if paused.is_set() or backend.capacity > capacity:
                return  # what runs comes to its end, and then the next round begins
            yield delayed(attempt)(run, cell)

    left, quarantined, crashes = dict.fromkeys(cells), [], Counter()
    while left:
        alone, capacity = bool(quarantined), backend.capacity
        batch = quarantined[:1] or list(left)
        round_ = Parallel(
            n_jobs=min(capacity, len(batch)),
            backend=backend,
            pre_dispatch=capacity,
            batch_size=1,
            return_as="generator_unordered",
        )
        try:
            with _without_interrupts():  # this starts processes
                finished = round_(handed_out())
            for cell, row in finished:
                if isinstance(row, Exception):  # Dask gave it up, perhaps for a neighbour's deed
                    if not alone:
                        quarantined.append(cell)
                        continue
                    row = results.failure(cell, f"{type(row).__name__}: {row}")
                del left[cell]
                yield cell, row
                backend.look()
            if alone:
                del quarantined[0]
        except CancelledError:
            raise DataError(
                "The connection to the Dask scheduler was lost. What was finished is saved; "
                "start the scheduler and its workers again, and give the same command."
            ) from None
        except BrokenExecutor:  # one of those that ran did it; try them again one at a time
            crashed = [cell for cell in batch[: round_.n_dispatched_tasks] if cell in left]
            quarantined = crashed + quarantined[1:]
            crashes.update(crashed if len(crashed) == 1 else ())
            if crashes[crashed[0]] == _CRASHES:
                del left[quarantined.pop(0)]
                message = "Its worker process died twice (out of memory?)."
                yield crashed[0], results.failure(crashed[0], message)
            else:
                names = "; ".join(map(str, crashed))
                say(f"A worker process died. Trying again, one at a time: {names}.")


def _save(table: results.ResultsFile, timeout: float, paused: threading.Event) -> None:
    """Save the table; when the disk is full, say so and try again for a while."""
    end = time.monotonic() + timeout
    while True:
        try:
            table.save()
            break
        except OSError as error:
            if time.monotonic() > end:
                raise DataError(
                    f"{table.path} could not be saved ({error.strerror}). It holds what was "
                    "saved before; free some space, and the same command goes on from there."
                ) from error
            if not paused.is_set():
                paused.set()
                say(
                    f"{table.path} cannot be saved ({error.strerror}). Free some space there: "
                    f"what is finished waits in memory, nothing new is started, and saving is "
                    f"tried again every few seconds for {timeout / 60:.0f} minutes."
                )
        time.sleep(_PAUSE)
    if paused.is_set():
        paused.clear()
        say(f"Saved: {table.path}. Going on.")


@contextlib.contextmanager
def _progress(cells: Sequence[Cell], known: pd.DataFrame, *, shown: bool) -> Iterator[Callable]:
    """Show a bar that moves by time, as some cells take a hundred times as long as others.

    Gives the function to call with each finished cell.
    """
    from tqdm import tqdm

    seconds = {c: s or 1.0 for c, s in zip(cells, grid.expected(cells, known), strict=True)}
    bar = tqdm(
        total=sum(seconds.values()),
        desc=f"0/{len(cells)} cells",
        bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left",
        smoothing=0,
        disable=not shown,
    )
    finished = []

    def advance(cell: Cell) -> None:
        finished.append(cell)
        bar.set_description_str(f"{len(finished)}/{len(cells)} cells", refresh=False)
        bar.update(seconds[cell])

    def tick() -> None:
        while not bar.disable:  # until it is closed
            bar.refresh()
            time.sleep(1)

    with bar:
        if sys.stderr.isatty():
            threading.Thread(target=tick, daemon=True).start()
        yield advance


def say(text: str) -> None:
    """Show a message above the progress bar."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back; processes and threads that are started meanwhile never get it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
