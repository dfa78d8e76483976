"""The slider over confidence thresholds: what it keeps, its ends, and unfit input."""

import numpy as np
import pytest
from figure_checks import faults, move_to_ends

from tlcourse.data import DataError
from tlcourse.widgets.thresholds import threshold_slider

# Ten images of three classes: the first is the surest, and the sixth is taken for another class.
CONFIDENCE_THRESHOLD = np.linspace(0.96, 0.51, 10)
LABELS = np.arange(10) % 3
GUESSES = np.where(np.arange(10) == 5, 0, LABELS)
PROBABILITIES = np.repeat((1 - CONFIDENCE_THRESHOLD)[:, None] / 2, 3, axis=1)
PROBABILITIES[np.arange(10), GUESSES] = CONFIDENCE_THRESHOLD
IMAGES = np.random.default_rng(0).random((10, 28, 28, 1), dtype=np.float32)


@pytest.fixture
def slider():
    return threshold_slider(PROBABILITIES, LABELS, IMAGES)


def test_it_says_what_the_threshold_keeps(slider):
    assert slider.figure.alt.startswith("Threshold 0.80: 4 of 10 pseudo-labels are kept, 100 %")
    slider.controls["threshold"].value = 0.7
    assert slider.figure.alt.startswith("Threshold 0.70: 6 of 10 pseudo-labels are kept, 83 %")
    assert "Kept by class: 0: 3, 1: 2, 2: 1." in slider.figure.alt


def test_at_its_ends_it_keeps_all_and_none(slider):
    everything, nothing = move_to_ends(slider)
    assert "10 of 10 pseudo-labels are kept, 90 % of them right" in everything.alt
    assert "0 of 10 pseudo-labels are kept, so none is right" in nothing.alt
    for picture in (everything, nothing):
        assert "nan" not in picture.alt
        assert not [*faults(picture)]


def test_it_can_be_worked_by_keyboard_and_waits_until_it_is_let_go(slider):
    control = slider.controls["threshold"]
    assert control.description == "Threshold"
    assert not control.continuous_update, "drawing takes longer than 0.1 s"


def test_it_starts_where_it_is_told():
    slider = threshold_slider(PROBABILITIES, LABELS, IMAGES, threshold=0.5)
    assert slider.controls["threshold"].value == 0.5
    assert slider.figure.alt.startswith("Threshold 0.50: 10 of 10")


def test_what_is_given_stays_as_it_is():
    before = [x.copy() for x in (PROBABILITIES, LABELS, IMAGES)]
    move_to_ends(threshold_slider(PROBABILITIES, LABELS, IMAGES))
    assert all(map(np.array_equal, before, (PROBABILITIES, LABELS, IMAGES)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((PROBABILITIES[:9], LABELS, IMAGES), "got 9 rows of probabilities, 10 labels and 10"),
        ((PROBABILITIES, LABELS[:9], IMAGES), "9 labels"),
        ((PROBABILITIES, LABELS, IMAGES[:9]), "and 9 images"),
        ((PROBABILITIES[:0], LABELS[:0], IMAGES[:0]), "got 0 rows"),
    ],
)
def test_input_that_does_not_fit_together(given, said):
    with pytest.raises(DataError, match=said):
        threshold_slider(*given)
