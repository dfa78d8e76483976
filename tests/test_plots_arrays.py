"""Figures of notebook 01: the numbers that they tell, and that everybody can read them."""

import numpy as np
import pytest
from figure_checks import faults

from tlcourse.plots.arrays import (
    changed_images,
    class_counts,
    fold_accuracies,
    image_numbers,
    pipeline_costs,
    suspicious_labels,
    tiled,
    value_histogram,
)

IMAGES = np.random.default_rng(0).random((24, 28, 28, 1), dtype=np.float32)
LINE = np.zeros((28, 28, 1), np.float32)
LINE[10, 8] = 0.72
INK = np.array([1.0, 2.0, 2.4, 2.5, 9.0, 10.0])
DIGITS = np.arange(24) % 10
TIMES = {"one by one": [0.3, 0.2, 0.1], "cache": [0.05, 0.9, 0.05], "slow": [0.4]}

FIGURES = {
    "numbers": (
        lambda: image_numbers(LINE),
        "of rows 7 to 20 and columns 7 to 20: 0 where it is black, up to 0.7 where it is white",
    ),
    "histogram": (
        lambda: value_histogram(INK, what="ink", limit=2.5),
        "Histogram of ink over 6 images: from 1 to 10, half of them up to 2.45; 3 below 2.5.",
    ),
    "histogram of pixels": (
        lambda: value_histogram(LINE, what="pixel value", counted="pixels"),
        "over 784 pixels: from 0 to 0.72, half of them up to 0.",
    ),
    "all below": (lambda: value_histogram(INK, what="ink", limit=99), "; 6 below 99."),
    "none below": (lambda: value_histogram(INK, what="ink", limit=-1), "; 0 below -1."),
    "counts": (
        lambda: class_counts(np.array([0, 2, 2]), ("car", "ball", "doll")),
        "car: 1, ball: 0, doll: 2",
    ),
    "suspicious": (
        lambda: suspicious_labels(IMAGES, DIGITS, np.full(24, 7)),
        "20 images, each with its label → the label suggested: 0 → 7; 1 → 7; 2 → 7",
    ),
    "known to be corrupted": (
        lambda: suspicious_labels(IMAGES[:3], DIGITS[:3], DIGITS[4:7], DIGITS[:3] != 1),
        "suggested: 0 → 4 ✗; 1 → 5; 2 → 6 ✗. ✗: corrupted.",
    ),
    "changed": (
        lambda: changed_images(IMAGES[:8], np.stack([IMAGES[8:16]] * 3), "moved"),
        "8 images, and below each 3 changed versions of it: moved.",
    ),
    "pipeline": (lambda: pipeline_costs(TIMES), "one by one 1.00, cache 0.25, slow 2.00"),
    "folds": (
        lambda: fold_accuracies([0.8, 0.9, 1.0]),
        "each of 3 folds is held out for validation in one round. Accuracies: 80.0 %, 90.0 %, "
        "100.0 %; mean 90.0 %.",
    ),
}


@pytest.mark.parametrize(("draw", "alt"), FIGURES.values(), ids=FIGURES)
def test_the_alt_text_tells_the_numbers_and_all_can_read_the_figure(draw, alt):
    shown = draw()
    assert alt in shown.alt
    assert not [*faults(shown)]


def test_every_number_stands_on_its_pixel():
    _, close = image_numbers(LINE, corner=(9, 5), size=4).figure.axes
    assert [text.get_text() for text in close.texts] == [*["0"] * 7, "0.7", *["0"] * 8]
    assert [label.get_text() for label in close.get_yticklabels()] == ["9", "10", "11", "12"]
    assert [label.get_text() for label in close.get_xticklabels()] == ["5", "6", "7", "8"]


def test_a_histogram_counts_every_value_once_and_hatches_those_below_the_limit():
    (axes,) = value_histogram(INK, what="ink", limit=2.5).figure.axes
    heights = [(bar.get_height(), bool(bar.get_hatch())) for bar in axes.patches]
    assert sum(height for height, hatched in heights if hatched) == 3
    assert sum(height for height, _ in heights) == 6


def test_each_fold_is_held_out_once():
    (axes,) = fold_accuracies([0.8, 0.9, 1.0]).figure.axes
    held_out = [text.get_position() for text in axes.texts if text.get_text() == "validate"]
    assert sorted(held_out) == [(0, 0), (1, 1), (2, 2)]


def test_tiles_stand_in_reading_order_with_gaps_between():
    sheet = tiled(np.arange(10)[:, None, None] * np.ones((10, 3, 3)), 8)
    assert sheet.shape == (2 * 3 + 1, 8 * 3 + 7)
    assert sheet[0, 4] == 1
    assert sheet[4, 0] == 8
    assert np.isnan(sheet[3]).all()
    assert tiled(np.zeros((3, 28, 28)), 8).shape == (28, 3 * 28 + 2 * 2)
