"""A made-up table of results, with all that a real one may have; and methods to go with it.

No number is a real one: accuracy grows with the labels and with a method's place in the list.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

COLUMNS = [
    *("method", "dataset", "labels", "seed", "accuracy", "seconds", "cpu_seconds"),
    *("pretraining_seconds", "pretraining_cpu_seconds", "parameters_total"),
    *("parameters_trainable", "parameters_deployed", "versions", "error"),
]
BUDGETS = (10, 50, 100, 1000, 3000, 60_000)
KINDS = {
    "no transfer": ("scratch", "scratch_augmented", "scratch_augmented_long", "random_frozen"),
    "supervised transfer": (
        *("letters_frozen", "letters_logistic", "letters_finetuned", "letters_finetuned_augmented"),
        *("imagenet_frozen", "imagenet_finetuned"),
    ),
    "unsupervised pretraining": (
        *("autoencoder_frozen", "autoencoder_finetuned", "autoencoder_finetuned_augmented"),
        "autoencoder_letters_finetuned",
    ),
    "semi-supervised": ("pseudo_label", "label_spreading", "fixmatch_scratch"),
    "combination": ("fixmatch_letters", "graph_fixmatch"),
}
LEFT_OUT = "there is nothing left without a label"


def methods() -> dict[str, SimpleNamespace]:
    """Return stand-ins for all 19 methods of the grid, as the figures look at them."""
    return {
        name: SimpleNamespace(
            name=name,
            title=name.replace("_", " ").replace("letters ", "letters, "),
            kind=kind,
            budgets=(None, 3000) if kind == "semi-supervised" else (None, None),
            exclusion_reason=LEFT_OUT if kind == "semi-supervised" else "",
        )
        for kind, names in KINDS.items()
        for name in names
    }


def row(method: str, labels: int, seed: int, accuracy: float, **others) -> dict:
    """Return one finished cell; ``others`` replace its made-up values."""
    imagenet, scratch = method.startswith("imagenet"), method.startswith("scratch")
    before = np.nan if imagenet else 0.0 if scratch else 120.0
    trained = 3850 if method.endswith("frozen") else 125_034
    values = (
        *(method, "mnist", labels, seed, accuracy, 5.0 + labels / 100, 8.0 + labels / 100),
        *(before, before, 125_610, trained, 125_610, "python 3.12", ""),
    )
    return dict(zip(COLUMNS, values, strict=True)) | others


def failed(method: str, labels: int, seed: int) -> dict:
    """Return a cell that ended with an error: what was to be measured is empty."""
    measured = dict.fromkeys(COLUMNS[5:12], np.nan)
    return row(method, labels, seed, np.nan, error="MemoryError: 2 GB", **measured)


def table(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def full() -> pd.DataFrame:
    """Return results of all methods: combinations left out, one missing, one cell failed."""
    rng = np.random.default_rng(0)
    known, rows = methods(), []
    for place, name in enumerate(known):
        for labels in BUDGETS:
            largest = known[name].budgets[1]
            if (largest and labels > largest) or (name, labels) == ("imagenet_finetuned", 10):
                continue
            for seed in range(5 if labels < 3000 else 3):
                error = 0.6 / (labels / 10) ** (0.35 + 0.02 * place) * rng.uniform(0.8, 1.25)
                rows.append(row(name, labels, seed, 1 - error, cpu_seconds=8 + place * 3.0))
    rows = [r for r in rows if (r["method"], r["labels"], r["seed"]) != ("scratch", 50, 1)]
    return table([*rows, failed("scratch", 50, 1)])
