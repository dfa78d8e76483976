"""Where cells are run: in processes of this machine (loky), or on a Dask cluster."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Protocol

from tlcourse.data import DataError
from tlcourse.experiment.grid import Cell
from tlcourse.experiment.worker import ONE_THREAD, attempt, begin


class Pool(Protocol):
    """Where cells are run."""

    def room(self) -> int:
        """Return how many cells may run at once."""

    def submit(self, run: Callable[[Cell], dict], cell: Cell) -> Future:
        """Start a cell."""

    def close(self) -> None:
        """Stop what runs."""


# Loky replaces a worker whose memory has grown by 0.3 GB. A dataset does that by itself, and a
# new worker takes ten seconds to start.
_MEMORY = {"LOKY_MAX_MEMORY_LEAK_SIZE": "4e9"}  # bytes


class Here:
    """Worker processes of this machine; new ones when needed after ``close``."""

    def __init__(self, workers: int):
        self._workers, self._pool = workers, None

    def room(self) -> int:
        """Return how many cells may run at once."""
        return self._workers

    def submit(self, run: Callable[[Cell], dict], cell: Cell) -> Future:
        """Start a cell."""
        import loky

        if self._pool is None:
            self._pool = loky.ProcessPoolExecutor(
                self._workers, env=ONE_THREAD | _MEMORY, initializer=begin, initargs=(os.getpid(),)
            )
        with _without_interrupts():  # this may start processes
            return self._pool.submit(attempt, run, cell)

    def close(self) -> None:
        """Stop what runs."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None


class Dask:
    """The workers of a Dask cluster; its scheduler repeats what a lost worker was doing."""

    def __init__(self, address: str):
        from distributed import Client
        from distributed.comm import resolve_address

        try:
            resolve_address(address)  # a client with a wrong one does not end well
            self._client = Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"No Dask scheduler answers at {address} ({error}). Start one with 'dask "
                "scheduler', workers with 'dask worker ADDRESS --nthreads 1', and give the "
                "address that it shows, like tcp://10.0.0.5:8786."
            ) from error
        self._executor = self._client.get_executor(pure=False)
        self._room, self._asked = 0, 0.0
        if not self._look():
            say(f"The scheduler at {address} has no workers yet; waiting for some.")

    def _look(self) -> int:
        with contextlib.suppress(OSError):  # a lost scheduler is noticed by its cells
            self._room = len(self._client.scheduler_info()["workers"])
        self._asked = time.monotonic()
        return self._room

    def room(self) -> int:
        """Return how many cells may run at once."""
        if time.monotonic() > self._asked + 2:  # workers come and go
            self._look()
        return max(1, self._room)

    def submit(self, run: Callable[[Cell], dict], cell: Cell) -> Future:
        """Start a cell."""
        return self._executor.submit(attempt, run, cell)

    def close(self) -> None:
        """Stop what runs."""
        self._executor.shutdown(wait=False)
        self._client.close()


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
