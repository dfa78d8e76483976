"""The gap between two domains: what adaptation closes of it, over seeds.

The *gap* lies between a network that knows the source only and one that had the labels of the
target (the oracle). The share that a method closes of it is
(adapted - source only) / (target only - source only), seed by seed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import keras
import pandas as pd

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_seed
from tlcourse.experiment.running import Record, versions
from tlcourse.methods.adaptation import get_adaptation
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import accuracy, count_parameters, provenance

SMALLEST_GAP = 0.02  # of accuracy; a share of less than that would be a share of noise


@dataclass(frozen=True)
class Pair:
    """Two domains that ask the same question.

    Attributes:
        name: like ``"printed → handwritten"``.
        source: labelled examples.
        target: training examples of the target. Methods that adapt get the images alone.
        test: other examples of the target, to measure on.
        n_classes: number of classes, the same in both.
    """

    name: str
    source: Examples
    target: Examples
    test: Examples
    n_classes: int = 10


class Runs(NamedTuple):
    """What ``run_pair`` returns.

    Attributes:
        table: columns ``pair``, ``method``, ``seed``, ``accuracy`` (on the test examples, 0 to 1),
            ``seconds``, ``cpu_seconds``; a row for each run.
        models: the trained models by ``(method, seed)``.
    """

    table: pd.DataFrame
    models: dict[tuple[str, int], keras.Model]


def run_pair(
    pair: Pair,
    methods: Iterable[str],
    seeds: Iterable[int],
    few: Mapping[int, Examples] | None = None,
) -> Runs:
    """Train methods on a pair of domains with several seeds, and measure them on its test examples.

    Args:
        pair: the domains.
        methods: names in ``tlcourse.methods.adaptation.ADAPTATIONS``.
        seeds: each method gets each of them.
        few: for each seed the labelled examples of the target, for the methods that see labels;
            None gives those all of the target.

    Raises:
        DataError: an unknown method, no test examples, no seed, or a seed that ``few`` lacks.
    """
    chosen = [get_adaptation(name) for name in methods]
    seeds = [check_seed(seed) for seed in seeds]
    if not len(pair.test):
        raise DataError(
            f"{pair.name} has no test examples to measure on; give the pair some of the target."
        )
    absent = [] if few is None else [seed for seed in seeds if seed not in few]
    if absent:
        raise DataError(f"few has no labelled examples for seed {absent[0]}; give some for each.")
    rows, models = [], {}
    for seed in seeds:
        labelled = pair.target if few is None else few[seed]
        for method in chosen:
            with Stopwatch() as watch:
                model = method.train(
                    pair.source,
                    pair.target.images,
                    pair.n_classes,
                    seed,
                    labelled=labelled if method.sees_labels else None,
                )
            models[method.name, seed] = model
            measured = accuracy(model, pair.test), watch.seconds, watch.cpu_seconds
            rows.append((pair.name, method.name, seed, *measured))
    columns = ["pair", "method", "seed", "accuracy", "seconds", "cpu_seconds"]
    return Runs(pd.DataFrame(rows, columns=columns), models)


def gap_closed(adapted: float, source_only: float, target_only: float) -> float:
    """Return the share of the gap that an adapted model closes: 0 none of it, 1 all of it.

    It can be less than 0 (adapting did harm) and more than 1.

    Args:
        adapted: accuracy on the target, 0 to 1.
        source_only: the same without adapting.
        target_only: the same with the labels of the target.

    Returns:
        NaN if there is no gap to close: less than 0.02.
    """
    gap = target_only - source_only
    return (adapted - source_only) / gap if gap >= SMALLEST_GAP else float("nan")


def records(runs: Runs, dataset: str) -> list[Record]:
    """Return runs as records for the scoreboard, at a label budget of 0.

    Only for methods that see no label of the target. What they know of the question they know
    from the source, whose labels are not counted, like those of the letters.

    Args:
        runs: from ``run_pair``.
        dataset: name of the target.

    Raises:
        DataError: a method that saw labels of the target.
    """
    found = []
    for row in runs.table.itertuples():
        method = get_adaptation(row.method)
        if method.sees_labels:
            raise DataError(
                f"{row.method} sees labels of the target, so its budget is not 0; leave it out."
            )
        before = provenance() if method.pretraining == "letters" else {}
        parameters = count_parameters(runs.models[row.method, row.seed])
        found.append(
            Record(
                method=row.method,
                dataset=dataset,
                labels=0,
                seed=int(row.seed),
                accuracy=float(row.accuracy),
                seconds=float(row.seconds),
                cpu_seconds=float(row.cpu_seconds),
                pretraining_seconds=float(before.get("training_seconds", 0)),
                pretraining_cpu_seconds=float(before.get("training_cpu_seconds", 0)),
                parameters_total=parameters.total,
                parameters_trainable=parameters.trainable,
                parameters_deployed=parameters.total,
                versions=versions(),
            )
        )
    return found
