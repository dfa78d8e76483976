"""What the course remembers between notebooks (scoreboard, exercises): small JSON files.

Where none can be written, it is remembered until the kernel ends, and said.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tlcourse.data.paths import atomic_write, cache_dir, put_aside

_unsaved: dict[Path, tuple[Any, str]] = {}  # what no file could take, and why


def read(name: str, default: Any) -> Any:
    """Return what is stored under ``name``, or ``default`` if there is nothing.

    A damaged file is put aside as ``<name>.json.damaged``, and said to be.
    """
    path = _path(name)
    if path in _unsaved:
        return _unsaved[path][0]
    try:
        return _load(path, default)
    except OSError as error:
        print(f"What the course remembered in {path} cannot be read ({error.strerror}).")
        return default


def update(name: str, change: Callable[[Any], Any], default: Any) -> Any:
    """Replace what is stored under ``name`` by ``change(stored)``; return the new value.

    Two notebooks may do so at once: one waits for the other. Where the file cannot be written,
    the value is remembered until the kernel ends, a line says so once, and the file stays as it
    was.
    """
    from filelock import FileLock

    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            value = change(_unsaved[path][0] if path in _unsaved else _load(path, default))
            with atomic_write(path) as part:
                part.write_text(json.dumps(value, indent=1), encoding="utf-8")
        _unsaved.pop(path, None)
    except OSError as error:
        value = change(read(name, default))
        why = (
            f"{path} cannot be written ({error.strerror}), so what it should hold is remembered "
            "only until this kernel ends. Free some space, or let TLCOURSE_CACHE_DIR name a folder "
            "in which you may write."
        )
        if path not in _unsaved:  # once is enough
            print(why)
        _unsaved[path] = value, why
    return value


def not_kept(name: str) -> str:
    """Return why the last update of ``name`` reached no file; an empty text if it did."""
    return _unsaved.get(_path(name), (None, ""))[1]


def _load(path: Path, default: Any) -> Any:
    """Read a file of the store.

    Raises:
        OSError: it is there, but cannot be read, or not put aside.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return default
    except ValueError:
        aside = put_aside(path)
        print(f"What the course remembered in {path.name} cannot be read; it was kept as {aside}.")
        return default


def _path(name: str) -> Path:
    return cache_dir() / f"{name}.json"
