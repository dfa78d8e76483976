"""What every public function checks at its door: input becomes NumPy once, or a DataError.

Named after the checks of ``sklearn.utils.validation``. Lists, pandas Series and TensorFlow tensors
are welcome, by position; what is wrong is said in a sentence that fits its cause, and following
its advice works.
"""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tlcourse.data.errors import DataError

IMAGE_SHAPE = (28, 28, 1)
LARGEST_SEED = 2**32 - 1  # of NumPy's and Keras's generators
_FAINT = 0.1  # images of which not one pixel is brighter were scaled once too often
_BRIGHT = 0.6  # the mean of black on white; of the course's data, blended digits reach 0.43
_TOPS = (16, 255, 65535)  # usual values of full ink, other than 1

# What turns images of another shape into (n, 28, 28, 1); None stands for any length.
_RESHAPINGS = (
    ((None, 28, 28), "Add the channel axis with np.expand_dims(images, -1)"),
    ((None, 784), "Take np.reshape(images, (-1, 28, 28, 1))"),
    ((None, 1, 28, 28), "Move the channel axis with np.moveaxis(images, 1, -1)"),
    ((None, 28, 28, 3), "Make colours grey with np.mean(images, axis=-1, keepdims=True)"),
    ((28, 28), "For one image, take np.reshape(images, (1, 28, 28, 1))"),
    ((28, 28, 1), "For one image, take np.expand_dims(images, 0)"),
)


# ---------------------------------------------------------------------------- images and labels


def check_images(images: Any) -> np.ndarray:
    """Return images as a float32 array of shape ``(n, 28, 28, 1)``, 0 to 1.

    Args:
        images: an array, list or tensor of that shape and range, float16 to float64; a float32
            array is passed on as it is.

    Raises:
        DataError: another shape or dtype, values out of range, NaN.
    """
    given, images = images, _as_array(images, "Images")
    if images.ndim != 4 or images.shape[1:] != IMAGE_SHAPE:
        raise DataError(
            f"Images must have the shape (n, 28, 28, 1); got {images.shape}. "
            f"{_reshaping(images.shape)}."
        )
    if images.dtype.kind not in "iuf":
        raise DataError(
            f"Images must be floats from 0 to 1; got dtype {images.dtype}. Make numbers of them "
            "with np.asarray(images).astype('float32')."
        )
    if not len(images):
        return images.astype(np.float32, copy=False)
    low, high = images.min(), images.max()
    if not np.isfinite([low, high]).all():  # min and max are NaN when any pixel is
        bad = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
        raise DataError(
            f"Images must be finite numbers; {bad:,} of {len(images):,} images hold NaN or "
            "infinity. Remove those images, or replace the values."
        )
    if low < 0 or high > 1 or images.dtype.kind != "f":
        advice = _rescaling(images.dtype.kind == "f", float(low), float(high))
        if not isinstance(given, np.ndarray):
            advice = advice.replace("images", "np.asarray(images)")
        raise DataError(
            f"Pixel values must be floats from 0 to 1; got {images.dtype} from {low:g} to "
            f"{high:g}. {advice}."
        )
    return images.astype(np.float32, copy=False)


def check_labels(labels: Any, n_classes: int | None = None, what: str = "labels") -> np.ndarray:
    """Return labels as an int64 array of shape ``(n,)``.

    Args:
        labels: an array, list, pandas Series or tensor of integers; a Series is taken by
            position, whatever its index.
        n_classes: if given, labels must lie between 0 and ``n_classes - 1``.
        what: what to call them in a message.

    Raises:
        DataError: another shape, no integers, or out of range.
    """
    begin = what[:1].upper() + what[1:]
    labels = _as_array(labels, begin)
    if labels.ndim != 1:
        raise DataError(
            f"{begin} must have the shape (n,), one integer for each image; got the "
            f"shape {labels.shape}. {_flattening(labels)}."
        )
    if labels.dtype.kind not in "iu" and len(labels):
        raise DataError(
            f"{begin} must be integers; got dtype {labels.dtype}, like "
            f"{labels.tolist()[0]!r}. {_numbering(labels)}."
        )
    labels = labels.astype(np.int64, copy=False)
    if n_classes is not None:
        _check_classes(labels, n_classes, what)
    return labels


def _check_classes(labels: np.ndarray, n_classes: int, what: str) -> None:
    outside = labels[(labels < 0) | (labels >= n_classes)]
    advice = "Number the classes from 0, or raise the number of classes"
    if len(labels) and labels.min() == 1 and labels.max() == n_classes:
        advice = "They are numbered from 1: take labels - 1"
    if len(outside):
        raise DataError(
            f"With {n_classes} classes, {what} must lie between 0 and {n_classes - 1}; "
            f"got {outside[0]}, and {len(outside):,} of {len(labels):,} lie outside. {advice}."
        )


def _as_array(values: Any, what: str) -> np.ndarray:
    """Return values as an array; of what hides in an array of objects, the array it stands for."""
    try:
        array = np.asarray(values)
        return np.array(array.tolist()) if array.dtype == object else array
    except ValueError:  # NumPy refuses rows of several lengths
        raise DataError(
            f"{what} must make one array, but their shapes differ. Bring all to one shape, and "
            "stack them with np.stack."
        ) from None


def _reshaping(shape: tuple[int, ...]) -> str:
    for wanted, advice in _RESHAPINGS:
        if len(wanted) == len(shape) and all(
            a in (None, b) for a, b in zip(wanted, shape, strict=True)
        ):
            return advice
    return "Resize each image to 28×28 pixels of one grey value"


def _rescaling(floats: bool, low: float, high: float) -> str:
    """Say what brings pixel values into the range from 0 to 1."""
    for top in _TOPS:
        if low >= 0 and 1 < high <= top and (top / 4 < high or not floats):
            return f"For values from 0 to {top}, take images / {top}"
    if not floats:
        return "Take images.astype('float32')"
    if low >= -0.1 and high <= 1.1:
        return "Resizing overshoots a little; take np.clip(images, 0, 1)"
    if low >= -1 and high <= 1:
        return "For values from -1 to 1, take (images + 1) / 2"
    # Standardised, most likely.
    return "Take (images - images.min()) / (images.max() - images.min())"


def _flattening(labels: np.ndarray) -> str:
    """Say what turns labels of another shape into one integer for each image."""
    numbers = labels.ndim == 2 and labels.shape[1] != 1 and labels.dtype.kind in "iufb"
    if numbers and np.allclose(labels.sum(axis=1), 1):
        return "One-hot labels become integers with np.argmax(labels, axis=1)"
    if labels.size == max(labels.shape, default=1):
        return "Take np.ravel(labels)"
    return "Give each image the number of its class"


def _numbering(labels: np.ndarray) -> str:
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        return f"{int(np.isnan(labels).sum()):,} are missing (NaN): leave those images out"
    try:
        whole = labels.astype(float) == labels.astype(float).astype(int)
    except (ValueError, TypeError, OverflowError):  # names of classes
        return "Number the classes with np.unique(labels, return_inverse=True)[1]"
    if whole.all():
        return "Take np.asarray(labels).astype(float).astype(int)"
    return "Give each image the number of its class"


# ------------------------------------------------------------------------------ implausible data


def print_doubts(images: np.ndarray, labels: np.ndarray, what: str) -> None:
    """Print a hint for each way in which a set of examples is valid, but hardly meant.

    Args:
        images: as from ``check_images``.
        labels: as from ``check_labels``.
        what: what to call the set in a hint, like ``"the folder toys"``.
    """
    if not len(images):
        return
    pixels = images.reshape(len(images), -1)
    brightest = pixels.max(axis=1)
    blank = int((brightest == pixels.min(axis=1)).sum())
    top, mean = float(brightest.max()), float(pixels.mean())
    if blank:
        print(
            f"Hint: {blank:,} of {len(images):,} images in {what} show nothing, all their pixels "
            "are alike. Look at them before you train."
        )
    if 0 < top < _FAINT:
        print(
            f"Hint: the brightest pixel in {what} has {top:.2g}, where full ink is 1; the images "
            "may have been divided by 255 twice. If so, take 255 * images."
        )
    if mean > _BRIGHT and blank < len(images):
        print(
            f"Hint: most pixels in {what} are bright (mean {mean:.2f}), as if ink were black on "
            "white; the course's images are white on black. If so, take 1 - images."
        )
    if len(np.unique(labels)) < 2:
        print(
            f"Hint: all examples in {what} are of one class; a network that always answers it is "
            "never wrong. Add examples of another class."
        )


# ------------------------------------------------------------------- names, numbers and paths


def check_choice(name: str, options: Iterable[str], what: str) -> str:
    """Return ``name`` if it is one of ``options``.

    Args:
        name: what was asked for.
        options: the known names.
        what: what they are names of, like ``"method"``.

    Raises:
        DataError: an unknown name; the message lists the known ones and guesses at a slip.
    """
    options = list(options)
    if name in options:
        return name
    near = difflib.get_close_matches(str(name), options, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise DataError(
        f"There is no {what} named {name!r}; choose from {', '.join(options) or 'none'}.{guess}"
    )


def check_seed(seed: Any) -> int:
    """Return ``seed`` as an int from 0 to 2**32 - 1; NumPy's integers are welcome.

    Raises:
        DataError: no whole number, or one out of that range.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool | np.bool_)
    if not whole or not 0 <= seed <= LARGEST_SEED:
        raise DataError(
            f"A seed is a whole number from 0 to {LARGEST_SEED:,}; got {seed!r}. Take a small one, "
            "like 0."
        )
    return int(seed)


def check_count(value: Any, what: str, *, at_least: int = 1) -> int:
    """Return ``value`` as an int; whole floats such as 100.0 are welcome.

    Args:
        value: a number of things.
        what: what is counted, like ``"labels"``; the message begins with it.
        at_least: the smallest number that makes sense.

    Raises:
        DataError: no whole number, or one below ``at_least``.
    """
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or number != value or isinstance(value, bool | np.bool_):
        raise DataError(f"{what} is a whole number, {at_least:,} at least; got {value!r}.")
    if number < at_least:
        raise DataError(f"{what} is a whole number, {at_least:,} at least; got {number:,}.")
    return number


def check_fraction(value: Any, what: str) -> float:
    """Return ``value`` as a float from 0 to 1.

    Args:
        value: a share of something.
        what: what it is the share of; the message begins with it.

    Raises:
        DataError: no number, or one out of that range.
    """
    number = value if isinstance(value, int | float | np.number) else np.nan
    if not 0 <= number <= 1:
        raise DataError(f"{what} is a number from 0 to 1, like 0.2; got {value!r}.")
    return float(number)


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a Path, with ``~`` replaced by the home folder.

    Raises:
        DataError: no path, or a home folder that is not known.
    """
    try:
        return Path(path).expanduser()
    except (TypeError, RuntimeError):
        raise DataError(
            f"{path!r} is no path of a file or folder on this computer; write it out in full."
        ) from None
