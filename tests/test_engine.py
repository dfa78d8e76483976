"""The engine, with what it must survive really done to it: kill -9, a full disk, dead workers."""

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

from tlcourse.data import DataError
from tlcourse.experiment import engine, results
from tlcourse.experiment.grid import Cell

CHECKOUT = Path(__file__).resolve().parents[1]
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where the cells leave their traces; known to this process and to all that it starts."""
    monkeypatch.setenv("ENGINE_TEST_FOLDER", str(tmp_path))
    path = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "tests")])
    monkeypatch.setenv("PYTHONPATH", path)
    return tmp_path


@pytest.fixture
def path(folder) -> Path:
    return folder / "results" / "table.csv"


def execute(cells: list[Cell], path: Path, **options):
    options = {"workers": 2, "progress": False} | options
    return engine.execute(cells, path, run=engine_cells.run, **options)


START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
from pathlib import Path
from engine_cells import cells, run
from tlcourse.experiment import engine
"""


def start(code: str, *before: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*before, sys.executable, "-u", "-c", START + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> tuple[str, str]:
    try:
        return process.communicate(timeout=120)
    finally:
        process.kill()


def until(condition, seconds: float = 60):
    """Return what the condition gives as soon as that is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def keys(table) -> list[tuple]:
    return list(table[list(results.KEY)].itertuples(index=False, name=None))


def runs(folder: Path) -> Counter:
    return Counter((folder / "runs").read_text().splitlines())


# ------------------------------------------------------------------------------ what is normal


def test_every_cell_is_run_once_and_saved(folder, path):
    cells = engine_cells.cells("echo", 4) + engine_cells.cells("fails", 2)
    told = execute(cells, path)
    table = results.read(path)
    assert told.equals(table)
    assert sorted(keys(table)) == sorted(map(tuple, (vars(c).values() for c in cells)))
    assert set(runs(folder).values()) == {1}
    row = table[(table["method"] == "echo") & (table["seed"] == 1)].iloc[0]
    assert row["accuracy"] == engine_cells.run(cells[1])["accuracy"]  # to the last digit


def test_a_failed_cell_is_recorded_not_repeated_and_retried_when_asked(folder, path):
    cells = engine_cells.cells("fails", 1) + engine_cells.cells("echo", 2)
    table = execute(cells, path).set_index("method")
    assert table.loc["fails", "error"] == "ValueError: no luck, today"
    assert table.loc["fails", ["accuracy", "seconds", "parameters_total"]].isna().all()
    assert table.loc["echo", "error"].tolist() == ["", ""]

    (folder / "mended").touch()
    again = execute(cells, path)
    assert (again["error"] != "").sum() == 1
    assert runs(folder)["fails 0"] == 1
    mended = execute(cells, path, retry_failed=True)
    assert (mended["error"] == "").all()
    assert len(mended) == 3
    assert runs(folder) == Counter({"fails 0": 2, "echo 0": 1, "echo 1": 1})


def test_what_else_is_in_the_table_stays(path, folder):
    execute(engine_cells.cells("echo", 1), path)
    table = execute(engine_cells.cells("echo", 1, labels=50), path)
    assert table["labels"].tolist() == [10, 50]


def test_two_runs_cannot_write_to_one_table(path, folder):
    execute(engine_cells.cells("echo", 1), path)
    before = path.read_bytes()
    with (
        results.ResultsFile(path),
        pytest.raises(DataError, match="Another run is writing"),
    ):
        execute(engine_cells.cells("echo", 2), path)
    assert path.read_bytes() == before
    assert len(execute(engine_cells.cells("echo", 2), path)) == 2


def test_a_damaged_table_is_not_written_to(path, folder):
    execute(engine_cells.cells("echo", 2), path)
    half = path.read_text()[:-20]
    path.write_text(half)
    with pytest.raises(DataError, match="no sound table"):
        execute(engine_cells.cells("echo", 3), path)
    assert path.read_text() == half


def test_a_table_that_cannot_be_written_is_known_before_any_cell_runs(folder):
    (folder / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        execute(engine_cells.cells("echo", 1), folder / "file" / "table.csv")
    assert not (folder / "runs").exists()


def test_worker_processes_use_one_thread_each(path, folder):
    assert len(execute(engine_cells.cells("threads", 1), path)) == 1
    said = json.loads((folder / "threads").read_text())
    assert set(said.values()) == {"1"}


# ------------------------------------------------------------------------------------- kill -9


@needs_posix
def test_kill_9_at_any_time_loses_nothing_and_repeats_nothing(folder, path):
    code = f"engine.execute(cells('slow', 12), Path({str(path)!r}), run=run, progress=False)"

    def rows() -> int:
        return len(results.read(path)) if path.exists() else 0  # never damaged, at any moment

    for enough in (2, 6):
        process = start(code)
        until(lambda enough=enough: rows() >= enough)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        saved = keys(results.read(path))
        assert enough <= len(saved) < 12
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert not alive, "worker processes stayed behind"
    process = start(code)
    until(lambda: rows() == 12)
    finish(process)
    assert process.returncode == 0
    assert sorted(keys(results.read(path))) == [("slow", "digits", 10, seed) for seed in range(12)]
    assert {runs(folder)[f"slow {seed}"] for _, _, _, seed in saved} <= {1, 2}


@needs_posix
def test_cells_that_were_saved_before_a_kill_are_not_run_again(folder, path):
    code = f"engine.execute(cells('slow', 8), Path({str(path)!r}), run=run, progress=False)"
    process = start(code)
    until(lambda: path.exists() and len(results.read(path)) >= 3)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    psutil.wait_procs(workers, timeout=20)  # they would leave traces yet
    saved = [seed for *_, seed in keys(results.read(path))]
    (folder / "runs").rename(folder / "runs before")
    assert len(execute(engine_cells.cells("slow", 8), path)) == 8
    again = runs(folder)
    assert again == Counter(f"slow {seed}" for seed in range(8) if seed not in saved)


# ----------------------------------------------------------------------------------- full disk


def in_a_small_disk(disk: Path, code: str) -> subprocess.Popen:
    """Start a child for which ``disk`` is a disk of its own with 128 KB."""
    mount = 'mount -t tmpfs -o size=128k small "$0" && exec "$@"'
    return start(code, "unshare", "-rm", "sh", "-c", mount, str(disk))


@pytest.fixture
def disk(folder, monkeypatch) -> Path:
    disk = folder / "disk"
    disk.mkdir()
    monkeypatch.setenv("ENGINE_TEST_DISK", str(disk))
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here to mount a small disk with")
    process = in_a_small_disk(disk, "")
    _, complaint = finish(process)
    if process.returncode:
        pytest.skip(f"no small disk can be mounted here: {complaint.strip()}")
    return disk


FULL = """
engine._PAUSE = 0.2
todo = cells("echo", 3) + cells("fills", 1) + cells("slow", 8)
path = Path({path!r})
engine.execute(todo, path, run=run, progress=False, save_timeout={save_timeout})
print("all", len(engine.execute(todo, path, run=run)), flush=True)
"""


def test_on_a_full_disk_the_run_waits_and_goes_on_when_there_is_space(folder, disk):
    process = in_a_small_disk(disk, FULL.format(path=str(disk / "table.csv"), save_timeout=90))
    told = process.stderr.readline()
    try:
        assert "No space left on device" in told
        assert "Free some space" in told
        seen = Path(f"/proc/{process.pid}/root{disk}")  # the disk as the child has it
        table = results.read(seen / "table.csv")  # the old one, whole
        assert set(table["method"]) <= {"echo", "slow"}
        time.sleep(2)
        started = sum(runs(folder).values())
        time.sleep(1)
        assert sum(runs(folder).values()) == started < 12  # nothing new is started
        assert len(results.read(seen / "table.csv")) == len(table)
    finally:
        (seen / "filler").unlink()
        shown, complaints = finish(process)
    assert "Going on" in complaints
    assert "Traceback" not in complaints
    assert shown == "all 12\n"
    assert set(runs(folder).values()) == {1}


def test_a_disk_that_stays_full_ends_the_run_with_a_sentence_and_the_old_table(disk):
    code = FULL.format(path=str(disk / "table.csv"), save_timeout=1)
    hold = f"""
from tlcourse.data import DataError
try:
{"".join("    " + line + chr(10) for line in code.strip().splitlines())}
except DataError as error:
    print(error)
    from tlcourse.experiment import results
    print(len(results.read(path)), sorted(p.name for p in path.parent.iterdir()))
"""
    shown, complaints = finish(in_a_small_disk(disk, hold))
    assert "could not be saved (No space left on device)" in shown
    assert "['.table.csv.lock', 'filler', 'table.csv']" in shown
    assert "Traceback" not in complaints


# ------------------------------------------------------------------------------- dead workers


def kill_the_stuck(folder: Path) -> threading.Thread:
    """Kill the process in which the cell ``stuck_once`` is stuck, once there is one."""

    def kill() -> None:
        os.kill(int(until((folder / "stuck").exists) and (folder / "stuck").read_text()), 9)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


@needs_posix
def test_a_worker_killed_in_the_middle_costs_no_cell(folder, path, capsys):
    cells = engine_cells.cells("stuck_once", 1) + engine_cells.cells("slow", 6)
    killer = kill_the_stuck(folder)
    table = execute(cells, path)
    killer.join()
    assert len(table) == 7
    assert (table["error"] == "").all()
    assert "A worker process died" in capsys.readouterr().err
    assert all(runs(folder)[f"slow {seed}"] <= 2 for seed in range(6))


@needs_posix
def test_a_cell_that_always_kills_its_worker_is_found_out(folder, path):
    cells = [*engine_cells.cells("slow", 2), *engine_cells.cells("kills", 1)]
    cells += engine_cells.cells("echo", 2)
    table = execute(cells, path).set_index("method")
    assert table.loc["kills", "error"] == "Its worker process died twice (out of memory?)."
    assert len(table) == 5
    assert (table.drop("kills")["error"] == "").all()
    assert len(execute(cells, path)) == 5
    assert runs(folder)["kills 0"] <= 3


@needs_posix
def test_ctrl_c_saves_what_is_finished_and_says_how_to_go_on(folder, path):
    code = f"""
import functools
from tlcourse import cli
engine.execute = functools.partial(engine.execute, run=run)
sys.exit(cli.main([
    "experiment", "run", "--data", "digits", "--methods", "letters_frozen", "--labels", "10",
    "--seeds", ",".join(map(str, range(100))), "--workers", "2", "--out", {str(path)!r},
]))
"""
    process = start(code)
    try:
        until(lambda: path.exists() and len(results.read(path)) >= 2)
        workers = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to the workers, too
    finally:
        shown, complaints = finish(process)
    assert process.returncode == 130
    assert "The same command goes on from there." in complaints
    assert str(path) in complaints
    assert "Traceback" not in complaints
    assert "100 cells to run" in shown
    assert 2 <= len(results.read(path)) < 100
    assert not psutil.wait_procs(workers, timeout=20)[1]


# ---------------------------------------------------------------------------------------- Dask


@pytest.fixture
def cluster(folder):
    """Start a scheduler and workers, each a process of its own; return the scheduler's address."""
    processes = []

    def begin(*command: str) -> None:
        with (folder / "dask.log").open("a") as log:
            command = [sys.executable, "-m", "dask", *command]
            processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def make(allowed_failures: int = 3) -> str:
        os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = str(allowed_failures)
        file = folder / "scheduler.json"
        host = ["--host", "127.0.0.1", "--no-dashboard"]
        begin("scheduler", *host, "--port", "0", "--scheduler-file", str(file))
        until(lambda: file.exists() and file.read_text().endswith("}"))
        address = json.loads(file.read_text())["address"]
        for _ in range(2):
            begin("worker", address, *host, "--nthreads", "1", "--no-nanny")
        until(lambda: (folder / "dask.log").read_text().count("Registered to") == 2)
        return address

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "3")
        make.processes = processes
        yield make
    for process in processes:
        process.kill()
        process.wait()


@needs_posix
def test_a_dask_cluster_loses_a_worker_in_the_middle_and_no_cell(folder, path, cluster):
    cells = engine_cells.cells("stuck_once", 1) + engine_cells.cells("slow", 6)
    address = cluster()
    killer = kill_the_stuck(folder)
    table = execute(cells, path, scheduler=address)
    killer.join()
    assert sorted(keys(table)) == sorted(tuple(vars(cell).values()) for cell in cells)
    assert (table["error"] == "").all()
    dead = until(lambda: [p for p in cluster.processes if p.poll() is not None])
    assert [p.returncode for p in dead] == [-9]  # a worker; the other has done the rest


@needs_posix
def test_a_cell_that_kills_dask_workers_is_recorded_and_the_rest_done(folder, path, cluster):
    cells = engine_cells.cells("kills", 1) + engine_cells.cells("echo", 3)
    table = execute(cells, path, scheduler=cluster(allowed_failures=0)).set_index("method")
    assert table.loc["kills", "error"].startswith("KilledWorker")
    assert (table.loc["echo", "error"] == "").all()
    assert len(table) == 4


@needs_posix
def test_a_lost_dask_scheduler_ends_the_run_with_a_sentence(folder, path, cluster):
    address = cluster()
    code = f"""
from tlcourse.data import DataError
try:
    engine.execute(cells("slow", 99), Path({str(path)!r}), run=run, scheduler={address!r})
except DataError as error:
    print(error)
"""
    process = start(code)
    until(lambda: path.exists() and len(results.read(path)) >= 2)
    cluster.processes[0].kill()
    shown, _ = finish(process)
    assert "The connection to the Dask scheduler was lost" in shown
    assert 2 <= len(results.read(path)) < 99


def test_no_dask_scheduler_there(path, folder):
    with pytest.raises(DataError, match="No Dask scheduler answers at fox://x"):
        execute(engine_cells.cells("echo", 1), path, scheduler="fox://x")
