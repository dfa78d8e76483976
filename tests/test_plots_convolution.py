"""Figures of notebook 02: the numbers that they tell, and that everybody can read them."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults

from tlcourse.models.convolution import KERNELS, convolve
from tlcourse.models.costs import Cost
from tlcourse.plots.convolution import (
    activations,
    gradients_by_layer,
    kernel_at_work,
    kernel_maps,
    network_costs,
    pooling,
    receptive_fields,
)

IMAGE = np.random.default_rng(0).random((28, 28), dtype=np.float32)
KERNEL = KERNELS["vertical edges"]
PLACE = {"stride": 2, "padding": 1, "row": 3, "column": 5}
TOTAL = f"{(IMAGE[5:8, 9:12] * KERNEL).sum():.2f}".rstrip("0")  # twice 3 and 5, less the padding
SQUARE = np.arange(1, 17, dtype=float).reshape(4, 4)
COSTS = {"small, 1998": Cost(61_706, 416_520), "large, 2014": Cost(138_357_544, 15_470_264_320)}
# Gradients fall by a factor of 100 for each layer in one network; seeds lie a decade apart.
GRADIENTS = pd.DataFrame(
    [
        {"network": name, "seed": seed, "layer": layer, "gradient": base ** (4 - layer) * size}
        for name, base in (("sigmoid", 0.01), ("ReLU", 1.0))
        for seed, size in enumerate((0.01, 0.1, 1.0))
        for layer in (1, 2, 3, 4)
    ]
)

FIGURES = {
    "maps": (
        lambda: kernel_maps({"ramp": SQUARE - 4, "nothing": 0 * SQUARE}, columns=2),
        "2 feature maps, in shades of grey: ramp from -3 to 12, nothing from 0 to 0.",
    ),
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
    "gradients": (
        lambda: gradients_by_layer(GRADIENTS),
        "mean of 3 seeds: sigmoid 1e-07 in the first, 1e-01 in the last; ReLU 1e-01 in the first",
    ),
    "a gradient of zero": (
        lambda: gradients_by_layer(GRADIENTS.query("seed < 2").assign(gradient=0.0)),
        "mean of 2 seeds: sigmoid 1e-30 in the first, 1e-30 in the last",
    ),
    "fields": (
        lambda: receptive_fields(IMAGE, {"early strides": [5, 13, 29], "none": [3, 5, 7]}),
        "for images 28 wide. early strides: 5, 13, 29; none: 3, 5, 7.",
    ),
    "costs": (
        lambda: network_costs(COSTS),
        "small, 1998: 61.7 thousand parameters, 417 thousand multiply-adds; large, 2014: "
        "138 million parameters, 15.5 billion multiply-adds",
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


def test_mid_grey_is_zero_in_every_map():
    figure = kernel_maps({"edges": convolve(IMAGE, KERNEL), "negative": -IMAGE}).figure
    limits = [axes.images[0].get_clim() for axes in figure.axes if axes.images]
    assert [low + high for low, high in limits] == [0, 0]


def test_a_kernel_at_work_is_shown_where_it_is_laid_on():
    figure = kernel_at_work(IMAGE, KERNEL, **PLACE).figure
    seen, words, result, patch, kernel, products = figure.axes
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


def test_gradients_have_student_t_intervals_on_the_log_scale():
    (axes,) = gradients_by_layer(GRADIENTS).figure.axes
    low, high = axes.containers[1].lines[2][0].get_segments()[0][:, 1]
    half = 4.303 / np.sqrt(3)  # three seeds, a decade of standard deviation
    assert np.log10([low, high]) == pytest.approx([-1 - half, -1 + half], abs=1e-3)


def test_receptive_fields_are_framed_as_long_as_they_fit_the_image():
    seen, _ = receptive_fields(IMAGE, {"early strides": [5, 13, 29]}).figure.axes
    assert frames(seen) == [(11, 11, 5, 5), (7, 7, 13, 13)]
