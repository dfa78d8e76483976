"""Planted faults: each is what it is said to be, stands where it is said to, and can be found."""

import numpy as np
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.data.corruption import DetectionScore, corrupt

RNG = np.random.default_rng(0)
# Sparse strokes of full ink, in whole grey levels, like digits; no two of them alike.
IMAGES = (RNG.integers(1, 256, (120, 28, 28, 1)) * (RNG.random((120, 28, 28, 1)) < 0.2)) / 255
EXAMPLES = Examples(IMAGES, np.arange(120) % 10)
COUNTS = {"copies": 7, "near_copies": 6, "blanks": 5, "wrong_labels": 4}
CORRUPTED = corrupt(EXAMPLES, **COUNTS, seed=3)
FAULTS = CORRUPTED.faults
IMAGES_AFTER, LABELS_AFTER = CORRUPTED.examples.images, CORRUPTED.examples.labels


def test_as_many_faults_as_asked_for_each_at_a_place_of_its_own():
    assert {kind.replace(" ", "_"): len(places) for kind, places in FAULTS.items()} == COUNTS
    places = np.concatenate(list(FAULTS.values()))
    assert len(np.unique(places)) == len(places) == 22
    assert all(np.array_equal(kind, np.sort(kind)) for kind in FAULTS.values())


def test_what_was_given_is_not_changed_and_all_else_stays():
    before = EXAMPLES.images.copy(), EXAMPLES.labels.copy()
    corrupt(EXAMPLES, **COUNTS, seed=3)
    assert np.array_equal(EXAMPLES.images, before[0])
    assert np.array_equal(EXAMPLES.labels, before[1])
    untouched = np.setdiff1d(np.arange(120), np.concatenate(list(FAULTS.values())))
    assert np.array_equal(IMAGES_AFTER[untouched], EXAMPLES.images[untouched])
    assert np.array_equal(LABELS_AFTER[untouched], EXAMPLES.labels[untouched])


def test_a_copy_is_the_same_as_an_earlier_one_with_its_label():
    for place in FAULTS["copies"]:
        twins = np.flatnonzero((IMAGES_AFTER[place] == IMAGES_AFTER).all(axis=(1, 2, 3)))
        assert len(twins) == 2
        assert twins[1] == place
        assert LABELS_AFTER[twins[0]] == LABELS_AFTER[place]
        assert twins[0] not in np.concatenate(list(FAULTS.values()))


def test_a_near_copy_differs_everywhere_a_little_from_an_earlier_one():
    for place in FAULTS["near copies"]:
        apart = np.linalg.norm((IMAGES_AFTER - IMAGES_AFTER[place]).reshape(120, -1), axis=1)
        apart[place] = np.inf
        original = int(np.argmin(apart))
        assert original < place
        assert 0 < apart[original] < 1 < np.sort(apart)[1]
        assert LABELS_AFTER[original] == LABELS_AFTER[place]
        assert (IMAGES_AFTER[place] != IMAGES_AFTER[original]).mean() > 0.3


def test_a_blank_has_noise_and_no_ink_and_keeps_its_label():
    for place in FAULTS["blanks"]:
        assert 0 < IMAGES_AFTER[place].max() < 0.15
        assert IMAGES_AFTER[place].sum() < 15 < EXAMPLES.images[place].sum()
        assert LABELS_AFTER[place] == EXAMPLES.labels[place]


def test_a_wrong_label_is_another_one_of_those_there_are_and_the_image_stays():
    wrong = FAULTS["wrong labels"]
    assert (LABELS_AFTER[wrong] != EXAMPLES.labels[wrong]).all()
    assert np.array_equal(IMAGES_AFTER[wrong], EXAMPLES.images[wrong])
    two = Examples(EXAMPLES.images, np.where(np.arange(120) % 2, 3, 8))
    corrupted = corrupt(two, wrong_labels=50, seed=0).examples
    assert set(corrupted.labels) == {3, 8}
    assert (corrupted.labels != two.labels).sum() == 50


def test_grey_levels_stay_whole_so_that_files_can_hold_them():
    np.testing.assert_allclose(255 * IMAGES_AFTER, np.round(255 * IMAGES_AFTER), atol=1e-4)


def test_the_seed_decides():
    same, other = corrupt(EXAMPLES, **COUNTS, seed=np.int64(3)), corrupt(EXAMPLES, **COUNTS, seed=4)
    assert np.array_equal(same.examples.images, IMAGES_AFTER)
    assert np.array_equal(same.examples.labels, LABELS_AFTER)
    assert not np.array_equal(other.faults["copies"], FAULTS["copies"])


def test_nothing_asked_for_changes_nothing():
    corrupted = corrupt(EXAMPLES, seed=0)
    assert np.array_equal(corrupted.examples.images, EXAMPLES.images)
    assert all(not len(places) for places in corrupted.faults.values())


# ------------------------------------------------------------------------------------- evaluation


def test_what_was_named_is_counted():
    truth = FAULTS["blanks"]
    innocent = np.setdiff1d(np.arange(120), truth)[:3]
    score = CORRUPTED.evaluate("blanks", np.concatenate([truth[:3], innocent]))
    assert score == DetectionScore(named=6, right=3, corrupted=5)
    assert str(score) == "6 named, 3 of them corrupted; 2 missed"
    twice = [FAULTS["copies"][0]] * 2
    assert CORRUPTED.evaluate("copies", twice) == DetectionScore(1, 1, 7)
    mask = np.isin(np.arange(120), FAULTS["wrong labels"])
    assert CORRUPTED.evaluate("wrong labels", mask) == DetectionScore(4, 4, 4)
    assert CORRUPTED.evaluate("blanks", []) == DetectionScore(0, 0, 5)


@pytest.mark.parametrize("named", [[120], [-1], [0.5], [[0, 1]], np.zeros(5, bool), ["3"]])
def test_places_that_are_none(named):
    with pytest.raises(DataError, match="whole numbers from 0 to 119"):
        CORRUPTED.evaluate("blanks", named)


def test_an_unknown_kind_is_answered_with_the_known_ones():
    with pytest.raises(DataError, match="'spots'; choose from copies, near copies, blanks"):
        CORRUPTED.evaluate("spots", [1])


# --------------------------------------------------------------------------------- wrong requests


def test_as_many_faults_as_there_is_room_for():
    assert len(corrupt(EXAMPLES, copies=60.0, seed=0).faults["copies"]) == 60


@pytest.mark.parametrize(
    ("labels", "arguments", "words"),
    [
        (
            EXAMPLES.labels,
            {"copies": 61},
            "122 examples are needed .* there are 120; ask for fewer",
        ),
        (EXAMPLES.labels, {"blanks": -1}, "blanks is a whole number, 0 at least; got -1"),
        (EXAMPLES.labels, {"near_copies": 0.5}, "near copies is a whole number"),
        (EXAMPLES.labels, {"blanks": 1, "seed": 2**32}, "A seed is a whole number"),
        (np.zeros(120, int), {"wrong_labels": 1}, "needs another class"),
    ],
)
def test_faults_that_cannot_be_had(labels, arguments, words):
    with pytest.raises(DataError, match=words):
        corrupt(Examples(EXAMPLES.images, labels), **{"seed": 0, **arguments})
