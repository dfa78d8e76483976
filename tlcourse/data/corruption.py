"""Corrupted data: a copy of some examples with bad ones among them, and where those are.

A learner who looks for bad data needs some, and needs to be told afterwards how many were found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_choice, check_count, check_seed

_NOISE = 5.0  # grey levels of 255: the standard deviation of a cheap scanner's noise


class DetectionScore(NamedTuple):
    """How good a search for faults was.

    Attributes:
        named: examples that the search named.
        right: how many of those are faults of the kind that was looked for.
        corrupted: how many there are of that kind.
    """

    named: int
    right: int
    corrupted: int

    def __str__(self) -> str:
        missed = self.corrupted - self.right
        return f"{self.named} named, {self.right} of them corrupted; {missed} missed"


@dataclass(frozen=True)
class CorruptedExamples:
    """Examples with faults among them.

    Attributes:
        examples: as many as there were before, in the same order.
        faults: places of the faults, in rising order, by kind: ``"copies"``,
            ``"near copies"``, ``"blanks"`` and ``"wrong labels"``.
    """

    examples: Examples
    faults: Mapping[str, np.ndarray]

    def evaluate(self, kind: str, named: np.ndarray) -> DetectionScore:
        """Compare the places that somebody named with the places of the faults.

        Args:
            kind: one of ``faults``.
            named: integers (places) or a boolean mask over the examples.

        Raises:
            DataError: an unknown kind, or places that are not places of examples.
        """
        check_choice(kind, self.faults, "kind of fault")
        named, n = np.asarray(named), len(self.examples)
        if named.dtype == bool and named.shape == (n,):
            named = np.flatnonzero(named)
        if not named.size:
            named = named.astype(int)
        if named.dtype.kind not in "iu" or named.ndim != 1 or ((named < 0) | (named >= n)).any():
            raise DataError(
                f"Name examples by their places, whole numbers from 0 to {n - 1:,}, or by a mask "
                f"of {n:,} times True or False; got dtype {named.dtype} with shape {named.shape}."
            )
        named = np.unique(named)
        truth = self.faults[kind]
        return DetectionScore(len(named), int(np.isin(named, truth).sum()), len(truth))


def corrupt(
    examples: Examples,
    *,
    copies: int = 0,
    near_copies: int = 0,
    blanks: int = 0,
    wrong_labels: int = 0,
    seed: int,
) -> CorruptedExamples:
    """Return a copy of ``examples`` in which some were replaced by faults, one fault each.

    Args:
        examples: what is to be corrupted; it is not changed.
        copies: examples that become the same, pixel for pixel, as one that stands before them,
            with the same label.
        near_copies: the same, but with faint noise, as from a second scan.
        blanks: images that become an empty page: faint noise and nothing else.
        wrong_labels: labels that become another one of the labels there are.
        seed: chooses the places and the noise; the same seed, the same faults.

    Raises:
        DataError: a number or seed that is none, more faults than examples to carry them, or
            wrong labels where there is one class only.
    """
    asked = {
        "copies": copies,
        "near copies": near_copies,
        "blanks": blanks,
        "wrong labels": wrong_labels,
    }
    counts = {kind: check_count(n, kind, at_least=0) for kind, n in asked.items()}
    # The original of a copy stays as it was, so a copy needs two examples.
    needed = sum(counts.values()) + counts["copies"] + counts["near copies"]
    if needed > len(examples):
        raise DataError(
            f"{needed:,} examples are needed for {counts} (two for each copy) and there are "
            f"{len(examples):,}; ask for fewer faults."
        )
    classes = np.unique(examples.labels)
    if counts["wrong labels"] and len(classes) < 2:
        raise DataError(
            f"A wrong label needs another class; the examples have {len(classes)}. Take examples "
            "of two classes or more."
        )

    rng = np.random.default_rng(check_seed(seed))
    places = iter(rng.permutation(len(examples)))

    def take(shape: tuple[int, ...]) -> np.ndarray:
        return np.array([next(places) for _ in range(np.prod(shape))], int).reshape(shape)

    images, labels = examples.images.copy(), examples.labels.copy()
    faults = {}
    for kind, noisy in (("copies", False), ("near copies", True)):
        first, later = np.sort(take((counts[kind], 2)), axis=1).T
        images[later], labels[later] = images[first], labels[first]
        if noisy:
            images[later] = _scanned(images[later], rng)
        faults[kind] = np.sort(later)
    empty = faults["blanks"] = np.sort(take((counts["blanks"],)))
    images[empty] = _scanned(np.zeros_like(images[empty]), rng)
    wrong = faults["wrong labels"] = np.sort(take((counts["wrong labels"],)))
    if len(wrong):
        steps = rng.integers(1, len(classes), len(wrong))
        ranks = np.searchsorted(classes, labels[wrong])
        labels[wrong] = classes[(ranks + steps) % len(classes)]
    return CorruptedExamples(Examples(images, labels), faults)


def _scanned(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images with a scanner's noise, in whole grey levels as a file would hold them."""
    grey = 255 * images + rng.normal(0, _NOISE, images.shape)
    return (np.clip(np.round(grey), 0, 255) / 255).astype(np.float32)
