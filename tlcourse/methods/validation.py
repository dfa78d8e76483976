"""What the methods check at their door, beside ``data.validation``: features, training input."""

from typing import Any

import keras
import numpy as np

from tlcourse.data.dataset import check_images, check_labels
from tlcourse.data.errors import DataError
from tlcourse.data.validation import IMAGE_SHAPE


def check_features(features: Any, what: str = "Features") -> np.ndarray:
    """Return features as an array of finite floats, shape ``(n, d)``, or raise DataError.

    Args:
        features: an array, list or tensor with a row for each image.
        what: how the message calls them; it begins with it.
    """
    features = _floats(features, what)
    if features.ndim != 2 or 0 in features.shape:
        raise DataError(
            f"{what} must have the shape (n, d), one row for each image; got {features.shape}. "
            "Average or flatten feature maps first."
        )
    return features


def check_inputs(model: keras.Model, inputs: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and labels as arrays that a classifier can be trained on.

    Raises:
        DataError: inputs that are not what the model takes, lengths that differ, or a label that
            the model has no output for.
    """
    expected = model.input_shape[1:]
    if expected == IMAGE_SHAPE:
        inputs = check_images(inputs)
    else:
        inputs = _floats(inputs, "Inputs").astype(np.float32, copy=False)
        if inputs.shape[1:] != expected:
            raise DataError(
                f"{model.name} takes inputs of the shape (n, {', '.join(map(str, expected))}); "
                f"got {inputs.shape}. Give it the images or features that it was built for."
            )
    labels = check_labels(labels, model.output_shape[-1])
    check_lengths(inputs, labels)
    return inputs, labels


def check_lengths(inputs: np.ndarray, labels: np.ndarray) -> None:
    """Raise DataError unless there is one label for each input, and one at least."""
    if len(inputs) != len(labels):
        raise DataError(
            f"Every input needs one label; got {len(inputs):,} inputs and {len(labels):,} labels. "
            "Take both from the same examples."
        )
    if not len(labels):
        raise DataError("Training needs labelled examples; there are none. Give one at least.")


def _floats(values: Any, what: str) -> np.ndarray:
    try:
        values = np.asarray(values)
        values = values if values.dtype.kind == "f" else values.astype(np.float32)
    except (TypeError, ValueError):
        raise DataError(
            f"{what} must be numbers in one array; words, or rows of several lengths, are not."
        ) from None
    if not np.isfinite(values).all():
        raise DataError(
            f"{what} must be finite numbers; some are NaN or infinite. Leave out the images or "
            "features that these belong to."
        )
    return values
