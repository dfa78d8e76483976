"""CorruptedExamples faults: each is what it is said to be, stands where it is said to, and can be found."""

import numpy as np
import pytest

from tlcourse.data import DataError, Examples
from tlcourse.data.corruption import DetectionScore, corrupt

RNG = np.random.default_rng(0)
# Sparse strokes of full ink, in whole grey levels, like digits; no two of them alike.
IMAGES = (RNG.integers(1, 256, (120, 28, 28, 1)) * (RNG.random((120, 28, 28, 1)) < 0.2)) / 255
EXAMPLES = Examples(IMAGES.astype(np.float32), np.arange(120) % 10)
COUNTS = {"copies": 7, "near_copies": 6, "blanks": 5, "wrong_labels": 4}
PLANTED = corrupt(EXAMPLES, **COUNTS, seed=3)


def distance(image: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(image - other))


def test_as_many_faults_as_asked_for_each_at_a_place_of_its_own():
    found = {kind.replace(" ", "_"): len(places) for kind, places in PLANTED.faults.items()}
    assert found == COUNTS
    places = np.concatenate(list(PLANTED.faults.values()))
    assert len(np.unique(places)) == len(places) == 22
    for kind in PLANTED.faults.values():
        assert np.array_equal(kind, np.sort(kind))


def test_what_was_given_is_not_changed_and_all_else_stays():
    before = EXAMPLES.images.copy(), EXAMPLES.labels.copy()
    again = corrupt(EXAMPLES, **COUNTS, seed=3)
    assert np.array_equal(EXAMPLES.images, before[0])
    assert np.array_equal(EXAMPLES.labels, before[1])
    untouched = np.setdiff1d(np.arange(120), np.concatenate(list(again.faults.values())))
    assert np.array_equal(again.examples.images[untouched], EXAMPLES.images[untouched])
    assert np.array_equal(again.examples.labels[untouched], EXAMPLES.labels[untouched])


def test_a_copy_is_the_same_as_an_earlier_one_with_its_label():
    images, labels = PLANTED.examples.images, PLANTED.examples.labels
    for place in PLANTED.faults["copies"]:
        twins = [i for i in range(len(images)) if np.array_equal(images[i], images[place])]
        assert len(twins) == 2
        assert twins[1] == place
        assert labels[twins[0]] == labels[place]
        assert twins[0] not in np.concatenate(list(PLANTED.faults.values()))


def test_a_near_copy_differs_everywhere_a_little_from_an_earlier_one():
    images, labels = PLANTED.examples.images, PLANTED.examples.labels
    for place in PLANTED.faults["near copies"]:
        apart = [distance(images[place], other) for other in images]
        apart[place] = np.inf
        original = int(np.argmin(apart))
        assert original < place
        assert 0 < apart[original] < 1 < np.sort(apart)[1]
        assert labels[original] == labels[place]
        assert (images[place] != images[original]).mean() > 0.3


def test_a_blank_has_noise_and_no_ink_and_keeps_its_label():
    for place in PLANTED.faults["blanks"]:
        image = PLANTED.examples.images[place]
        assert 0 < image.max() < 0.15
        assert image.sum() < 15 < EXAMPLES.images[place].sum()
        assert PLANTED.examples.labels[place] == EXAMPLES.labels[place]


def test_a_wrong_label_is_another_one_and_the_image_stays():
    wrong = PLANTED.faults["wrong labels"]
    assert (PLANTED.examples.labels[wrong] != EXAMPLES.labels[wrong]).all()
    assert set(PLANTED.examples.labels[wrong]) <= set(range(10))
    assert np.array_equal(PLANTED.examples.images[wrong], EXAMPLES.images[wrong])


def test_wrong_labels_are_labels_that_there_are():
    two = Examples(EXAMPLES.images, np.where(np.arange(120) % 2, 3, 8))
    planted = corrupt(two, wrong_labels=50, seed=0)
    assert set(planted.examples.labels) == {3, 8}
    assert (planted.examples.labels != two.labels).sum() == 50


def test_grey_levels_stay_whole_so_that_files_can_hold_them():
    levels = 255 * PLANTED.examples.images
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)


def test_the_seed_decides():
    same, other = corrupt(EXAMPLES, **COUNTS, seed=3), corrupt(EXAMPLES, **COUNTS, seed=4)
    assert np.array_equal(same.examples.images, PLANTED.examples.images)
    assert np.array_equal(same.examples.labels, PLANTED.examples.labels)
    assert not np.array_equal(other.faults["copies"], PLANTED.faults["copies"])


def test_nothing_asked_for_changes_nothing():
    planted = corrupt(EXAMPLES, seed=0)
    assert np.array_equal(planted.examples.images, EXAMPLES.images)
    assert all(not len(places) for places in planted.faults.values())


# ------------------------------------------------------------------------------------- judging


def test_finds_are_counted():
    truth = PLANTED.faults["blanks"]
    innocent = np.setdiff1d(np.arange(120), truth)[:2]
    finds = PLANTED.evaluate("blanks", np.concatenate([truth[:3], innocent]))
    assert finds == DetectionScore(named=5, right=3, planted=5)
    assert str(finds) == "5 named, 3 of them planted; 2 missed"


def test_a_place_named_twice_counts_once():
    place = PLANTED.faults["copies"][0]
    assert PLANTED.evaluate("copies", [place, place]) == DetectionScore(1, 1, 7)


def test_a_mask_names_places_too():
    mask = np.zeros(120, bool)
    mask[PLANTED.faults["wrong labels"]] = True
    assert PLANTED.evaluate("wrong labels", mask) == DetectionScore(4, 4, 4)


def test_nothing_named():
    assert PLANTED.evaluate("blanks", []) == DetectionScore(0, 0, 5)


@pytest.mark.parametrize("named", [[120], [-1], [0.5], [[0, 1]], np.zeros(5, bool), ["3"]])
def test_places_that_are_none(named):
    with pytest.raises(DataError, match="whole numbers from 0 to 119"):
        PLANTED.evaluate("blanks", named)


def test_an_unknown_kind_is_answered_with_the_known_ones():
    with pytest.raises(DataError, match="'spots'; choose from 'copies', 'near copies'"):
        PLANTED.judge("spots", [1])


# --------------------------------------------------------------------------------- wrong requests


def test_as_many_faults_as_there_is_room_for_and_no_more():
    assert len(corrupt(EXAMPLES, copies=60, seed=0).faults["copies"]) == 60
    with pytest.raises(DataError, match=r"122 examples are needed .* there are 120"):
        corrupt(EXAMPLES, copies=61, seed=0)


def test_a_negative_number():
    with pytest.raises(DataError, match="plant from 0 up"):
        corrupt(EXAMPLES, blanks=-1, seed=0)


def test_a_wrong_label_needs_another_class():
    one = Examples(EXAMPLES.images, np.zeros(120, int))
    with pytest.raises(DataError, match="needs another class"):
        corrupt(one, wrong_labels=1, seed=0)
    assert len(corrupt(one, blanks=1, seed=0).faults["blanks"]) == 1
