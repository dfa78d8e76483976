"""The typed form in which every dataset of the course comes: Examples and Dataset."""

from dataclasses import dataclass

import numpy as np

from tlcourse.data.errors import DataError

IMAGE_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class Examples:
    """Images with one integer label each; checked when made.

    Attributes:
        images: float32 array of shape ``(n, 28, 28, 1)``, 0 (background) to 1 (ink).
        labels: int64 array of shape ``(n,)``, 0 to the number of classes - 1.

    Raises:
        DataError: wrong shape, dtype or range, NaN, or lengths that differ.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        check_images(self.images)
        labels = self.labels
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise DataError(
                f"Labels must be a 1-D array of integers; got dtype {labels.dtype} with shape "
                f"{labels.shape}. One-hot labels become integers with labels.argmax(axis=1)."
            )
        if len(labels) != len(self.images):
            raise DataError(
                f"Every image needs one label; got {len(self.images):,} images and "
                f"{len(labels):,} labels."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray) -> "Examples":
        """Return the examples at ``index`` (integers or a boolean mask)."""
        return Examples(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """One dataset with its training part, its test part and where it comes from.

    Attributes:
        name: short name, as given to ``load``.
        train: the training part; labelled subsets and validation parts come out of it.
        test: the test part; only ``tlcourse.experiment`` looks at it.
        class_names: what each label stands for; label ``k`` means ``class_names[k]``.
        source: who made the data, and where to find it.
        licence: under which terms it may be used.

    Raises:
        DataError: a label out of range, or a class without a training example.
    """

    name: str
    train: Examples
    test: Examples
    class_names: tuple[str, ...]
    source: str
    licence: str

    def __post_init__(self) -> None:
        for part, examples in (("training", self.train), ("test", self.test)):
            check_labels(examples.labels, self.n_classes, f"{part} labels of {self.name}")
        missing = sorted(set(range(self.n_classes)) - set(np.unique(self.train.labels).tolist()))
        if missing:
            names = ", ".join(self.class_names[k] for k in missing)
            raise DataError(
                f"Every class needs at least one training example; {self.name} has none of class "
                f"{names}. Add examples, or take the class out of class_names."
            )

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


def check_images(images: np.ndarray) -> None:
    """Raise DataError unless ``images`` is float32, ``(n, 28, 28, 1)``, within 0 to 1."""
    if images.ndim != 4 or images.shape[1:] != IMAGE_SHAPE:
        raise DataError(
            f"Images must have the shape (n, 28, 28, 1); got {images.shape}. "
            "For (n, 28, 28), add the channel axis with images[..., None]."
        )
    if images.dtype != np.float32:
        raise DataError(
            f"Images must be float32; got {images.dtype}. For uint8 images from 0 to 255, use "
            "(images / 255).astype('float32')."
        )
    if not len(images):
        return
    low, high = images.min(), images.max()
    if not np.isfinite([low, high]).all():  # min and max are NaN when any pixel is
        bad = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
        raise DataError(
            f"Images must be finite numbers; {bad:,} of {len(images):,} images hold NaN or "
            "infinity. Remove those images, or replace the values."
        )
    if low < 0 or high > 1:
        raise DataError(
            f"Pixel values must lie between 0 and 1; got {low:g} to {high:g}. "
            "For values up to 255, divide by 255."
        )


def check_labels(labels: np.ndarray, n_classes: int, what: str = "labels") -> None:
    """Raise DataError unless every label lies between 0 and ``n_classes - 1``."""
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if len(outside):
        raise DataError(
            f"With {n_classes} classes, {what} must lie between 0 and {n_classes - 1}; "
            f"got {outside[0]}, and {len(outside):,} of {len(labels):,} lie outside. Number the "
            "classes from 0, or raise the number of classes."
        )
