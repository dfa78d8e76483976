"""Fixtures that all tests share: private caches, the real MNIST, and a machine without network."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def _private_environment(tmp_path_factory):
    """Keep the user's caches out of the tests; all workers of a run share one cache."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCOURSE_CACHE_DIR", str(base / "tlcourse-cache"))
        patch.delenv("TLCOURSE_OFFLINE", raising=False)
        yield


@pytest.fixture
def real_mnist(monkeypatch) -> Path:
    """Let the course use the real MNIST in ``../shared/data``; skip where that is missing."""
    if not (SHARED_DATA / "mnist").is_dir():
        pytest.skip("the real MNIST is not in ../shared/data")
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(SHARED_DATA))
    return SHARED_DATA


@pytest.fixture
def no_network(monkeypatch, tmp_path) -> None:
    """Make every other host unreachable, for child processes too; and start with no data."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelling in (name, name.lower()):
            monkeypatch.setenv(spelling, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path / "no-data"))
