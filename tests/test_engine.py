"""The engine, with what it must survive really done to it: kill -9, a full disk, dead workers."""

import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import engine_cells
import psutil
import pytest
from engine_cells import cells

from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY
from tlcourse.experiment import engine, results
from tlcourse.experiment.grid import Cell

needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}


@pytest.fixture
def path(tmp_path) -> Path:
    """Where the table goes. The cells leave their traces two folders above it."""
    return tmp_path / "results" / "table.csv"


def execute(todo: list[Cell], path: Path, **options):
    run = functools.partial(engine_cells.run, path.parent.parent)
    return engine.execute(todo, path, run=run, **{"workers": 2, "progress": False} | options)


START = """
import functools, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
from pathlib import Path
import engine_cells
from engine_cells import cells
from tlcourse.data import DataError
from tlcourse.experiment import engine, results
path = Path(sys.argv[1])
execute = functools.partial(
    engine.execute, path=path, progress=False,
    run=functools.partial(engine_cells.run, Path(sys.argv[2])),
)
"""


def start(code: str, path: Path, *before: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*before, sys.executable, "-u", "-c", START + code, path, path.parent.parent],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=ENVIRONMENT,
    )


def finish(process: subprocess.Popen) -> tuple[str, str]:
    try:
        return process.communicate(timeout=120)
    finally:
        process.kill()


def until(condition, seconds: float = 90):
    """Return what the condition gives as soon as that is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def rows(path: Path) -> int:
    return len(results.read(path)) if path.exists() else 0  # never damaged, at any moment


def keys(table) -> list[tuple]:
    return list(table[list(results.KEY)].itertuples(index=False, name=None))


def runs(folder: Path) -> Counter:
    """Return how often each cell was run."""
    lines = (folder / "runs").read_text().splitlines()
    return Counter(line.rpartition(" ")[0] for line in lines)


def processes(folder: Path) -> set[int]:
    """Return the processes in which cells were run."""
    lines = (folder / "runs").read_text().splitlines()
    return {int(line.rpartition(" ")[2]) for line in lines}


def in_background(work, *arguments) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def kill_the_stuck(folder: Path) -> None:
    """Kill the process in which the cell ``stuck_once`` is stuck, once there is one."""
    until((folder / "stuck").exists)
    os.kill(int((folder / "stuck").read_text()), signal.SIGKILL)


# ------------------------------------------------------------------------------ what is normal


def test_cells_are_run_once_each_and_failed_ones_again_when_asked(tmp_path, path):
    todo = [*cells("echo", 3), *cells("fails", 1), *cells("threads", 1)]
    table = execute(todo, path)
    assert table.equals(results.read(path))
    assert sorted(keys(table)) == sorted(tuple(vars(cell).values()) for cell in todo)
    assert set(runs(tmp_path).values()) == {1}
    table = table.set_index(["method", "seed"])
    assert table.loc[("echo", 2), "accuracy"] == 0.9 + 2 / 1000 / 3  # to the last digit
    assert table.loc[("fails", 0), "error"] == "ValueError: no luck, today"
    assert table.loc[("fails", 0), ["accuracy", "seconds", "parameters_total"]].isna().all()
    assert (table.drop(("fails", 0))["error"] == "").all()
    threads = json.loads((tmp_path / "threads").read_text())
    assert set(threads.values()) == {"1"}

    (tmp_path / "mended").touch()
    assert execute(todo, path).equals(results.read(path))
    assert set(runs(tmp_path).values()) == {1}
    mended = execute([*todo[3:], *cells("echo", 1, labels=50)], path, retry_failed=True)
    assert (mended["error"] == "").all()
    assert len(mended) == 6  # what else was in the table stays
    assert runs(tmp_path)["fails 0"] == runs(tmp_path)["echo 0"] == 2
    assert runs(tmp_path).total() == 7


def test_what_stops_a_run_before_its_first_cell(tmp_path, path):
    with results.ResultsFile(path), pytest.raises(DataError, match="Another run is writing"):
        execute(cells("echo", 1), path)
    half = path.read_text()[:-20]
    path.write_text(half)
    with pytest.raises(DataError, match="no sound table"):
        execute(cells("echo", 1), path)
    assert path.read_text() == half
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        execute(cells("echo", 1), tmp_path / "file" / "table.csv")
    with pytest.raises(DataError, match=r"Let it end in \.csv, like table\.csv"):
        execute(cells("echo", 1), path.with_suffix(".json"))
    path.unlink()
    with pytest.raises(DataError, match="workers is a whole number, 1 at least"):
        execute(cells("echo", 1), path, workers=0)
    with pytest.raises(DataError, match="No Dask scheduler answers at fox://x"):
        execute(cells("echo", 1), path, scheduler="fox://x")
    assert not (tmp_path / "runs").exists()


# ------------------------------------------------------------------------------ kill and Ctrl-C


def stop_in_the_middle(path: Path, how, enough: int = 3) -> tuple[subprocess.Popen, str, str]:
    """Start a run of 60 cells and stop it when some are saved; none of its processes stays."""
    code = "try: execute(cells('slow', 60))\nexcept KeyboardInterrupt: print('stopped')"
    process = start(code, path)
    try:
        until(lambda: rows(path) >= enough)
        workers = psutil.Process(process.pid).children(recursive=True)
        how(process.pid, signal.SIGKILL if how is os.kill else signal.SIGINT)
    finally:
        shown, complaints = process.communicate(timeout=60)
    assert not psutil.wait_procs(workers, timeout=20)[1], "worker processes stayed behind"
    assert enough <= rows(path) < 60
    return process, shown, complaints


@needs_posix
def test_kill_9_loses_nothing_that_was_saved_and_repeats_none_of_it(tmp_path, path):
    stop_in_the_middle(path, os.kill)
    saved = [seed for *_, seed in keys(results.read(path))]
    (tmp_path / "runs").rename(tmp_path / "runs before")
    (tmp_path / "hurry").touch()
    assert len(execute(cells("slow", 60), path)) == 60
    again = Counter(f"slow {seed}" for seed in range(60) if seed not in saved)
    assert runs(tmp_path) == again


@needs_posix
def test_ctrl_c_saves_what_is_finished(path):
    # To the whole group, as the terminal does: to the workers, too.
    process, shown, complaints = stop_in_the_middle(path, os.killpg)
    assert (process.returncode, shown, complaints) == (0, "stopped\n", "")


# ----------------------------------------------------------------------------------- full disk


FULL = """
engine._PAUSE = 0.1
todo = cells("echo", 2) + cells("fills", 1) + cells("slow", 6)
try:
    execute(todo, save_timeout={timeout})
    print("all", len(execute(todo)))
except DataError as error:
    print(error, sorted(p.name for p in path.parent.iterdir()))
"""


def start_on_a_small_disk(path: Path, timeout: float) -> subprocess.Popen:
    """Start a run that fills the disk; for this process, the table's folder is one of 128 KB."""
    path.parent.mkdir()
    mount = f'mount -t tmpfs -o size=128k small "{path.parent}" && exec "$@"'
    before = ("unshare", "-rm", "sh", "-c", mount, "sh")
    if not shutil.which("unshare") or subprocess.run([*before, "true"]).returncode:
        pytest.skip("no small disk can be mounted here")
    return start(FULL.format(timeout=timeout), path, *before)


def test_on_a_full_disk_the_run_waits_and_goes_on_when_there_is_space(tmp_path, path):
    process = start_on_a_small_disk(path, timeout=90)
    message = process.stderr.readline()
    try:
        assert "No space left on device" in message
        assert "Free some space" in message
        seen = Path(f"/proc/{process.pid}/root{path}")  # the disk as the child has it
        table = results.read(seen)  # the old one, whole
        assert set(table["method"]) <= {"echo", "slow"}
        time.sleep(2)
        started = runs(tmp_path).total()
        time.sleep(1)
        assert runs(tmp_path).total() == started < 9  # nothing new is started
        assert rows(seen) == len(table)
    finally:
        seen.with_name("filler").unlink()
        shown, complaints = finish(process)
    assert "Going on" in complaints
    assert "Traceback" not in complaints
    assert shown == "all 9\n"
    assert set(runs(tmp_path).values()) == {1}


def test_a_disk_that_stays_full_ends_the_run_with_a_sentence_and_the_old_table(path):
    shown, complaints = finish(start_on_a_small_disk(path, timeout=0.5))
    assert "could not be saved (No space left on device)" in shown
    assert "['.table.csv.lock', 'filler', 'table.csv']" in shown
    assert "Traceback" not in complaints


# ------------------------------------------------------------------------------- dead workers


@needs_posix
def test_a_worker_killed_in_the_middle_costs_no_cell(tmp_path, path, capsys):
    killer = in_background(kill_the_stuck, tmp_path)
    table = execute([*cells("stuck_once", 1), *cells("slow", 4)], path)
    killer.join()
    assert len(table) == 5
    assert (table["error"] == "").all()
    assert "A worker process died" in capsys.readouterr().err
    assert max(runs(tmp_path).values()) <= 2


@needs_posix
@pytest.mark.parametrize("workers", [1, 2])
def test_a_cell_that_always_kills_its_worker_is_found_out(tmp_path, path, workers):
    todo = [*cells("slow", 1), *cells("kills", 1), *cells("echo", 2)]
    table = execute(todo, path, workers=workers).set_index("method")
    assert table.loc["kills", "error"] == "Its worker process died twice (out of memory?)."
    assert len(table) == 4
    assert (table.drop("kills")["error"] == "").all()
    assert runs(tmp_path)["kills 0"] <= 3
    assert os.getpid() not in processes(tmp_path)


# ---------------------------------------------------------------------------------------- Dask


class Cluster:
    """A scheduler, and workers with one thread each; every one is a process of its own."""

    def __init__(self, folder: Path):
        self._folder, self._processes = folder, []
        file = folder / "scheduler.json"
        self._begin("scheduler", "--port", "0", "--scheduler-file", str(file))
        until(lambda: file.exists() and file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def add_workers(self, count: int) -> None:
        for _ in range(count):
            self._begin("worker", self.address, "--nthreads", "1", "--no-nanny")

    def dead(self) -> list[int]:
        return [p.returncode for p in self._processes if p.poll() is not None]

    def kill_scheduler(self, path: Path) -> None:
        """Kill it when there are some rows in the table."""
        until(lambda: rows(path) >= 2)
        self._processes[0].kill()

    def grow(self, folder: Path) -> None:
        """Add a worker to a run that has begun, three more when there are some rows, and wait."""
        table = folder / "results" / "table.csv"
        until(table.exists)  # the run looks for workers right after; one takes seconds to start
        self.add_workers(1)
        until(lambda: rows(table) >= 2)
        self.add_workers(3)
        until(lambda: len(processes(folder)) > 1)
        (folder / "hurry").touch()

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _begin(self, *command: str) -> None:
        command = [sys.executable, "-m", "dask", *command, "--host", "127.0.0.1", "--no-dashboard"]
        env = ENVIRONMENT | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        with (self._folder / "dask.log").open("a") as log:
            self._processes.append(subprocess.Popen(command, env=env, stdout=log, stderr=log))


@needs_posix
def test_a_dask_cluster_may_gain_and_lose_workers_and_in_the_end_its_scheduler(
    tmp_path, path, capsys
):
    importlib.import_module("tlcourse.experiment.backends")  # now, as it takes seconds
    cluster = Cluster(tmp_path)
    try:
        growing = in_background(cluster.grow, tmp_path)
        table = execute(cells("slow", 200), path, scheduler=cluster.address)
        growing.join()
        assert "has no workers yet" in capsys.readouterr().out
        assert len(table) == 200
        assert len(processes(tmp_path)) > 1
        assert os.getpid() not in processes(tmp_path)
        (tmp_path / "hurry").unlink()

        # One of four workers is killed with its cell, and a cell kills two more. Dask gives up what
        # a worker had when it died, and only who kills one by itself has failed.
        killer = in_background(kill_the_stuck, tmp_path)
        todo = [*cells("stuck_once", 1), *cells("kills", 1), *cells("echo", 5)]
        table = execute(todo, path, scheduler=cluster.address).set_index("method")
        killer.join()
        assert len(table) == 207
        assert table.loc["kills", "error"].startswith("KilledWorker")
        assert (table.drop("kills")["error"] == "").all()
        assert until(lambda: len(cluster.dead()) == 3)

        killer = in_background(cluster.kill_scheduler, path.with_name("other.csv"))
        with pytest.raises(DataError, match="The connection to the Dask scheduler was lost"):
            execute(cells("slow", 99), path.with_name("other.csv"), scheduler=cluster.address)
        killer.join()
        assert 2 <= rows(path.with_name("other.csv")) < 99
    finally:
        cluster.close()
