"""Figures of notebook 08: what they say, where they draw it, and what they leave out."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults

from tlcourse.plots.autoencoders import blends, code_plane, error_curves, gains, reconstructions

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 28, 28, 1), dtype=np.float32) * 0.5


def titles(picture) -> list[str]:
    return [axes.get_title() for axes in picture.figure.axes if axes.get_title()]


def test_reconstructions_measure_each_image():
    off = IMAGES.copy()
    off[2] += 0.1  # a squared error of 0.01 in one image of six
    picture = reconstructions(IMAGES, {"same": IMAGES, "off": off}, first="clean")
    assert titles(picture) == ["0"] * 6 + ["0", "0", "10", "0", "0", "0"]
    assert "6 images (clean)" in picture.alt
    assert picture.alt.endswith("times 1,000: same 0.0, off 1.7.")
    assert not [*faults(picture)]


def test_reconstructions_show_every_row_with_its_name():
    picture = reconstructions(IMAGES, {"first": IMAGES, "second": IMAGES / 2})
    assert len(picture.figure.axes) == 3 * 6
    names = [text.get_text() for axes in picture.figure.axes for text in axes.texts]
    assert names == ["original", "first", "second"]
    last = picture.figure.axes[-1].get_images()[0].get_array()
    np.testing.assert_allclose(last, IMAGES[5, ..., 0] / 2)


def curves(seeds: int) -> dict[str, np.ndarray]:
    falling = np.array([0.040, 0.030, 0.020, 0.010])
    offsets = 0.001 * (np.arange(seeds) - (seeds - 1) / 2)
    return {"falling": falling + offsets[:, None], "level": np.full((seeds, 4), 0.02)}


def test_error_curves_draw_seeds_means_and_the_level():
    picture = error_curves(curves(3), 50, level=0.0168, level_name="PCA")
    (axes,) = picture.figure.axes
    assert axes.get_yscale() == "log"
    mean = next(line for line in axes.lines if line.get_label() == "falling")
    np.testing.assert_allclose(mean.get_xdata(), [50, 100, 150, 200])
    np.testing.assert_allclose(mean.get_ydata(), [40, 30, 20, 10])
    dashed = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([16.8])
    assert "falling from 40.0 to 10.0; level from 20.0 to 20.0; PCA 16.8." in picture.alt
    assert not [*faults(picture)]


@pytest.mark.parametrize(("seeds", "intervals"), [(2, 0), (3, 2)])
def test_error_curves_have_an_interval_from_three_seeds_on(seeds, intervals):
    picture = error_curves(curves(seeds), 50, level=0.01, level_name="PCA")
    assert len(picture.figure.axes[0].containers) == intervals


def test_the_interval_is_students():
    (axes,) = error_curves(curves(3), 50, level=0.01, level_name="PCA").figure.axes
    (segment,) = axes.containers[0].lines[2][0].get_segments()
    # Student's t for three seeds, 2 degrees of freedom: 4.303; spread of -1, 0, 1: 1.
    assert segment[1, 1] - segment[0, 1] == pytest.approx(2 * 4.303 / np.sqrt(3), rel=1e-3)


def plane(**changed):
    given = {
        "at": (1.0, -2.5),
        "decoded": IMAGES[0],
        "nearest": IMAGES[1],
        "nearest_label": 7,
    }
    places = RNG.normal(size=(40, 2))
    return code_plane(places, np.arange(40) % 10, (0.2, 0.1), **(given | changed))


def test_code_plane_shows_the_place_and_both_images():
    picture = plane()
    scatter, decoded, nearest = picture.figure.axes
    assert len(scatter.collections) == 10
    (cross,) = scatter.lines
    assert (*cross.get_xdata(), *cross.get_ydata()) == (1.0, -2.5)
    np.testing.assert_allclose(decoded.get_images()[0].get_array(), IMAGES[0, ..., 0])
    np.testing.assert_allclose(nearest.get_images()[0].get_array(), IMAGES[1, ..., 0])
    assert nearest.get_title() == "nearest: a 7"
    assert "40 digits" in picture.alt
    assert "30 % of the variance" in picture.alt
    assert "from +1 and -2.5 standard deviations; the digit with the nearest code is a 7" in (
        picture.alt
    )
    assert not [*faults(picture)]


def test_blends_stand_between_their_ends():
    mixed = (IMAGES[0] + IMAGES[1]) / 2
    picture = blends((IMAGES[0], IMAGES[1]), (3, 8), pixels=mixed, codes=mixed + 0.1, share=0.5)
    assert titles(picture) == ["from a 3", "pixels mixed", "codes mixed", "to a 8"]
    assert picture.alt.startswith("From a 3 to a 8, 50 % of the way")
    assert "error of 10.0, times 1,000" in picture.alt
    assert not [*faults(picture)]


def differences() -> pd.DataFrame:
    rows = [
        ("without", 100, 9.0, 7.0, 11.0),
        ("without", 10, 5.0, 1.0, 9.0),
        ("with", 10, 2.0, np.nan, np.nan),
        ("with", 100, -1.0, -2.5, 0.5),
    ]
    return pd.DataFrame(rows, columns=["comparison", "labels", "mean", "low", "high"])


def test_gains_say_means_and_intervals_in_the_order_of_budgets():
    picture = gains(differences())
    assert "without: 10 labels +5.0 [+1.0, +9.0], 100 labels +9.0 [+7.0, +11.0]" in picture.alt
    assert "with: 10 labels +2.0, 100 labels -1.0 [-2.5, +0.5]" in picture.alt
    (axes,) = picture.figure.axes
    means = [bars.lines[0].get_ydata() for bars in axes.containers]
    np.testing.assert_allclose(means, [[5, 9], [2, -1]])
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "100"]
    assert not [*faults(picture)]


def test_gains_draw_the_intervals_that_there_are():
    (axes,) = gains(differences()).figure.axes
    first, second = (bars.lines[2][0].get_segments() for bars in axes.containers)
    np.testing.assert_allclose([line[:, 1] for line in first], [[1, 9], [7, 11]])
    finite = [line[:, 1] for line in second if len(line) == 2 and np.isfinite(line).all()]
    np.testing.assert_allclose(finite, [[-2.5, 0.5]])
