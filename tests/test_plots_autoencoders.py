"""Figures of notebook 08: the numbers that they tell, and those that they draw."""

import numpy as np

from tlcourse.plots import blends, code_plane

IMAGES = np.random.default_rng(0).random((6, 28, 28, 1), dtype=np.float32) * 0.5


def titles(picture) -> list[str]:
    return [axes.get_title() for axes in picture.figure.axes if axes.get_title()]


def test_code_plane_tells_the_place_and_what_is_nearest():
    places = np.random.default_rng(1).normal(size=(40, 2))
    images = {"decoded": IMAGES[0], "nearest": IMAGES[1]}
    picture = code_plane(
        places, np.arange(40) % 10, (0.2, 0.1), at=(1.0, -2.5), nearest_label=7, **images
    )
    assert "40 digits placed by two directions of their codes (30 % of the var" in picture.alt
    assert "from +1 and -2.5 standard deviations; the digit with the nearest code is a 7" in (
        picture.alt
    )
    assert titles(picture) == ["decoded from the cross", "nearest: a 7"]


def test_blends_stand_between_their_ends():
    mixed = (IMAGES[0] + IMAGES[1]) / 2
    picture = blends((IMAGES[0], IMAGES[1]), (3, 8), pixels=mixed, codes=mixed + 0.1, share=0.5)
    assert titles(picture) == ["from a 3", "pixels mixed", "codes mixed", "to a 8"]
    assert picture.alt.startswith("From a 3 to a 8, 50 % of the way")
    assert "error of 10.0, times 1,000" in picture.alt
