"""The scoreboard that travels through the course: each method's runs, kept between notebooks."""

from collections.abc import Iterable
from dataclasses import asdict

import pandas as pd

from tlcourse.data import store
from tlcourse.experiment.records import FIELDS, KEY, Record, table

_NAME = "scoreboard"


def add(records: Iterable[Record]) -> pd.DataFrame:
    """Add records; one that was there with the same method, data, labels and seed is replaced.

    Returns:
        The whole scoreboard, like ``read``.
    """
    new = _by_key(asdict(record) for record in records)
    store.update(_NAME, lambda rows: list((_by_key(rows) | new).values()), [])
    return read()


def read() -> pd.DataFrame:
    """Return the scoreboard as a tidy table with the columns of ``Record``.

    Rows of another version of the course, whose records have other fields, are left out (and
    stay stored).
    """
    return table(Record(**row) for row in store.read(_NAME, []) if row.keys() == set(FIELDS))


def reset() -> None:
    """Empty the scoreboard."""
    store.update(_NAME, lambda rows: [], [])


def _by_key(rows: Iterable[dict]) -> dict[tuple, dict]:
    return {tuple(row.get(key) for key in KEY): row for row in rows}
