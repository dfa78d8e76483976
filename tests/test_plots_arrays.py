"""Figures of notebook 01: what they say, and that everybody can read them."""

import numpy as np
import pytest
from figure_checks import faults
from matplotlib.patches import Rectangle

from tlcourse.plots.arrays import (
    changed_images,
    class_counts,
    fold_accuracies,
    image_numbers,
    pipeline_costs,
    suspicious_labels,
    value_histogram,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((24, 28, 28, 1), dtype=np.float32)


def hatched(figure) -> list:
    return [patch for patch in figure.findobj(Rectangle) if patch.get_hatch()]


# -------------------------------------------------------------------------------- image_numbers


def test_image_numbers_writes_each_number_of_the_part():
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 8] = 0.72
    picture = image_numbers(image)
    whole, close = picture.figure.axes
    written = {text.get_position(): text.get_text() for text in close.texts}
    assert len(written) == 14 * 14
    assert written[8, 10] == "0.7"  # column, row
    assert sum(text == "0" for text in written.values()) == 14 * 14 - 1
    assert len(whole.patches) == 1
    assert "rows 7 to 20 and columns 7 to 20" in picture.alt
    assert "up to 0.7" in picture.alt


def test_image_numbers_contrast_with_their_pixels():
    image = np.zeros((28, 28, 1), np.float32)
    image[:, 14:] = 1
    _, close = image_numbers(image).figure.axes
    for text in close.texts:
        assert text.get_color() == ("black" if text.get_position()[0] >= 14 else "white")


def test_image_numbers_stand_on_their_pixels():
    _, close = image_numbers(IMAGES[0], corner=(2, 5), size=6).figure.axes
    np.testing.assert_array_equal(close.images[0].get_array(), IMAGES[0, 2:8, 5:11, 0])
    assert tuple(close.images[0].get_extent()) == (4.5, 10.5, 7.5, 1.5)


# ------------------------------------------------------------------------------ value_histogram


def test_value_histogram_counts_every_value():
    (axes,) = value_histogram(np.arange(100.0).reshape(10, 10), what="age (years)").figure.axes
    assert sum(patch.get_height() for patch in axes.patches) == 100
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "age (years)"


def test_value_histogram_counts_and_hatches_what_lies_below_the_limit():
    values = np.array([1.0, 2.0, 2.4, 2.5, 9.0, 10.0])
    picture = value_histogram(values, what="ink", limit=2.5)
    assert sum(patch.get_height() for patch in hatched(picture.figure)) == 3
    assert "3 lie below 2.5" in picture.alt
    assert "over 6 images: from 1 to 10" in picture.alt
    assert [text.get_text() for text in picture.figure.axes[0].texts] == ["3 below 2.5"]


@pytest.mark.parametrize("limit", [-1, 99])
def test_value_histogram_with_a_limit_beyond_all_values(limit):
    picture = value_histogram(np.arange(10.0), what="ink", limit=limit)
    assert f"{0 if limit < 0 else 10} lie below" in picture.alt
    assert picture.png


# --------------------------------------------------------------------------------- class_counts


def test_class_counts_names_and_counts_each_class():
    picture = class_counts(np.array([0, 2, 2]), ("car", "ball", "doll"))
    (axes,) = picture.figure.axes
    assert [bar.get_height() for bar in axes.patches] == [1, 0, 2]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["car", "ball", "doll"]
    assert "car: 1, ball: 0, doll: 2" in picture.alt


# ---------------------------------------------------------------------------- suspicious_labels


def test_suspicious_labels_shows_twenty_at_most():
    picture = suspicious_labels(IMAGES, np.arange(24) % 10, np.full(24, 7))
    drawn = [axes for axes in picture.figure.axes if axes.images]
    assert len(drawn) == 20
    assert [axes.get_title() for axes in drawn[:3]] == ["0 → 7", "1 → 7", "2 → 7"]
    assert "planted" not in picture.alt


def test_suspicious_labels_tells_which_were_planted():
    planted = np.array([True, False, True])
    picture = suspicious_labels(IMAGES[:3], np.array([1, 2, 3]), np.array([4, 5, 6]), planted)
    told = [axes.texts[0].get_text() for axes in picture.figure.axes if axes.images]
    assert told == ["planted", "genuine", "planted"]
    assert "1 → 4; 2 → 5; 3 → 6. 2 of these labels were planted." in picture.alt


# ------------------------------------------------------------------------------- changed_images


def test_changed_images_stand_below_their_originals():
    originals, changed = np.zeros((2, 28, 28, 1)), np.ones((3, 2, 28, 28, 1))
    changed[2, 1] = 0.5
    picture = changed_images(originals, changed, "turned by up to 9°")
    above, below = [axes.images[0].get_array() for axes in picture.figure.axes]
    assert above.shape == (30, 60)  # with a frame of one pixel
    assert below.shape == (90, 60)
    assert (above[1:29, 1:29] == 0).all()
    assert (below[61:89, 31:59] == 0.5).all()
    assert (below[61:89, 1:29] == 1).all()
    assert picture.alt.endswith("3 changed versions of it: turned by up to 9°.")


# ------------------------------------------------------------------------------- pipeline_costs


def test_pipeline_costs_are_ratios_of_medians_to_the_first():
    seconds = {"one by one": [0.3, 0.2, 0.1], "cache": [0.05, 0.9, 0.05], "slow": [0.4]}
    picture = pipeline_costs(seconds)
    (axes,) = picture.figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([1, 0.25, 2])
    single = [len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert single == [3, 3, 1]
    assert "one by one 1.00, cache 0.25, slow 2.00" in picture.alt
    assert axes.get_xlabel() == "time of one pass (one by one = 1)"


# ------------------------------------------------------------------------------ fold_accuracies


def test_each_part_is_held_out_once():
    picture = fold_accuracies([0.8, 0.9, 1.0])
    (axes,) = picture.figure.axes
    words = {text.get_position(): text.get_text() for text in axes.texts}
    for i in range(3):
        assert [words[j, i] for j in range(3)].count("validate") == 1
        assert words[i, i] == "validate"
    assert [words[3, i] for i in range(3)] == ["80.0 %", "90.0 %", "100.0 %"]
    assert len(hatched(picture.figure)) == 3
    assert "mean 90.0 %" in picture.alt


# ----------------------------------------------------------------------------- for every reader


@pytest.mark.parametrize(
    "draw",
    [
        lambda: image_numbers(IMAGES[0]),
        lambda: value_histogram(IMAGES, what="pixel value", counted="pixels", limit=0.1),
        lambda: class_counts(np.arange(60_000) % 10, tuple("0123456789")),
        lambda: suspicious_labels(IMAGES, np.arange(24), np.arange(24), np.arange(24) < 9),
        lambda: changed_images(IMAGES[:8], np.stack([IMAGES[:8]] * 3), "moved by up to 2 pixels"),
        lambda: pipeline_costs({"one by one": [0.2, 0.3], "cache": [0.1, 0.1]}),
        lambda: fold_accuracies([0.81, 0.85, 0.83, 0.88, 0.79]),
    ],
    ids=["numbers", "histogram", "counts", "suspicious", "changed", "pipeline", "folds"],
)
def test_figure_is_readable_for_all(draw):
    assert list(faults(draw())) == []
