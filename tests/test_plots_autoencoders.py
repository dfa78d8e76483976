"""Figures of notebook 08: the numbers that they tell, and those that they draw."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults

from tlcourse.plots import blends, code_plane, error_curves, gains, reconstructions

IMAGES = np.random.default_rng(0).random((6, 28, 28, 1), dtype=np.float32) * 0.5


def titles(picture) -> list[str]:
    return [axes.get_title() for axes in picture.figure.axes if axes.get_title()]


def test_reconstructions_measure_each_image_of_each_row():
    off = IMAGES.copy()
    off[2] += 0.1  # a squared error of 0.01 in one image of six
    picture = reconstructions(IMAGES, {"same": IMAGES, "off": off}, first="clean")
    assert titles(picture) == ["0"] * 6 + ["0", "0", "10", "0", "0", "0"]
    assert "6 images (clean)" in picture.alt
    assert picture.alt.endswith("times 1,000: same 0.0, off 1.7.")
    names = [text.get_text() for axes in picture.figure.axes for text in axes.texts]
    assert names == ["clean", "same", "off"]


@pytest.mark.parametrize("seeds", [2, 3])
def test_error_curves_tell_means_and_draw_students_interval(seeds):
    falling = np.array([0.040, 0.030, 0.020, 0.010])
    offsets = 0.001 * (np.arange(seeds) - (seeds - 1) / 2)
    curves = {"falling": falling + offsets[:, None], "level": np.full((seeds, 4), 0.02)}
    picture = error_curves(curves, 50, level=0.0168, level_name="PCA")
    assert "falling from 40.0 to 10.0; level from 20.0 to 20.0; PCA 16.8." in picture.alt
    (axes,) = picture.figure.axes
    assert len(axes.containers) == (2 if seeds > 2 else 0)
    if seeds > 2:  # with 2 degrees of freedom t is 4.303; the spread of -1, 0 and 1 is 1
        (segment,) = axes.containers[0].lines[2][0].get_segments()
        assert segment[1, 1] - segment[0, 1] == pytest.approx(2 * 4.303 / np.sqrt(3), rel=1e-3)


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


def test_gains_tell_and_draw_means_and_the_intervals_that_there_are():
    rows = [
        ("without", 100, 9.0, 7.0, 12.0),
        ("without", 10, 5.0, 1.0, 9.0),
        ("with", 10, 2.0, np.nan, np.nan),
        ("with", 100, -1.0, -2.5, 0.5),
    ]
    columns = ["comparison", "labels", "mean", "low", "high"]
    picture = gains(pd.DataFrame(rows, columns=columns))
    assert "without: 10 labels +5.0 [+1.0, +9.0], 100 labels +9.0 [+7.0, +12.0]" in picture.alt
    assert "with: 10 labels +2.0, 100 labels -1.0 [-2.5, +0.5]" in picture.alt
    bars = picture.figure.axes[0].containers
    np.testing.assert_allclose([bar.lines[0].get_ydata() for bar in bars], [[5, 9], [2, -1]])
    ends = [line[:, 1] for line in bars[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[1, 9], [7, 12]])
    assert not [*faults(picture)]
