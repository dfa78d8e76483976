"""Where the course reads and writes files, and how it does so without losing or halving any.

Three folders matter:

* ``repository_data()``: small files that come with the course (``data/`` of the checkout);
* ``data_dir()``: downloaded datasets; ``TLCOURSE_DATA_DIR`` or ``data/`` of the checkout;
* ``cache_dir()``: everything the course can make again (rendered letters, features, progress);
  ``TLCOURSE_CACHE_DIR`` or ``data/cache/`` of the checkout.

A relative path in these variables starts at the checkout, so that it is one folder for a command
and for a notebook, wherever they run.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tlcourse._environment import REPOSITORY

__all__ = ["REPOSITORY", "atomic_write", "cache_dir", "data_dir", "put_aside", "repository_data"]


def repository_data(name: str) -> Path:
    """Return the path of a file that is committed under ``data/`` of the checkout."""
    return REPOSITORY / "data" / name


def data_dir() -> Path:
    """Return the folder of downloaded datasets (not created here)."""
    return REPOSITORY / os.path.expanduser(os.environ.get("TLCOURSE_DATA_DIR") or "data")


def cache_dir() -> Path:
    """Return the folder of files that the course can make again (not created here)."""
    return REPOSITORY / os.path.expanduser(os.environ.get("TLCOURSE_CACHE_DIR") or "data/cache")


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that becomes ``path`` only if the block succeeds.

    Whoever reads ``path`` sees the old file or the new one, never a half; a failing block
    leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Same folder, so that the final rename stays on one file system and is atomic.
    handle, name = tempfile.mkstemp(prefix=".", suffix=f".{path.name}", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(_readable_by_others())  # mkstemp's files are private
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def put_aside(path: Path) -> Path:
    """Rename a file that is of no use as it is, so that nobody loses it; return its new path.

    It becomes ``<name>.damaged``, or ``<name>.damaged2`` and so on where that is taken.
    """
    aside, number = path.with_name(f"{path.name}.damaged"), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged{number}")
    return path.rename(aside)


def _readable_by_others() -> int:
    """Return the permissions that a new file normally gets."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
