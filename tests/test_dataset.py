"""The typed form of datasets: what fits passes, and each fault gives one clear sentence."""

import numpy as np
import pytest

from tlcourse.data import DataError, Dataset, Examples

IMAGES = np.linspace(0, 1, 6 * 784, dtype=np.float32).reshape(6, 28, 28, 1)
LABELS = np.array([0, 1, 2, 0, 1, 2])
NAMES = ("car", "ball", "doll")


def dataset(train=LABELS, test=LABELS, names=NAMES) -> Dataset:
    both = (Examples(IMAGES[: len(labels)], labels) for labels in (train, test))
    return Dataset("toys", *both, names, "the attic", "CC0")


@pytest.mark.parametrize("index", [np.array([4, 1]), np.array([0, 1, 0, 0, 1, 0], bool), []])
def test_take(index):
    taken = Examples(IMAGES, LABELS).take(index)
    assert np.array_equal(taken.images, IMAGES[index])
    assert np.array_equal(taken.labels, LABELS[index])
    assert len(taken) == len(IMAGES[index])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"train": [0, 1, 3]}, "With 3 classes, training labels of toys .* got 3"),
        ({"test": [0, -1, 2]}, "With 3 classes, test labels of toys .* got -1"),
        ({"train": [0, 0, 2]}, "toys has none of class ball.*class_names"),
        ({"train": []}, "The training set of toys is empty"),
        ({"test": []}, "The test set of toys is empty"),
        ({"train": [0, 0], "test": [0], "names": ("car",)}, "two classes at least; toys has 1"),
    ],
)
def test_what_is_no_dataset(arguments, words):
    with pytest.raises(DataError, match=words) as caught:
        dataset(**arguments)
    assert "\n" not in str(caught.value)


def test_a_class_without_a_test_example_is_fine():
    assert dataset(test=[0, 1, 0]).n_classes == 3


@pytest.mark.parametrize("kind", ["training", "test"])
def test_a_dataset_that_is_hardly_meant_prints_a_hint(kind, capsys):
    sets = {"training": Examples(IMAGES, LABELS), "test": Examples(IMAGES, LABELS)}
    sets[kind] = Examples(IMAGES / 255, LABELS)
    Dataset("toys", sets["training"], sets["test"], NAMES, "the attic", "CC0")
    assert f"Hint: the brightest pixel in the {kind} set of toys" in capsys.readouterr().out


def test_a_dataset_introduces_itself():
    shown = repr(dataset())
    for words in ("toys", "6 training and 6 test", "3 classes", "the attic", "CC0"):
        assert words in shown
