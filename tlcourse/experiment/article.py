"""What the article claims, and what it leaves open, as comparisons of methods with verdicts.

The article's families of methods become methods of the course here, explicitly; see
``tlcourse.experiment.analysis`` for the intervals.
"""

from typing import Literal, NamedTuple

import pandas as pd

from tlcourse.experiment.analysis import Difference, budgets, paired, verdict

NOT_RUN = "not run"
MIXED = "mixed"

# The three claims, in words of ours.
CLAIMS = {
    1: "Unsupervised transfer is clearly better than the baseline.",
    2: "Supervised transfer is good, but slightly worse than unsupervised, for want of labels.",
    3: "Semi-supervised learning equals unsupervised transfer and beats supervised transfer.",
}


class Comparison(NamedTuple):
    """One comparison of two methods that a claim of the article comes down to.

    Attributes:
        claim: number of the claim, 1 to 3.
        statement: what the claim says about the two, in the article's families of methods.
        relation: ``"better"``: ``first`` beats ``second``; ``"equal"``: no difference matters.
        first: name of a method.
        second: name of the other one.
        augmented: whether ``second`` (and ``first``, where it exists both ways) is augmented.
    """

    claim: int
    statement: str
    relation: Literal["better", "equal"]
    first: str
    second: str
    augmented: bool


# Which methods stand for the article's families: without augmentation, and with. Each trains the
# whole network at the end, so that they differ in nothing but where they start.
_BASELINE = ("scratch", "scratch_augmented")
_SUPERVISED = ("letters_finetuned", "letters_finetuned_augmented")
_UNSUPERVISED = ("autoencoder_finetuned", "autoencoder_finetuned_augmented")
# Semi-supervised methods start from scratch too, so that no transfer helps them; there is one
# variant of each, which is compared with both variants of the others.
_SEMI_SUPERVISED = ("pseudo_label", "fixmatch_scratch")


def _comparisons() -> list[Comparison]:
    pairs = [
        (1, "unsupervised beats baseline", "better", _UNSUPERVISED, _BASELINE),
        (2, "supervised beats baseline", "better", _SUPERVISED, _BASELINE),
        (2, "unsupervised beats supervised", "better", _UNSUPERVISED, _SUPERVISED),
    ]
    for semi in _SEMI_SUPERVISED:
        equal, beats = "semi-supervised equals unsupervised", "semi-supervised beats supervised"
        pairs.append((3, equal, "equal", (semi, semi), _UNSUPERVISED))
        pairs.append((3, beats, "better", (semi, semi), _SUPERVISED))
    return [
        Comparison(claim, statement, relation, first[k], second[k], bool(k))
        for claim, statement, relation, first, second in pairs
        for k in range(2)
    ]


COMPARISONS = _comparisons()

# What one change does, everything else being the same: name -> (with it, without it).
ABLATIONS = {
    "augmentation": ("scratch_augmented", "scratch"),
    "pretraining on letters": ("letters_finetuned", "scratch"),
    "pretraining on letters, both augmented": ("letters_finetuned_augmented", "scratch_augmented"),
    "pretraining as autoencoder": ("autoencoder_finetuned", "scratch"),
    "pretraining as autoencoder, both augmented": (
        "autoencoder_finetuned_augmented",
        "scratch_augmented",
    ),
    "pretraining by VICReg, both augmented": ("vicreg_finetuned_augmented", "scratch_augmented"),
    "letters instead of random weights, frozen": ("letters_frozen", "random_frozen"),
    "VICReg instead of an autoencoder, frozen": ("vicreg_frozen", "autoencoder_frozen"),
    "letters instead of ImageNet at its best": ("letters_logistic", "imagenet_logistic"),
    "fine-tuning instead of freezing": ("letters_finetuned", "letters_frozen"),
    "LoRA instead of all parameters": ("letters_lora", "letters_finetuned_augmented"),
    "batch normalisation instead of all": ("letters_batchnorm", "letters_finetuned_augmented"),
    "unlabelled digits by pseudo-labels, from scratch": ("pseudo_label", "scratch_augmented"),
    "unlabelled digits by FixMatch, from scratch": ("fixmatch_scratch", "scratch_augmented"),
    "unlabelled digits by FixMatch, from letters": (
        "fixmatch_letters",
        "letters_finetuned_augmented",
    ),
    "unlabelled digits by a graph, from letters": ("label_spreading", "letters_frozen"),
    "pseudo-labels, from scratch, at equal time": ("pseudo_label", "scratch_augmented_long"),
    "sizes of the classes known, graph and FixMatch": (
        "graph_fixmatch",
        "graph_fixmatch_unbalanced",
    ),
    "longer training": ("scratch_augmented_long", "scratch_augmented"),
}


def claims(table: pd.DataFrame) -> pd.DataFrame:
    """Return the article's three claims, compared one by one at every budget of the table.

    Returns:
        A row for each of ``COMPARISONS`` and budget: its fields, ``labels``, ``difference``,
        ``low``, ``high`` (points, first minus second), ``n`` (seeds) and ``verdict`` (as from
        ``analysis.verdict``; ``"not run"`` where the two have no seed in common).
    """
    rows = []
    for comparison in COMPARISONS:
        first, second = comparison.first, comparison.second
        equal = comparison.relation == "equal"
        for labels in budgets(table):
            difference = paired(table, first, second, labels)
            decision = verdict(difference, equal=equal) if difference.n else NOT_RUN
            rows.append((*comparison, labels, *difference, decision))
    columns = [*Comparison._fields, "labels", "difference", "low", "high", "n", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(compared: pd.DataFrame) -> pd.DataFrame:
    """Return one word for each claim and budget: a claim holds if all that it says holds.

    Args:
        compared: from ``claims``, or part of its rows (those without augmentation, for example).

    Returns:
        Claims as rows, budgets as columns. ``"supported"``: every comparison that was run is.
        ``"contradicted"``: for something that the claim says, some comparison contradicts it and
        none supports it. ``"mixed"``: for something that it says, comparisons support and
        contradict it, depending on the method or on augmentation. Else ``"undecided"``.
    """

    def word(group: pd.DataFrame) -> str:
        run = group[group["verdict"] != NOT_RUN]
        parts = [set(part["verdict"]) for _, part in run.groupby("statement")]
        if not parts:
            return NOT_RUN
        if any("contradicted" in part and "supported" not in part for part in parts):
            return "contradicted"
        if any({"contradicted", "supported"} <= part for part in parts):
            return MIXED
        whole = set(run["statement"]) == set(group["statement"])
        return "supported" if whole and all(p == {"supported"} for p in parts) else "undecided"

    words = {key: word(group) for key, group in compared.groupby(["claim", "labels"])}
    index = pd.MultiIndex.from_tuples(words, names=["claim", "labels"])
    return pd.Series(list(words.values()), index=index).unstack()


def ablations(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each of ``ABLATIONS`` adds at each budget, in points, paired by seed.

    Returns:
        Columns ``factor``, ``labels``, ``mean``, ``low``, ``high``, ``n``; a row wherever both
        methods have a seed in common.
    """
    rows = [
        (name, labels, *paired(table, *methods, labels))
        for name, methods in ABLATIONS.items()
        for labels in budgets(table)
    ]
    found = pd.DataFrame(rows, columns=["factor", "labels", *Difference._fields])
    return found[found["n"] > 0].reset_index(drop=True)
