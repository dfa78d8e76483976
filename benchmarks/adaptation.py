"""Domain adaptation, trained long, with weights chosen without labels of the target.

On both shifts of notebook 10, print → handwriting and MNIST → blended MNIST, every method trains
the package's small network for equally many updates: the source only, as it is and augmented;
CORAL, MMD and DANN on the augmented source; and target only, which has all labels. One rule
chooses for all how much the second loss counts, *importance-weighted validation* (Sugiyama et
al., 2007): the accuracy on held-out images of the augmented source, each counted p / (1 - p)
times, where p is the probability of "target" by a domain classifier on the network's features;
no image of n more than √n times, lest a handful decide (Ionides, 2008). The accuracy on the
target is kept for every weight, to see what the choice cost.

``python -m benchmarks.adaptation`` fills ``data/adaptation.csv``, which notebook 10 reads, row by
row, with its provenance beside it; it goes on where it was stopped, and prints verdicts.
``--seeds 5`` adds seeds; ``--updates 6000`` asks whether longer training helps.
"""

import argparse
import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, cross_val_predict, cross_val_score
from sklearn.neural_network import MLPClassifier

from benchmarks.measuring import machine, use_threads
from tlcourse.data import Examples, blend, load
from tlcourse.data.paths import atomic_write, repository_data
from tlcourse.experiment import claim
from tlcourse.experiment.gap import Pair, gap_closed
from tlcourse.experiment.provenance import commit
from tlcourse.methods.adaptation import features, get_adaptation
from tlcourse.methods.augment import random_affine
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import accuracy, predict

TABLE = repository_data("adaptation.csv")
UPDATES, SEEDS = 3_000, 3  # by then DANN's domain loss has settled near ln 2
# In units of the package's, of which CORAL's and MMD's were once chosen by labels of handwriting:
# a factor of ten to either side, not tuned.
WEIGHTS = (0.1, 1.0, 10.0)
BASELINES, ADAPTED = ("source_only", "source_only_augmented"), ("coral", "mmd", "dann")
# Method and weight of the runs on a shift with a seed; 0 where there is no second loss.
RUNS = [(name, 0.0) for name in (*BASELINES, "target_only")]
RUNS += itertools.product(ADAPTED, WEIGHTS)
AUGMENTED, HELD_OUT = 40_000, 5_000  # images
KEYS = ["shift", "method", "weight", "seed", "updates"]
MEASURED = ["source_accuracy", "weighted_accuracy", "effective_images"]
MEASURED += ["target_accuracy", "domain_accuracy", "domain_accuracy_mlp", "cpu_seconds"]


def main(arguments: list[str] | None = None, path: Path = TABLE) -> None:
    """Measure what the table lacks, seed by seed, and print the summary."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adaptation")
    parser.add_argument("--updates", type=int, default=UPDATES, help="of every network")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="so many, from 0 on")
    parser.add_argument("--smoke", action="store_true", help="tiny settings; nothing is stored")
    given = parser.parse_args(arguments)
    use_threads(1)
    data, updates, seeds, sizes = "mnist", given.updates, given.seeds, (AUGMENTED, HELD_OUT)
    if given.smoke:
        data, updates, seeds, sizes = "digits", 10, 1, (200, 100)
    stored = path.exists() and not given.smoke
    done = pd.read_csv(path) if stored else pd.DataFrame(columns=KEYS + MEASURED)
    known = set(done[KEYS].itertuples(index=False, name=None))
    for seed, (pair, unseen) in itertools.product(range(seeds), list(shifts(data))):
        keys = [(pair.name, *run, seed, updates) for run in RUNS]
        if known.issuperset(keys):
            continue
        augmented, held_out = augment(pair.source, sizes[0], seed), augment(unseen, sizes[1], seed)
        for key in (key for key in keys if key not in known):
            found = measure(pair, augmented, held_out, *key[1:])
            print(*key, {name: round(value, 2) for name, value in found.items()}, flush=True)
            row = dict(zip(KEYS, key, strict=True)) | found
            done = pd.DataFrame([*done.to_dict("records"), row])
            if not given.smoke:
                store(done.round(2), path)
    summarise(done[done["updates"] == updates])


def store(table: pd.DataFrame, path: Path) -> None:
    """Write the table, and where it comes from into a JSON file beside it."""
    text = table.to_csv(index=False, lineterminator="\n")
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8", newline="")
    about = {
        "what": "domain adaptation on MNIST: shift × method × weight × seed, accuracies in %",
        "command": "python -m benchmarks.adaptation",
        "machine": machine(),
        "git_commit": commit(),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def shifts(data: str) -> Iterator[tuple[Pair, Examples]]:
    """Give the pairs of domains with held-out examples of the source; they share no image."""
    digits, printed = load(data), load("printed")
    yield Pair(f"printed → {data}", printed.train, digits.train, digits.test), printed.test
    blended, n = blend(digits), len(digits.train)
    held_out, here, there = np.split(np.arange(n), [n // 12, n // 2])
    source, target = digits.train.take(here), blended.train.take(there)
    yield Pair(f"{data} → blended", source, target, blended.test), digits.train.take(held_out)


def augment(examples: Examples, n: int, seed: int) -> Examples:
    """Return ``n`` examples, each image about equally often, every time moved otherwise."""
    again = examples.take(np.arange(n) % len(examples))
    images = np.asarray(random_affine(again.images, (seed, n)))
    return Examples(np.clip(images, 0, 1), again.labels)


def measure(
    pair: Pair,
    augmented: Examples,
    held_out: Examples,
    method: str,
    weight: float,
    seed: int,
    updates: int,
) -> dict[str, float]:
    """Train one network, and return the columns ``MEASURED``: accuracies in per cent.

    ``weighted_accuracy`` is the rule, and ``effective_images`` as how many images of equal weight
    it is as good. ``domain_accuracy`` is that of a fresh domain classifier on images that it did
    not learn from, 50 by chance: linear, as in the notebook, and with a hidden layer, like DANN's
    own (``mlp``). Nothing but ``target_accuracy`` sees the target's labels, unless the method does.
    """
    source = pair.source if method == "source_only" else augmented
    way = get_adaptation(method.removesuffix("_augmented"))
    given = {"labelled": pair.target if way.sees_labels else None, "steps": updates}
    with Stopwatch() as watch:
        model = way.train(source, pair.target.images, 10, seed, weight=weight, **given)
    right = predict(model, held_out.images).argmax(axis=1) == held_out.labels
    n, others = len(right), pair.target.images[: len(right)]
    both = np.concatenate([features(model, images) for images in (held_out.images, others)])
    domain = np.repeat([0, 1], [n, len(others)])
    linear = LogisticRegression(max_iter=1_000)
    p = cross_val_predict(linear, both, domain, cv=3, method="predict_proba")[:, 1]
    ratio = np.minimum(p[:n] / (1 - p[:n] + 1e-9), np.sqrt(n))
    mlp = MLPClassifier((64,), early_stopping=True, random_state=seed)
    third = ShuffleSplit(1, test_size=1 / 3, random_state=seed)
    found = (
        100 * right.mean(),
        100 * np.average(right, weights=ratio),
        ratio.sum() ** 2 / (ratio**2).sum(),
        100 * accuracy(model, pair.test),
        100 * ((p > 0.5) == domain).mean(),
        100 * cross_val_score(mlp, both, domain, cv=third).mean(),
        watch.cpu_seconds,
    )
    return dict(zip(MEASURED, map(float, found), strict=True))


def choose(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return for each method and seed the row with most in ``column``, the smaller weight first."""
    best = rows.sort_values("weight").groupby(["method", "seed"])[column].idxmax()
    return rows.loc[best].set_index(["method", "seed"])


def summarise(table: pd.DataFrame) -> None:
    """Print for each shift the means with the weights that the rule chose, and the verdicts."""
    for shift, rows in table.groupby("shift", sort=False):
        chosen, best = choose(rows, "weighted_accuracy"), choose(rows, "target_accuracy")
        mean = chosen.groupby("method")[MEASURED].mean()
        mean["with_best_weight"] = best.groupby("method")["target_accuracy"].mean()
        ends = mean.loc[[BASELINES[1], "target_only"], "target_accuracy"] / 100
        mean["share_of_gap"] = [gap_closed(x / 100, *ends) for x in mean["target_accuracy"]]
        mean["weights"] = chosen.groupby("method")["weight"].apply(lambda x: [*map(float, x)])
        print(f"\n{shift}, {rows['updates'].iloc[0]} updates")
        print(mean.sort_values("target_accuracy").round(2).T.to_string())
        plain, augmented = (chosen["target_accuracy"][name] for name in BASELINES)
        claim("source_only_augmented beats source_only", augmented - plain)
        for name, against in itertools.product(ADAPTED, BASELINES):
            for found, how in ((chosen, "the rule's weight"), (best, "the target's best weight")):
                gain = found["target_accuracy"][name] - chosen["target_accuracy"][against]
                claim(f"{name} with {how} beats {against}", gain)


if __name__ == "__main__":
    main()
