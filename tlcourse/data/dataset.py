"""The typed form in which every dataset of the course comes: Examples and Dataset."""

from dataclasses import dataclass

import numpy as np

from tlcourse.data.errors import DataError
from tlcourse.data.validation import IMAGE_SHAPE, check_images, check_labels, print_doubts

__all__ = ["IMAGE_SHAPE", "Dataset", "Examples", "check_images", "check_labels"]


@dataclass(frozen=True)
class Examples:
    """Images with one integer label each; checked, and made NumPy arrays, when made.

    Attributes:
        images: float32 array of shape ``(n, 28, 28, 1)``, 0 (background) to 1 (ink). Lists,
            tensors and other floats are welcome, and converted.
        labels: int64 array of shape ``(n,)``, 0 to the number of classes - 1. Lists, tensors and
            a pandas Series are welcome, and taken by position.

    Raises:
        DataError: wrong shape, dtype or range, NaN, or lengths that differ.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", check_images(self.images))
        object.__setattr__(self, "labels", check_labels(self.labels))
        if len(self.labels) != len(self.images):
            raise DataError(
                f"Every image needs one label; got {len(self.images):,} images and "
                f"{len(self.labels):,} labels. Take both from the same examples."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> "Examples":
        """Return the examples at ``index`` (integers or a boolean mask)."""
        return Examples(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """One dataset with its training set, its test set and where it comes from.

    Prints a hint where its images are hardly as the course means them, like black on white.

    Attributes:
        name: short name, as given to ``load``.
        train: the training set; labelled subsets and validation sets come out of it.
        test: the test set; only ``tlcourse.experiment`` looks at it.
        class_names: what each label stands for; label ``k`` means ``class_names[k]``.
        source: who made the data, and where to find it.
        licence: under which terms it may be used.

    Raises:
        DataError: fewer than two classes, an empty set, a label out of range, or a class without
            a training example.
    """

    name: str
    train: Examples
    test: Examples
    class_names: tuple[str, ...]
    source: str
    licence: str

    def __post_init__(self) -> None:
        if self.n_classes < 2:
            raise DataError(
                f"A dataset needs two classes at least; {self.name} has {self.n_classes}, and a "
                "network that always answers it would never be wrong. Add another class."
            )
        for kind, examples in (("training", self.train), ("test", self.test)):
            if not len(examples):
                raise DataError(
                    f"The {kind} set of {self.name} is empty. Divide the examples, so that each "
                    "set has some."
                )
            check_labels(examples.labels, self.n_classes, f"{kind} labels of {self.name}")
        missing = sorted(set(range(self.n_classes)) - set(np.unique(self.train.labels).tolist()))
        if missing:
            names = ", ".join(self.class_names[k] for k in missing)
            raise DataError(
                f"Every class needs at least one training example; {self.name} has none of class "
                f"{names}. Add examples, or take the class out of class_names."
            )
        for kind, examples in (("training", self.train), ("test", self.test)):
            print_doubts(examples.images, examples.labels, f"the {kind} set of {self.name}")

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def __repr__(self) -> str:
        return (
            f"Dataset {self.name}: {len(self.train):,} training and {len(self.test):,} test "
            f"images of 28×28, {self.n_classes} classes. Source: {self.source}. "
            f"Licence: {self.licence}."
        )
