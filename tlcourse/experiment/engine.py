"""The engine: runs the cells of a grid in worker processes and saves each as it finishes.

It may be stopped, killed, starved of disk or of workers at any moment: started again, it
continues with the cells that are not in the table yet.
"""

import contextlib
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError
from tlcourse.experiment import grid, results
from tlcourse.experiment.grid import Cell
from tlcourse.experiment.pools import Dask, Here, Pool, say
from tlcourse.experiment.worker import run_cell

PATIENCE = 600.0  # seconds to wait for somebody to free space on a full disk
_PAUSE = 3.0  # seconds between two attempts to save
_STRIKES = 2  # so often may a cell's worker die while no other cell runs


def execute(
    cells: Sequence[Cell],
    path: Path,
    *,
    workers: int = 2,
    scheduler: str | None = None,
    progress: bool = True,
    retry_failed: bool = False,
    story: dict | None = None,
    patience: float = PATIENCE,
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
        story: what to say in a JSON file beside the table; None for no such file.
        patience: seconds to wait when the table cannot be saved, as on a full disk.
        run: from a cell to the fields of its record; importable by the workers.

    Returns:
        The whole table, like ``results.read``.

    Raises:
        DataError: another run uses the table, it is damaged or cannot be saved, or there is no
            such scheduler.
    """
    with results.ResultsFile(path, story) as table:
        todo = results.missing(cells, table.table(), retry_failed=retry_failed)
        if todo:
            with contextlib.closing(Dask(scheduler) if scheduler else Here(workers)) as pool:
                _Run(todo, table, pool, run, patience, progress).go()
        return table.table()


class _Run:
    """One sitting: ``go`` returns when every cell is in the table."""

    def __init__(self, cells, table: results.ResultsFile, pool: Pool, run, patience, progress):
        from tqdm import tqdm

        self._table, self._pool, self._run, self._patience = table, pool, run, patience
        self._waiting, self._suspects = deque(cells), deque()
        self._alone = False  # one cell at a time, to find the one whose worker dies
        self._strikes: Counter[Cell] = Counter()
        self._running: dict[Future, Cell] = {}
        seconds = grid.expected(cells, results.known(table.path))
        # The bar moves by time, not by cells: some take a hundred times as long as others.
        self._seconds = {c: 1.0 if s is None else s for c, s in zip(cells, seconds, strict=True)}
        self._finished = 0
        self._bar = tqdm(
            total=sum(self._seconds.values()),
            desc=f"0/{len(cells)} cells",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left",
            smoothing=0,
            disable=not progress,
        )

    def go(self) -> None:
        try:
            # Loky starts a worker anew whose memory has grown, and tells programmers.
            warnings.filterwarnings("ignore", "A worker was restarted", UserWarning)
            while self._waiting or self._suspects or self._running:
                self._start()
                done, _ = wait(self._running, timeout=1, return_when=FIRST_COMPLETED)
                self._collect(done)
                if sys.stderr.isatty():
                    self._bar.refresh()  # the clock goes on
        except BaseException:  # Ctrl-C, a disk that stays full, a lost scheduler
            with contextlib.suppress(OSError, DataError):
                whole = (f for f in self._running if f.done() and not f.cancelled())
                self._keep([f for f in whole if not _died(f)])
                self._table.save()
            raise
        finally:
            self._bar.close()

    def _start(self) -> None:
        if not self._running:
            self._alone = bool(self._suspects)
        source = self._suspects if self._alone else self._waiting
        room = 1 if self._alone else self._pool.room()
        while source and len(self._running) < room:
            cell = source.popleft()
            try:
                self._running[self._pool.submit(self._run, cell)] = cell
            except BrokenExecutor:  # between two cells; those that run will say so, too
                source.appendleft(cell)
                if not self._running:
                    self._pool.close()
                break

    def _collect(self, done: set[Future]) -> None:
        if any(_died(future) for future in done):
            done, _ = wait(self._running)  # the others were stopped with it
        victims = [self._running.pop(future) for future in done if _died(future)]
        finished = self._keep([future for future in done if not _died(future)])
        if victims:
            finished += self._judge(victims)
        if finished:
            _save(self._table, self._patience)

    def _keep(self, futures: Iterable[Future]) -> int:
        """Put finished cells into the table; return how many."""
        count = 0
        for future in futures:
            cell = self._running[future]
            try:
                row = future.result()
            except CancelledError:
                raise DataError(
                    "The connection to the Dask scheduler was lost. What was finished is saved; "
                    "start the scheduler and its workers again, and give the same command."
                ) from None
            except BaseException as error:
                # It could not be sent there or back, or killed too many workers of a cluster.
                row = results.failure(cell, f"{type(error).__name__}: {error}")
            self._add(cell, row)
            del self._running[future]  # not before: Ctrl-C may come at any moment
            count += 1
        return count

    def _judge(self, victims: list[Cell]) -> int:
        """Try cells again whose worker died, or give one up; return how many were given up."""
        self._pool.close()
        if len(victims) == 1:  # nobody else can have done it
            self._strikes[victims[0]] += 1
            if self._strikes[victims[0]] == _STRIKES:
                message = "Its worker process died twice (out of memory?)."
                self._add(victims[0], results.failure(victims[0], message))
                return 1
        self._suspects.extend(victims)
        names = "; ".join(map(str, victims))
        say(f"A worker process died. Trying again, one at a time: {names}.")
        return 0

    def _add(self, cell: Cell, row: dict) -> None:
        self._table.add(row)
        self._finished += 1
        self._bar.set_description_str(f"{self._finished}/{len(self._seconds)} cells", refresh=False)
        self._bar.update(self._seconds[cell])


def _died(future: Future) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _save(table: results.ResultsFile, patience: float) -> None:
    """Save the table; when the disk is full, say so and try again for a while."""
    end = None
    while True:
        try:
            table.save()
            break
        except OSError as error:
            if end is None:
                end = time.monotonic() + patience
                say(
                    f"{table.path} cannot be saved ({error.strerror}). Free some space there: "
                    f"what is finished waits in memory, nothing new is started, and saving is "
                    f"tried again every few seconds for {patience / 60:.0f} minutes."
                )
            elif time.monotonic() > end:
                raise DataError(
                    f"{table.path} could not be saved ({error.strerror}). It holds what was "
                    "saved before; free some space, and the same command goes on from there."
                ) from error
        time.sleep(_PAUSE)
    if end is not None:
        say(f"Saved: {table.path}. Going on.")
