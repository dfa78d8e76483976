"""The gap between two domains: what adaptation closes of it, over seeds.

The *gap* lies between a network that knows the source only and one that had the labels of the
target (the oracle). The share that a method closes of it is
(adapted - source only) / (target only - source only), seed by seed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_seed
from tlcourse.experiment.analysis import Difference, interval
from tlcourse.experiment.running import Record, versions
from tlcourse.methods.adaptation import get_adaptation
from tlcourse.methods.adaptation.losses import check_domains
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import accuracy, count_parameters, provenance

SOURCE_ONLY, TARGET_ONLY = "source_only", "target_only"
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


def gaps_closed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the gap that each method closes, in per cent, paired by seed.

    Args:
        table: from ``run_pair``, of one pair, with ``source_only`` and ``target_only`` among the
            methods.

    Returns:
        A table with a row for each other method, in the order of ``table``, and the columns
        ``mean``, ``low``, ``high`` (Student's t interval at 95 %, NaN for fewer than three seeds)
        and ``n`` (seeds). All NaN, and ``n`` 0, if one of the seeds has no gap to close.

    Raises:
        DataError: several pairs, or one of the two methods is missing.
    """
    accuracies = _by_seed(table)
    found = {}
    for name in accuracies.columns.drop([SOURCE_ONLY, TARGET_ONLY]):
        runs = accuracies[[name, SOURCE_ONLY, TARGET_ONLY]].dropna()
        by_seed = pd.Series([100 * gap_closed(*run) for run in runs.to_numpy()], dtype=float)
        found[name] = interval(by_seed[:0] if by_seed.isna().any() else by_seed)
    closed = pd.DataFrame(found, index=Difference._fields).T.rename_axis("method")
    return closed.astype({"n": int})


def describe(table: pd.DataFrame) -> str:
    """Say in a sentence whether there is a gap, and how wide it is.

    Args:
        table: as for ``gaps_closed``.
    """
    accuracies = _by_seed(table)
    source_only, target_only = 100 * accuracies[[SOURCE_ONLY, TARGET_ONLY]].mean()
    ends = f"{source_only:.1f} % with the source only, {target_only:.1f} % with the target's labels"
    if (accuracies[TARGET_ONLY] - accuracies[SOURCE_ONLY] < SMALLEST_GAP).any():
        return f"There is no gap to close, or not with every seed: {ends}."
    return f"The gap is {target_only - source_only:.1f} points wide: {ends}."


def domain_accuracy(source: np.ndarray, target: np.ndarray, folds: int = 3) -> float:
    """Return the accuracy of a domain classifier, a logistic regression on their features.

    Args:
        source: shape ``(n, d)``.
        target: shape ``(m, d)``.
        folds: of the cross-validation.

    Returns:
        Balanced accuracy a on features that it did not learn from: 0.5 is chance, 1 is perfect.
        The proxy A-distance of the two domains is 2 (2a - 1).

    Raises:
        DataError: features of another form, or fewer images of a domain than folds.

    Reference:
        Ben-David et al. (2007), "Analysis of representations for domain adaptation".
    """
    source, target = check_domains(source, target)
    if min(len(source), len(target)) < folds:
        raise DataError(
            f"{folds} folds need {folds} images of each domain at least; got {len(source)} and "
            f"{len(target)}."
        )
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from threadpoolctl import threadpool_limits

    both = np.concatenate([source, target])
    domains = np.repeat([0, 1], [len(source), len(target)])
    splits = StratifiedKFold(folds, shuffle=True, random_state=0)
    with threadpool_limits(1):  # so small a problem gains nothing from threads
        scores = cross_val_score(
            LogisticRegression(max_iter=1000), both, domains, cv=splits, scoring="balanced_accuracy"
        )
    return float(scores.mean())


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


def _by_seed(table: pd.DataFrame) -> pd.DataFrame:
    """Return accuracies with a row for each seed and a column for each method."""
    pairs = list(table["pair"].unique())
    if len(pairs) != 1:
        raise DataError(f"A gap belongs to one pair of domains; the table has {pairs}.")
    methods = list(table["method"].unique())
    absent = sorted({SOURCE_ONLY, TARGET_ONLY}.difference(methods))
    if absent:
        raise DataError(
            f"The gap lies between {SOURCE_ONLY} and {TARGET_ONLY}; the table has no {absent[0]}. "
            "Run both with the same seeds."
        )
    return table.pivot(index="seed", columns="method", values="accuracy")[methods]
