"""The table of results: a CSV file with one row for each finished cell, never half written.

``read`` reads it; ``ResultsFile`` is how a run adds to it.
"""

import contextlib
import io
import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY, atomic_write, repository_data
from tlcourse.data.validation import check_path
from tlcourse.experiment.grid import Cell
from tlcourse.experiment.provenance import Provenance
from tlcourse.experiment.records import KEY, Record

_DTYPES = {str: "str", int: "int64", float: "float64"}
# Numbers that were measured are missing where a cell failed, and int64 knows no missing ones.
TYPES = {
    field.name: "Int64" if field.type is int and field.name not in KEY else _DTYPES[field.type]
    for field in fields(Record)
} | {"error": "str"}
_TEXT = [name for name, kind in TYPES.items() if kind == "str"]
_NUMBERS = [name for name in TYPES if name not in _TEXT]


def read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return a table of results: one row for each finished cell, in the order they finished.

    Args:
        path: of the CSV file.

    Returns:
        The fields of ``Record``, and ``error``: empty, or why the cell failed; accuracy and all
        that was measured are missing then.

    Raises:
        DataError: the file is missing, damaged, or no table of results.
    """
    path = check_path(path)
    try:
        text = path.read_text(encoding="utf-8")
        table = pd.read_csv(
            io.StringIO(text),
            dtype=TYPES,
            keep_default_na=False,
            na_values={name: [""] for name in _NUMBERS},
        )
    except OSError as error:
        raise DataError(
            f"The table of results {path} cannot be read ({error.strerror}); make it with "
            "'tlcourse experiment run', or give the path of another one."
        ) from error
    except ValueError as error:  # pandas' own errors and wrong encodings are ValueErrors too
        raise _damaged(path, str(error).splitlines()[0]) from error
    if list(table) != list(TYPES):
        raise _damaged(path, f"its columns are not {', '.join(TYPES)}")
    unversioned = (table["versions"] == "") & (table["error"] == "")
    if not text.endswith("\n") or unversioned.any():
        raise _damaged(path, "a row is cut off")
    if (table["accuracy"].isna() != (table["error"] != "")).any():
        raise _damaged(path, "a row has neither an accuracy nor an error, or both")
    if table.duplicated(list(KEY)).any():
        raise _damaged(path, "a cell is in it twice")
    return table


def so_far(path: Path) -> pd.DataFrame:
    """Return the table that a run has made up to now: like ``read``; empty if there is none."""
    try:
        path.stat()
    except FileNotFoundError:
        return _typed([])
    except OSError:
        pass  # reading it says what is wrong
    return read(path)


def check_table_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a table to write; a JSON file with its name will stand beside it.

    Raises:
        DataError: its name does not end in ``.csv``.
    """
    path = check_path(path)
    if path.suffix.lower() != ".csv":
        raise DataError(
            f"A table of results is a CSV file, and {path.name} is no name of one. Let it end in "
            f".csv, like {path.with_suffix('.csv').name}."
        )
    return path


def missing(
    cells: Iterable[Cell], table: pd.DataFrame, *, retry_failed: bool = False
) -> list[Cell]:
    """Return the cells that have no row in the table; with ``retry_failed``, no row but a failed.

    Args:
        cells: each is returned once, in this order.
        table: as from ``read``.
        retry_failed: count failed cells as missing.
    """
    rows = table[table["error"] == ""] if retry_failed else table
    done = set(rows[list(KEY)].itertuples(index=False, name=None))
    return [cell for cell in dict.fromkeys(cells) if _key(vars(cell)) not in done]


def committed_table() -> pd.DataFrame:
    """Return the results of the full run on MNIST that come with the course.

    Raises:
        DataError: they are missing or damaged.
    """
    return read(repository_data("experiment_mnist.csv"))


def experiment_table() -> pd.DataFrame:
    """Return the results that notebook 11 is about, and print which they are.

    That is the CSV file that ``TLCOURSE_TABLE`` names, as ``tlcourse experiment report`` sets it,
    or else the committed table.

    Raises:
        DataError: the file is missing or damaged.
    """
    name = os.environ.get("TLCOURSE_TABLE")
    table = read(REPOSITORY / check_path(name)) if name else committed_table()
    source = Path(name).name if name else "the full run that comes with the course"
    print(f"Results in use: {source}, {len(table)} cells on {', '.join(table['dataset'].unique())}")
    return table


def committed_records(methods: Iterable[str], labels: Iterable[int]) -> list[Record]:
    """Return the records of some methods from ``committed_table``, for the scoreboard.

    Args:
        methods: their names.
        labels: the label budgets.

    Raises:
        DataError: the table is missing or damaged, or none of its rows is asked for.
    """
    table, methods, labels = committed_table(), list(methods), list(labels)
    asked = table["method"].isin(methods) & table["labels"].isin(labels)
    asked &= table["error"] == ""
    if not asked.any():
        raise DataError(
            f"The committed table has no result of {', '.join(methods)} with {labels} labels; it "
            f"has the methods {', '.join(table['method'].unique())}."
        )
    rows = table[asked].drop(columns="error").to_dict("records")
    return [Record(**row) for row in rows]


def known(path: Path) -> pd.DataFrame:
    """Return what is known of the cost of methods.

    That is the rows of ``path``, where there is one, and those of the committed table for the
    methods that it lacks.

    Raises:
        DataError: ``path`` is damaged.
    """
    own = so_far(path)
    try:
        others = committed_table()
    except DataError:
        return own
    timed = own.loc[own["error"] == "", "method"]
    return pd.concat([own, others[~others["method"].isin(timed)]], ignore_index=True)


def failure(cell: Cell, message: str) -> dict:
    """Return the row of a cell that failed, with the message on one line."""
    row = dict.fromkeys(TYPES) | dict.fromkeys(_TEXT, "") | vars(cell)
    return row | {"error": " ".join(message.split())[:500] or "an error without a message"}


class ResultsFile:
    """A table of results that one run, and no other, adds rows to.

    Use it in a ``with`` statement; that takes the lock, and makes the file if there is none.

    Args:
        path: the CSV file.
        metadata: what to say in a JSON file beside it (see ``Provenance``); None for no such file.

    Raises:
        DataError: another run writes to it now, it is damaged, it cannot be written, or its name
            does not end in ``.csv``; or there is a JSON file beside it that no run wrote.
    """

    def __init__(self, path: Path, metadata: dict | None = None):
        self.path = check_table_path(path)
        self._provenance = None if metadata is None else Provenance(self.path, metadata)
        self._rows: dict[tuple, dict] = {}
        self._unsaved = False

    def __enter__(self) -> "ResultsFile":
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
            self._lock = lock
        except Timeout:
            raise DataError(
                f"Another run is writing to {self.path} now; wait until it has ended, stop it, "
                "or name another file with --out."
            ) from None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            rows = so_far(self.path).to_dict("records")
            self._rows = {_key(row): row for row in rows}
            if self._provenance:
                self._provenance.start()
            if not rows:
                self.save()  # better to know now than after the first hour that it cannot be
        except OSError as error:
            lock.release()
            raise self._unwritable(error) from error
        except BaseException:
            lock.release()
            raise
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(OSError):
            if self._unsaved:  # Ctrl-C may come at any moment
                self.save()
        self._lock.release()

    def add(self, row: dict) -> None:
        """Add a finished cell, in memory: ``save`` writes it. An older row of it is replaced."""
        self._rows.pop(_key(row), None)
        self._rows[_key(row)] = {name: row[name] for name in TYPES}
        self._unsaved = True
        if self._provenance:
            self._provenance.cells += 1

    def save(self) -> None:
        """Write the file; whoever reads it meanwhile sees the old one or the new one.

        Raises:
            OSError: it cannot be written; the old one stays.
        """
        with atomic_write(self.path) as part, part.open("w", encoding="utf-8", newline="") as file:
            self.table().to_csv(file, index=False, lineterminator="\n")
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the place of the old one
        self._unsaved = False
        if self._provenance:
            self._provenance.save(self.table())

    def table(self) -> pd.DataFrame:
        """Return all rows, like ``read``."""
        return _typed(list(self._rows.values()))

    def _unwritable(self, error: OSError) -> DataError:
        return DataError(
            f"{self.path} cannot be written ({error.strerror}). Free some space, or name a file "
            "in a folder in which you may write, with --out."
        )


def _typed(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)


def _key(row: dict) -> tuple:
    return tuple(row[name] for name in KEY)


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path} is no sound table of results ({why}). Bring it back from a copy (with git: git "
        "checkout), or move it away and run the experiment again."
    )
