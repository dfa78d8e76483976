"""From the table of results to verdicts: means, and differences paired by seed.

All intervals are Student's t intervals at 95 % over the seeds, and there is none (NaN) for fewer
than three seeds. Accuracies are in per cent, differences in points (of a hundred).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit  # scipy.stats would take a second to import

from tlcourse.data.errors import DataError

Verdict = Literal["supported", "contradicted", "undecided"]
MATTERS = 0.5  # points; the smallest difference that matters, unless something else is said
_FEWEST = 3  # seeds that an interval needs


class Difference(NamedTuple):
    """A mean with its 95 % interval, in points, over ``n`` seeds; NaN where there is none."""

    mean: float
    low: float
    high: float
    n: int


def finished(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the cells that have a result, in the same order.

    Args:
        table: as from ``tlcourse.experiment.results.read``: a row for each cell.

    Raises:
        DataError: the rows are of more than one dataset.
    """
    names = sorted(table["dataset"].unique())
    if len(names) > 1:
        raise DataError(
            f"The table holds results on {' and '.join(names)}, which cannot be averaged; keep "
            f'one, for example table[table["dataset"] == "{names[0]}"].'
        )
    return table[table["accuracy"].notna()]


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each method gave and took at each budget, over the seeds.

    Returns:
        A table sorted by its index ``(method, labels)`` with the columns ``mean``, ``low``,
        ``high`` (per cent), ``n`` (seeds), ``cpu_seconds`` (median of training) and
        ``total_cpu_seconds`` (the same with pretraining; NaN where that was not measured).
    """
    done = finished(table)
    done = done.assign(total=done["cpu_seconds"] + done["pretraining_cpu_seconds"])
    rows = {
        key: (
            *interval(100 * group["accuracy"]),
            group["cpu_seconds"].median(),
            group["total"].median(),
        )
        for key, group in done.groupby(["method", "labels"])
    }
    index = pd.MultiIndex.from_tuples(rows, names=["method", "labels"])
    columns = [*Difference._fields, "cpu_seconds", "total_cpu_seconds"]
    return pd.DataFrame(list(rows.values()), index=index, columns=columns)


def paired(table: pd.DataFrame, method: str, against: str, labels: int) -> Difference:
    """Return by how many points ``method`` is better than ``against``, paired by seed.

    Both had the same labelled images for the same seed; only seeds that both have count.
    """
    done = finished(table)
    done = done[done["labels"] == labels]
    first, second = (
        100 * done[done["method"] == name].set_index("seed")["accuracy"]
        for name in (method, against)
    )
    return interval((first - second).dropna())


def verdict(difference: Difference, *, margin: float = MATTERS, equal: bool = False) -> Verdict:
    """Judge a claim by a mean difference and its interval: the one rule of the course.

    Args:
        difference: positive where the claim is right, as from ``paired`` or ``interval``.
        margin: the smallest mean difference that would matter, in points.
        equal: whether the claim is that there is no difference that matters, and not that
            something is better.

    Returns:
        "Better" is supported if the 95 % interval lies above 0 and the mean reaches the margin, and
        contradicted if the whole interval lies below the margin. "No difference" is supported if
        the interval lies between both margins (somewhat stricter than two one-sided tests at 5 %,
        Schuirmann 1987), and contradicted if it lies on one side of 0 and the mean reaches the
        margin. Else, and with fewer than three seeds, the claim is undecided.
    """
    mean, low, high, _ = difference
    matters = (low > 0 or high < 0) and abs(mean) >= margin
    if equal:
        within = -margin < low and high < margin
        return "supported" if within else "contradicted" if matters else "undecided"
    if matters and mean > 0:
        return "supported"
    return "contradicted" if high < margin else "undecided"


def claim(
    statement: str, differences: Sequence[float], *, margin: float = MATTERS, equal: bool = False
) -> None:
    """Print a claim with its verdict; see ``verdict`` for the rule.

    Args:
        statement: that something is better (``"Letters beat scratch"``) or, with ``equal``, that
            it makes no difference.
        differences: of two accuracies measured with the same seed, in points, one for each seed;
            positive where the statement is right.
        margin: the smallest mean difference that would matter, in points.
        equal: whether the statement is that there is no difference that matters.
    """
    found = interval(pd.Series(differences, dtype=float))
    word = verdict(found, margin=margin, equal=equal).capitalize()
    ends = f"95 % interval {found.low:+.1f} to {found.high:+.1f}, " if found.n >= _FEWEST else ""
    print(f"{word}: {statement} ({found.mean:+.1f} points, {ends}{found.n} seeds).")


def budgets(table: pd.DataFrame) -> list[int]:
    """Return the label budgets of a table, smallest first."""
    return sorted(int(labels) for labels in table["labels"].unique())


def interval(values: pd.Series) -> Difference:
    """Return the mean of values, one for each seed, with its 95 % interval."""
    n = len(values)
    if n == 0:
        return Difference(np.nan, np.nan, np.nan, 0)
    mean = float(values.mean())
    if n < _FEWEST:
        return Difference(mean, np.nan, np.nan, n)
    half = float(stdtrit(n - 1, 0.975) * values.std() / np.sqrt(n))
    return Difference(mean, mean - half, mean + half, n)
