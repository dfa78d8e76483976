"""Figures of notebook 02: the numbers that they tell, and that everybody can read them."""

import numpy as np
import pytest
from figure_checks import faults

from tlcourse.models.convolution import KERNELS
from tlcourse.plots.convolution import activations, kernel_at_work, pooling

IMAGE = np.random.default_rng(0).random((28, 28), dtype=np.float32)
KERNEL = KERNELS["vertical edges"]
PLACE = {"stride": 2, "padding": 1, "row": 3, "column": 5}
TOTAL = f"{(IMAGE[5:8, 9:12] * KERNEL).sum():.2f}".rstrip("0")  # twice 3 and 5, less the padding
SQUARE = np.arange(1, 17, dtype=float).reshape(4, 4)

FIGURES = {
    "work": (
        lambda: kernel_at_work(IMAGE, KERNEL, name="edges", **PLACE),
        f"At row 3, column 5 of the feature map the products of patch and kernel add up to {TOTAL}"
        ". The feature map has 14 × 14 numbers",
    ),
    "max pooling": (
        lambda: pooling(SQUARE, 2, 2, "max"),
        "Max pooling, windows of 2 × 2, stride 2, makes 2 × 2 numbers out of 4 × 4. The largest, "
        "16, and its window",
    ),
    "average pooling": (lambda: pooling(SQUARE, 2, 2, "average"), "The largest, 13.5, and"),
    "pooling of nothing": (lambda: pooling(0 * SQUARE, 3, 1, "max"), "The largest, 0, and"),
    "activations": (
        lambda: activations(0.0),
        "at 0: sigmoid 0.500, gradient 0.250; tanh 0.000, gradient 1.000; ReLU 0.000, gradient 0",
    ),
}


@pytest.mark.parametrize(("draw", "alt"), FIGURES.values(), ids=FIGURES)
def test_the_alt_text_tells_the_numbers_and_all_can_read_the_figure(draw, alt):
    shown = draw()
    assert alt in shown.alt
    assert not [*faults(shown)]


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def frames(axes) -> list[tuple]:
    """Return left, top, width and height of the frames that are drawn, in pixels."""
    return [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axes.patches]


def test_a_kernel_at_work_is_shown_where_it_is_laid_on():
    figure = kernel_at_work(IMAGE, KERNEL, **PLACE).figure
    seen, words, result, patch, kernel, products = figure.axes
    assert kernel.collections[0].get_linewidth() > 0, "a white square on white needs its frame"
    limits = result.images[0].get_clim()
    assert sum(limits) == 0, "mid-grey is zero"
    assert frames(seen) == [(10, 6, 3, 3), (1, 1, 28, 28)]  # the patch; where the padding begins
    assert frames(result) == [(5, 3, 1, 1)]
    assert "(28 + 2·1 − 3) // 2 + 1\n= 14 rows" in texts(words)
    assert [float(text) for text in texts(patch)] == pytest.approx(
        IMAGE[5:8, 9:12].ravel(), abs=5e-3
    )
    assert texts(kernel) == ["-1", "0", "1"] * 3, "without needless zeros"
    assert "-0" not in texts(products)


def test_pooling_marks_the_window_of_the_largest_number():
    before, after = pooling(SQUARE, 2, 2, "max").figure.axes
    assert frames(before) == [(2, 2, 2, 2)]
    assert frames(after) == [(1, 1, 1, 1)]
