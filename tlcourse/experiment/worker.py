"""What happens in a worker process: one cell at a time, on one thread.

Nothing heavy is imported with this module: a worker sets its threads before TensorFlow is there.
"""

import contextlib
import functools
import io
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

from tlcourse.data import Dataset, load
from tlcourse.experiment import results
from tlcourse.experiment.grid import Cell

# Two cells on a thread each use two cores better than one cell on both.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
_one_at_a_time = threading.Lock()


def begin(parent: int) -> None:
    """Prepare a worker process of this machine.

    Args:
        parent: the process that started it. The worker ends when that has gone, however it
            went; and it leaves Ctrl-C to it.
    """
    from joblib.externals.loky import process_executor

    # It replaces a worker whose memory has grown by 0.3 GB. The second cell often does that, and a
    # new worker takes ten seconds to start.
    process_executor._MAX_MEMORY_LEAK_SIZE = 4e9  # bytes
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def attempt(run: Callable[[Cell], dict], cell: Cell) -> tuple[Cell, dict]:
    """Return a cell and its row; of a failed one, with its error.

    A Dask worker may have several threads. Seeds and processor time belong to the whole process,
    so its cells wait for each other.
    """
    with _one_at_a_time:
        try:
            return cell, run(cell) | {"error": ""}
        except Exception as error:
            return cell, results.failure(cell, f"{type(error).__name__}: {error}")


def run_cell(cell: Cell) -> dict:
    """Run one cell as ``tlcourse.experiment.run`` does, and return the fields of its record."""
    _use_one_thread()
    import keras

    from tlcourse.experiment.running import run

    try:
        return asdict(run(cell.method, _dataset(cell.dataset), cell.labels, cell.seed))
    finally:
        keras.utils.clear_session()  # what it remembers of every model would fill the memory


@functools.lru_cache(maxsize=1)
def _dataset(name: str) -> Dataset:
    with contextlib.redirect_stdout(io.StringIO()):  # the main process has said what is in use
        return load(name)


@functools.cache
def _use_one_thread() -> None:
    """Limit the libraries to one thread: those to come, those loaded, and TensorFlow."""
    os.environ.update(ONE_THREAD)
    import tensorflow as tf
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    with contextlib.suppress(RuntimeError):  # TensorFlow has begun to work: too late for that
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def _end_with(parent: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(parent)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os._exit(1)
