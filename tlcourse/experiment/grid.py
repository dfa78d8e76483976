"""The grid: which cells (method × label budget × seed) a run consists of, and how long it takes.

``PROFILES`` holds the two runs that the course offers; every part of one can be overridden.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tlcourse.data import DataError, Dataset
from tlcourse.data.validation import check_choice, check_count, check_seed

if TYPE_CHECKING:  # the methods need TensorFlow
    from tlcourse.methods import Method

MEASURING = 2.0  # seconds that a cell takes beside training, to measure it on the test set


@dataclass(frozen=True, order=True)
class Cell:
    """One point of the grid: what ``tlcourse.experiment.run`` needs to know."""

    method: str
    dataset: str
    labels: int
    seed: int

    def __str__(self) -> str:
        return f"{self.method} with {self.labels:,} labels of {self.dataset}, seed {self.seed}"


@dataclass(frozen=True)
class Profile:
    """A run that the course offers.

    Attributes:
        methods: their names; None for all.
        seeds: for each label budget, how many seeds: 0, 1, 2 ... A budget that the dataset
            cannot give stands for all of its training images.
    """

    methods: tuple[str, ...] | None
    seeds: dict[int, int]


PROFILES = {
    "quick": Profile(
        ("scratch_augmented", "letters_frozen", "letters_finetuned_augmented", "label_spreading"),
        {10: 2, 100: 2, 1000: 2},
    ),
    "full": Profile(None, {10: 10, 50: 5, 100: 10, 1000: 10, 3000: 5, 60_000: 3}),
}


@dataclass(frozen=True)
class Plan:
    """What a run consists of.

    Attributes:
        cells: in the order in which they run: seed by seed, so that a run which is interrupted
            still compares all methods on the same images; and within a seed the large budgets
            first, so that no long cell is left for the end, when other workers have none.
        methods: names, in the order of ``METHODS``.
        budgets: numbers of labels, the smallest first.
        excluded: why, for each ``(method, labels)`` that is not run.
    """

    cells: list[Cell]
    methods: list[str]
    budgets: list[int]
    excluded: dict[tuple[str, int], str]


def plan(
    profile: str,
    dataset: Dataset,
    *,
    methods: Sequence[str] | None = None,
    labels: Sequence[int] | None = None,
    seeds: Sequence[int] | None = None,
) -> Plan:
    """Return the cells of a profile on a dataset, and what is excluded and why.

    Args:
        profile: a name in ``PROFILES``.
        dataset: from ``tlcourse.data.load``.
        methods: these instead of those of the profile.
        labels: these label budgets instead; one that the profile does not have gets as many
            seeds as the nearest that it has.
        seeds: these at every budget.

    Raises:
        DataError: an unknown profile or method, a budget that the dataset cannot give, or a
            seed that is none.
    """
    from tlcourse.methods import METHODS, get_method

    chosen, size = PROFILES[check_choice(profile, PROFILES, "profile")], len(dataset.train)
    names = {get_method(name).name for name in methods or chosen.methods or METHODS}
    names = [name for name in METHODS if name in names]
    labels = [check_count(budget, "labels") for budget in labels or ()]
    seeds = [check_seed(seed) for seed in seeds or ()]
    for budget in labels:
        if not dataset.n_classes <= budget <= size:
            raise DataError(
                f"{budget:,} labels cannot be had: {dataset.name} has {dataset.n_classes} "
                f"classes and {size:,} training images; ask for a number from "
                f"{dataset.n_classes} to {size:,}."
            )

    profiled = {min(budget, size): count for budget, count in chosen.seeds.items()}
    budgets = sorted(set(labels or profiled))
    excluded = {
        (name, budget): reason
        for name in names
        for budget in budgets
        if (reason := exclusion_reason(METHODS[name], budget, is_all=budget == size))
    }
    cells = [
        Cell(name, dataset.name, budget, seed)
        for budget in reversed(budgets)
        for name in names
        if (name, budget) not in excluded
        for seed in dict.fromkeys(seeds or range(profiled[_nearest(budget, profiled)]))
    ]
    cells.sort(key=lambda cell: cell.seed)  # stable: budgets and methods keep their order
    return Plan(cells, names, budgets, excluded)


def expected(cells: Sequence[Cell], known: pd.DataFrame) -> list[float | None]:
    """Return how many seconds of one processor each cell will take.

    A cell takes what its method took at the nearest budget known; one of a method that is not
    known yet takes what the others take on average.

    Args:
        cells: the cells to run.
        known: results as from ``results.read``; failed rows do not count.

    Returns:
        One number for each cell, all None when nothing is known.
    """
    done = known[known["cpu_seconds"].notna()]
    means = done.groupby(["method", "labels"])["cpu_seconds"].mean()
    known_budgets = {
        method: list(group.index.get_level_values("labels"))
        for method, group in means.groupby(level="method")
    }
    found = [
        float(means[cell.method, _nearest(cell.labels, known_budgets[cell.method])]) + MEASURING
        if cell.method in known_budgets
        else None
        for cell in cells
    ]
    certain = [seconds for seconds in found if seconds is not None]
    usual = sum(certain) / len(certain) if certain else None
    return [usual if seconds is None else seconds for seconds in found]


def estimate(cells: Sequence[Cell], known: pd.DataFrame) -> float | None:
    """Return how many seconds of one processor the cells take together; None if not known."""
    seconds = expected(cells, known)
    return None if None in seconds else sum(seconds)


def exclusion_reason(method: "Method", labels: int, *, is_all: bool = False) -> str:
    """Return why a method is not run at a budget; empty if it is.

    Args:
        method: from ``tlcourse.methods.METHODS``.
        labels: the budget.
        is_all: whether that is the whole training set.
    """
    low, high = method.budgets
    # Who has a largest budget needs images without labels, and those are gone with all labels.
    if (low is not None and labels < low) or (high is not None and (labels > high or is_all)):
        return method.exclusion_reason or "it makes no sense there"
    return ""


def _nearest(budget: int, budgets: Sequence[int]) -> int:
    return min(budgets, key=lambda other: abs(math.log(other / budget)))
