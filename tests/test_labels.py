"""Labelled splits of a dataset whose images carry their own number."""

import itertools

import numpy as np
import pytest

from tlcourse.data import DataError, Dataset, Examples, labelled_split

COUNTS = (50, 40, 35, 45)  # training examples of each class
N = sum(COUNTS)
N_CLASSES = len(COUNTS)
BUDGETS = (4, 5, 7, 8, 20, 21, 22, 23, 40, 100, 140, N)


def numbered(n: int, first: int) -> np.ndarray:
    images = np.zeros((n, 28, 28, 1), np.float32)
    images[:, 0, 0, 0] = np.arange(first, first + n) / 1000
    return images


def make(counts) -> Dataset:
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    train = Examples(numbered(len(labels), 0), labels)
    test = Examples(numbered(20, 900), np.zeros(20, int))
    return Dataset("numbers", train, test, tuple("abcdefgh"[: len(counts)]), "made up", "CC0")


@pytest.fixture(scope="module")
def dataset():
    return make(COUNTS)


def numbers(images: np.ndarray) -> list[int]:
    return np.rint(images[:, 0, 0, 0] * 1000).astype(int).tolist()


def budget(split) -> set[int]:
    """Return the numbers of all images that come with a label."""
    return {n for part in (split.labelled, split.validation) if part for n in numbers(part.images)}


@pytest.mark.parametrize("per_class", [1, 3, 35])
def test_per_class_is_exact(dataset, per_class):
    split = labelled_split(dataset, per_class=per_class, seed=0)
    assert np.bincount(split.labelled.labels).tolist() == [per_class] * N_CLASSES
    assert split.validation is None
    assert split.n_classes == N_CLASSES


@pytest.mark.parametrize("total", [4, 40, N])
def test_all_images_of_the_training_set_whatever_the_budget(dataset, total):
    split = labelled_split(dataset, total=total, seed=0)
    assert numbers(split.images) == list(range(N))
    rest = set(numbers(split.images)) - set(numbers(split.labelled.images))
    assert set(numbers(split.unlabelled)) == rest


def test_per_class_and_total_are_ways_to_say_the_same(dataset):
    ways = ({"per_class": 5}, {"total": 20}, {"total": 20.0}, {"per_class": np.int8(5)})
    one, *others = (labelled_split(dataset, seed=np.int64(3), **way) for way in ways)
    assert all(numbers(one.labelled.images) == numbers(x.labelled.images) for x in others)


@pytest.mark.parametrize("total", BUDGETS[:-1])
def test_any_total_is_as_balanced_as_can_be(dataset, total):
    counts = np.bincount(labelled_split(dataset, total=total, seed=0).labelled.labels)
    assert counts.sum() == total
    assert counts.max() - counts.min() <= 1


def test_all_labels(dataset):
    split = labelled_split(dataset, total=N, seed=0)
    assert sorted(numbers(split.labelled.images)) == list(range(N))
    assert split.unlabelled.shape == (0, 28, 28, 1)
    assert split.n_unlabelled == 0


@pytest.mark.parametrize("validation", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("seed", [0, 7])
def test_larger_budgets_contain_smaller_ones(dataset, seed, validation):
    splits = [labelled_split(dataset, total=t, seed=seed, validation=validation) for t in BUDGETS]
    for small, large in itertools.pairwise(splits):
        assert budget(small) < budget(large)
        assert set(numbers(small.labelled.images)) <= set(numbers(large.labelled.images))


@pytest.mark.parametrize("total", [8, 21, 140])
@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_the_sets_are_disjoint_and_complete(dataset, total, validation):
    split = labelled_split(dataset, total=total, seed=0, validation=validation)
    assert split.n_unlabelled == len(split.unlabelled) == N - total
    parts = [split.labelled.images, split.unlabelled]
    parts += [split.validation.images] if validation else []
    # Each training image once, and never a test image (those are numbered from 900).
    assert sorted(number for part in parts for number in numbers(part)) == list(range(N))
    for part in (split.labelled, split.validation)[: len(parts) - 1]:
        assert part.labels.tolist() == dataset.train.labels[numbers(part.images)].tolist()


def test_validation_comes_from_inside_the_budget(dataset):
    without = labelled_split(dataset, total=40, seed=0)
    split = labelled_split(dataset, total=40, seed=0, validation=0.2)
    assert np.bincount(split.labelled.labels).tolist() == [8] * N_CLASSES
    assert np.bincount(split.validation.labels).tolist() == [2] * N_CLASSES
    assert budget(split) == budget(without)
    assert sorted(numbers(split.unlabelled)) == sorted(numbers(without.unlabelled))


def test_a_validation_set_without_room_for_it_is_none(dataset):
    split = labelled_split(dataset, per_class=1, seed=0, validation=0.2)
    assert split.validation is None
    assert len(split.labelled) == N_CLASSES


def test_the_seed_chooses(dataset):
    def drawn(seed):
        split = labelled_split(dataset, total=20, seed=seed, validation=0.2)
        return [numbers(x) for x in (split.labelled.images, split.validation.images)]

    assert drawn(5) == drawn(5)
    assert len({str(sorted(drawn(seed)[0])) for seed in range(5)}) == 5


def test_classes_come_mixed(dataset):
    labels = labelled_split(dataset, per_class=10, seed=0).labelled.labels
    assert np.any(np.diff(labels) < 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either as per_class=... or as total=..."),
        ({"per_class": 1, "total": 4}, "not both"),
        ({"total": N + 1}, f"{N + 1} labels were asked for.* has {N} .*ask for that many at most"),
        ({"per_class": 50}, "200 labels were asked for"),
        ({"total": 3}, "3 labels cannot give each of the 4 classes.*ask for 4 at least"),
        ({"per_class": 0}, "per_class is a whole number, 1 at least; got 0"),
        ({"total": -1}, "total is a whole number, 1 at least; got -1"),
        ({"total": 8.5}, "total is a whole number"),
        ({"total": 8, "seed": 2**32}, "A seed is a whole number"),
        ({"total": 8, "seed": 0.5}, "A seed is a whole number"),
        ({"per_class": 36}, "36 labelled .* of class c are needed, .*has 35; ask for 140 labels"),
        ({"total": 8, "validation": -0.1}, "validation is a number from 0 to 1.*got -0.1"),
        ({"total": 8, "validation": 0.9}, "leaves a class without an example.*lower it"),
        ({"total": 8, "validation": 1}, "A validation share of 1 leaves a class"),
    ],
)
def test_budgets_that_cannot_be_given(dataset, arguments, words):
    with pytest.raises(DataError, match=words) as caught:
        labelled_split(dataset, **{"seed": 0, **arguments})
    assert "\n" not in str(caught.value)


def test_the_advice_of_an_error_can_be_followed():
    unbalanced = make((10, 5, 3))
    with pytest.raises(DataError) as caught:
        labelled_split(unbalanced, total=17, seed=0)
    advised = int(str(caught.value).partition("ask for ")[2].split()[0])
    assert len(labelled_split(unbalanced, total=advised, seed=0).labelled) == advised
