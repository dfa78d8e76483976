"""Where cells run: joblib's backends for this machine and for a Dask cluster, mended.

As they come, both run everything in the calling process where there is one worker with one
thread; there, a cell that takes its worker down would take the engine along. With Dask's, joblib
waits forever for a cell whose workers died.

Both say in ``capacity`` how many cells may run at once, and ``look`` whether that has changed.
"""

import contextlib
import os

from distributed import Client
from distributed.comm import resolve_address
from joblib._dask import DaskDistributedBackend
from joblib._parallel_backends import LokyBackend
from joblib.executor import get_memmapping_executor

from tlcourse.data import DataError
from tlcourse.experiment.worker import ONE_THREAD, begin

_SEVERAL = 2  # joblib only asks whether there is more than one worker


class LocalBackend(LokyBackend):
    """Processes of this machine, each with one thread; they end with the loop that uses them."""

    def __init__(self, workers: int):
        super().__init__()
        self.capacity = workers

    def configure(self, n_jobs: int = 1, parallel=None, **_) -> int:
        """Start the processes."""
        self.parallel = parallel
        self._workers = get_memmapping_executor(
            n_jobs, env=ONE_THREAD, initializer=begin, initargs=(os.getpid(),)
        )
        return _SEVERAL

    def terminate(self) -> None:
        """Stop the processes."""
        if self._workers is not None:
            self.abort_everything(ensure_ready=False)

    def look(self) -> None:
        """Do nothing: a process that ends is replaced."""

    close = look  # and there is nothing to leave


class DaskBackend(DaskDistributedBackend):
    """The workers of a Dask cluster; its scheduler repeats what a lost worker was doing."""

    def __init__(self, address: str):
        try:
            resolve_address(address)  # a client with a wrong one does not end well
            client = Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"No Dask scheduler answers at {address} ({error}). Start one with 'dask "
                "scheduler', workers with 'dask worker ADDRESS --nthreads 1', and give the "
                "address that it shows, like tcp://10.0.0.5:8786."
            ) from error
        super().__init__(client=client)
        self.capacity = 0
        self.look()
        if not client.nthreads():
            print(f"The scheduler at {address} has no workers yet; waiting for some.")

    def look(self) -> None:
        """Count the workers: they come and go."""
        with contextlib.suppress(OSError):  # a lost scheduler is noticed by its cells
            self.capacity = max(1, len(self.client.nthreads()))

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return what joblib takes for the number of workers."""
        return _SEVERAL

    def submit(self, func, callback=None):
        """Start a cell; if too many workers die with it, the error comes back as its row."""
        ((_, (_, cell), _),) = func.items

        def answer(future) -> None:
            if error := future.exception():
                callback([(cell, error)])

        future = super().submit(func, callback)
        future.add_done_callback(answer)
        return future

    def close(self) -> None:
        """Leave the cluster; it drops what is not finished."""
        self.client.close()
