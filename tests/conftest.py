"""What all tests share: private caches, the notebooks' runs, the real MNIST, no network."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.notebook_environment import NO_NETWORK, SHARED

# Every core has a worker: more threads would only wait for each other.
ONE_THREAD = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def pytest_configure(config):
    """Keep the user's caches out of the tests; workers and kernels inherit what is set here."""
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="tlcourse-tests-", ignore_cleanup_errors=True)
    patch = pytest.MonkeyPatch()
    patch.setenv("TLCOURSE_CACHE_DIR", str(Path(folder.name) / "cache"))
    patch.delenv("TLCOURSE_OFFLINE", raising=False)
    for name in ONE_THREAD:
        patch.setenv(name, "1")
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(patch.undo)


def pytest_pycollect_makemodule(module_path, parent):
    """Let ``test_notebooks.py`` hold the runs of all notebooks."""
    if module_path.name == "test_notebooks.py":
        from notebook_runs import NotebookRuns

        return NotebookRuns.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items):
    """Begin with what takes long, so that all workers end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, "test_notebooks.py" not in item.nodeid))


@pytest.fixture
def real_mnist(monkeypatch) -> Path:
    """Let the course use the real MNIST in ``../shared/data``; skip where that is missing."""
    if not (SHARED / "data" / "mnist").is_dir():
        pytest.skip("the real MNIST is not in ../shared/data")
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(SHARED / "data"))
    return SHARED / "data"


@pytest.fixture
def no_network(monkeypatch, tmp_path) -> None:
    """Make every other host unreachable, for child processes too; and start with no data."""
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path / "no-data"))
