"""Folders that a command makes as a whole, in the place of what it made before."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tlcourse.data import DataError


@contextlib.contextmanager
def replaced(out: Path, mark: str, what: str) -> Iterator[Path]:
    """Give an empty folder to fill; at the end, without an error, it takes the place of ``out``.

    Args:
        out: the folder to make. Until the new one is complete, an older one stays.
        mark: the name, inside, of something by which an older one is known as the command's.
        what: what the folder is, like "site of the course", for the message.

    Raises:
        DataError: ``out`` holds something else, which would be lost.
    """
    is_ours = not out.exists() or (out / mark).exists()
    if not is_ours and (out.is_file() or any(out.iterdir())):
        raise DataError(
            f"{out} holds something that is no {what}, and would be replaced. Name a new or an "
            "empty folder."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=out.parent) as folder:
        made = Path(folder, "made")
        made.mkdir()
        yield made
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
