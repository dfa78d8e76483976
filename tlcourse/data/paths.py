"""Where the course reads and writes files, and how it writes them without leaving halves.

Three folders matter:

* ``repository_data()``: small files that come with the course (``data/`` of the checkout);
* ``data_dir()``: downloaded datasets; ``TLCOURSE_DATA_DIR`` or ``data/`` of the checkout;
* ``cache_dir()``: everything the course can make again (rendered letters, features, progress);
  ``TLCOURSE_CACHE_DIR`` or ``data/cache/`` of the checkout.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]  # the checkout; nobody else computes it


def repository_data(name: str) -> Path:
    """Return the path of a file that is committed under ``data/`` of the checkout."""
    return REPOSITORY / "data" / name


def data_dir() -> Path:
    """Return the folder of downloaded datasets (not created here)."""
    return Path(os.environ.get("TLCOURSE_DATA_DIR") or REPOSITORY / "data").expanduser()


def cache_dir() -> Path:
    """Return the folder of files that the course can make again (not created here)."""
    return Path(os.environ.get("TLCOURSE_CACHE_DIR") or REPOSITORY / "data" / "cache").expanduser()


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


def _readable_by_others() -> int:
    """Return the permissions that a new file normally gets."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
