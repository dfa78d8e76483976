"""The typed form of datasets: what fits passes, and each fault gives one clear sentence."""

import numpy as np
import pytest

from tlcourse.data import DataError, Dataset, Examples

IMAGES = np.linspace(0, 1, 6 * 784, dtype=np.float32).reshape(6, 28, 28, 1)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def dataset(train_labels=LABELS, test_labels=LABELS) -> Dataset:
    train, test = Examples(IMAGES, train_labels), Examples(IMAGES, test_labels)
    return Dataset("toys", train, test, ("car", "ball", "doll"), "the attic", "CC0")


def with_pixel(value: float) -> np.ndarray:
    images = IMAGES.copy()
    images[2, 5, 5, 0] = value
    return images


def sentence(caught) -> str:
    """Return the message, which must be one short paragraph."""
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 300
    return message


def test_examples_keep_what_they_are_given():
    examples = Examples(IMAGES, LABELS)
    assert examples.images is IMAGES
    assert examples.labels is LABELS
    assert len(examples) == 6


@pytest.mark.parametrize("index", [np.array([4, 1]), np.array([0, 1, 0, 0, 1, 0], bool)])
def test_take(index):
    taken = Examples(IMAGES, LABELS).take(index)
    assert np.array_equal(taken.images, IMAGES[index])
    assert np.array_equal(taken.labels, LABELS[index])


def test_no_examples_are_examples_too():
    assert len(Examples(IMAGES[:0], LABELS[:0])) == 0


@pytest.mark.parametrize(
    ("images", "received", "fix"),
    [
        (IMAGES[..., 0], "got (6, 28, 28)", "images[..., None]"),
        (IMAGES[0], "got (28, 28, 1)", "(n, 28, 28, 1)"),
        (IMAGES.reshape(6, 784), "got (6, 784)", "(n, 28, 28, 1)"),
        (np.zeros((6, 32, 32, 1), np.float32), "got (6, 32, 32, 1)", "(n, 28, 28, 1)"),
        (np.zeros((6, 28, 28, 3), np.float32), "got (6, 28, 28, 3)", "(n, 28, 28, 1)"),
        ((IMAGES * 255).astype(np.uint8), "got uint8", "(images / 255).astype('float32')"),
        (IMAGES.astype(np.float64), "got float64", "astype('float32')"),
        (with_pixel(np.nan), "1 of 6 images hold NaN", "Remove"),
        (with_pixel(np.inf), "1 of 6 images hold NaN or infinity", "Remove"),
        (with_pixel(-np.inf), "1 of 6 images hold NaN or infinity", "Remove"),
        (IMAGES * 255, "got 0 to 255", "divide by 255"),
        (with_pixel(-0.5), "got -0.5 to 1", "between 0 and 1"),
    ],
)
def test_wrong_images(images, received, fix):
    with pytest.raises(DataError) as caught:
        Examples(images, LABELS)
    message = sentence(caught)
    assert received in message
    assert fix in message


@pytest.mark.parametrize(
    ("labels", "received", "fix"),
    [
        (LABELS.astype(np.float32), "got dtype float32 with shape (6,)", "integers"),
        (np.eye(3, dtype=int)[LABELS], "with shape (6, 3)", "labels.argmax(axis=1)"),
        (LABELS.astype(bool), "got dtype bool", "integers"),
        (LABELS[:4], "6 images and 4 labels", "Every image needs one label"),
    ],
)
def test_wrong_labels(labels, received, fix):
    with pytest.raises(DataError) as caught:
        Examples(IMAGES, labels)
    message = sentence(caught)
    assert received in message
    assert fix in message


@pytest.mark.parametrize("part", ["training", "test"])
@pytest.mark.parametrize("label", [3, -1])
def test_label_out_of_range(part, label):
    labels = LABELS.copy()
    labels[3] = label
    with pytest.raises(DataError) as caught:
        dataset(**{f"{part.removesuffix('ing')}_labels": labels})
    message = sentence(caught)
    assert f"With 3 classes, {part} labels of toys must lie between 0 and 2; got {label}" in message


def test_class_without_a_training_example():
    with pytest.raises(DataError) as caught:
        dataset(train_labels=np.array([0, 0, 2, 0, 0, 2]))
    message = sentence(caught)
    assert "toys has none of class ball" in message
    assert "class_names" in message


def test_class_without_a_test_example_is_fine():
    assert dataset(test_labels=np.zeros(6, int)).n_classes == 3


def test_a_dataset_introduces_itself():
    shown = repr(dataset())
    for words in ("toys", "6 training and 6 test", "3 classes", "the attic", "CC0"):
        assert words in shown
