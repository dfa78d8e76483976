"""What the course remembers between notebooks (scoreboard, exercises): small JSON files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlcourse.data.errors import DataError
from tlcourse.data.paths import atomic_write, cache_dir


def read(name: str, default: Any) -> Any:
    """Return what is stored under ``name``, or ``default`` if there is nothing.

    A damaged file is put aside as ``<name>.json.damaged``, and said to be.
    """
    path = _path(name)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except ValueError:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        print(f"What the course remembered in {path.name} cannot be read; it was kept as {aside}.")
        return default


def update(name: str, change: Callable[[Any], Any], default: Any) -> Any:
    """Replace what is stored under ``name`` by ``change(stored)``; return the new value.

    Two notebooks may do so at once: one waits for the other.

    Raises:
        DataError: the cache folder cannot be written; what was stored stays.
    """
    from filelock import FileLock

    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            value = change(read(name, default))
            with atomic_write(path) as part:
                part.write_text(json.dumps(value, indent=1), encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}). Free some space, or let "
            "TLCOURSE_CACHE_DIR name a folder in which you may write."
        ) from error
    return value


def _path(name: str) -> Path:
    return cache_dir() / f"{name}.json"
