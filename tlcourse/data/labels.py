"""Label budgets: a small labelled subset, its validation set, and the rest without labels."""

from dataclasses import dataclass, field

import numpy as np

from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_count, check_fraction, check_seed


@dataclass(frozen=True)
class Split:
    """What a method may see of a dataset under a label budget. The test set is not in it.

    Attributes:
        labelled: the labelled examples to train on.
        validation: labelled examples set aside from inside the budget, or None.
        n_classes: number of classes.
        n_unlabelled: number of images without labels.
    """

    labelled: Examples
    validation: Examples | None
    n_classes: int
    _images: np.ndarray = field(repr=False)
    _rest: np.ndarray = field(repr=False)

    @property
    def n_unlabelled(self) -> int:
        """Number of images without labels."""
        return len(self._rest)

    @property
    def images(self) -> np.ndarray:
        """All images of the training set, labelled or not, in the dataset's order."""
        return self._images

    @property
    def unlabelled(self) -> np.ndarray:
        """The rest, without labels: float32 images of shape ``(n, 28, 28, 1)``.

        Copied out of the training set each time it is asked for: most methods never do, and
        for MNIST it is 188 MB.
        """
        return self._images[self._rest]


def check_unlabelled(images: np.ndarray) -> None:
    """Raise DataError if there are no images without labels."""
    if not len(images):
        raise DataError(
            "This method learns from images without labels too, and here every image has one; ask "
            "for fewer labels, or take a method that learns from labels alone."
        )


def labelled_split(
    dataset: Dataset,
    *,
    per_class: int | None = None,
    total: int | None = None,
    seed: int,
    validation: float = 0.0,
) -> Split:
    """Draw a balanced labelled subset of the training set; the rest comes without labels.

    Give the budget either as ``per_class`` or as ``total``. A total that the classes cannot
    share equally gives some classes one more than others. ``total`` equal to the size of the
    training set takes everything, as it is. Labelled splits are nested: with one seed, the
    images of a smaller budget are among those of a larger one.

    Args:
        dataset: from ``load``.
        per_class: labelled examples of each class.
        total: labelled examples in all.
        seed: chooses the examples; the same seed, the same examples for every method.
        validation: share of the budget, 0 up to (not including) 1, that is set aside for
            validation, balanced too.

    Raises:
        DataError: more labels asked for than exist, fewer than one for each class, a
            validation set that leaves a class without an example to train on, or numbers that
            are none.
    """
    labels, n_classes = dataset.train.labels, dataset.n_classes
    if (per_class is None) == (total is None):
        raise DataError("Give the label budget either as per_class=... or as total=..., not both.")
    if total is None:
        total = check_count(per_class, "per_class") * n_classes
    total = check_count(total, "total")
    rng = np.random.default_rng(check_seed(seed))
    validation = check_fraction(validation, "validation")
    if total > len(labels):
        raise DataError(
            f"{total:,} labels were asked for, but {dataset.name} has {len(labels):,} training "
            "examples; ask for that many at most."
        )
    if total < n_classes:
        raise DataError(
            f"{total} labels cannot give each of the {n_classes} classes of {dataset.name} an "
            f"example; ask for {n_classes} at least."
        )

    # One shuffled queue for each class; dealing from them in turn keeps any total balanced.
    queues = [rng.permutation(np.flatnonzero(labels == k)) for k in range(n_classes)]
    if total == len(labels):
        taken = [len(queue) for queue in queues]
    else:
        taken = [total // n_classes + (k < total % n_classes) for k in range(n_classes)]
    scarcest = min(map(len, queues))
    for k, (queue, count) in enumerate(zip(queues, taken, strict=True)):
        if count > len(queue):
            raise DataError(
                f"{count:,} labelled examples of class {dataset.class_names[k]} are needed, but "
                f"{dataset.name} has {len(queue):,}; ask for {scarcest * n_classes:,} labels at "
                f"most, or for all {len(labels):,}."
            )
    held_out = [round(count * validation) for count in taken]
    if any(out == count for out, count in zip(held_out, taken, strict=True)):
        raise DataError(
            f"A validation share of {validation:g} leaves a class without an example to train on; "
            "lower it."
        )

    def pick(starts: list[int], stops: list[int]) -> np.ndarray:
        parts = [q[a:b] for q, a, b in zip(queues, starts, stops, strict=True)]
        return rng.permutation(np.concatenate(parts))

    learn = [count - out for count, out in zip(taken, held_out, strict=True)]
    return Split(
        labelled=dataset.train.take(pick([0] * n_classes, learn)),
        validation=dataset.train.take(pick(learn, taken)) if any(held_out) else None,
        n_classes=n_classes,
        _images=dataset.train.images,
        _rest=pick(taken, [len(queue) for queue in queues]),
    )
