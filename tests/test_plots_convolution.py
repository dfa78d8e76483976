"""Figures of notebook 02: what they draw, what their alt texts say, and that all can read them."""

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
COSTS = {"small, 1998": Cost(61_706, 416_520), "large, 2014": Cost(138_357_544, 15_470_264_320)}


def gradients(seeds: int = 3) -> pd.DataFrame:
    """Return gradients that stay as they are in one network and fall to the left in the other."""
    return pd.DataFrame(
        [
            {"network": name, "seed": seed, "layer": layer, "gradient": base ** (4 - layer) * noise}
            for name, base in (("sigmoid", 0.01), ("ReLU", 1.0))
            for seed, noise in zip(range(seeds), (0.01, 0.1, 1.0), strict=False)
            for layer in (1, 2, 3, 4)
        ]
    )


def texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def frames(axes) -> list[tuple]:
    return [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axes.patches]


# ------------------------------------------------------------------------------------ kernels


def test_kernel_maps_have_zero_in_the_middle_of_their_scale():
    maps = {"edges": convolve(IMAGE, KERNEL), "nothing": np.zeros((4, 4)), "third": -IMAGE}
    picture = kernel_maps(maps, columns=2)
    filled = [axes for axes in picture.figure.axes if axes.images]
    assert [axes.get_title() for axes in filled] == list(maps)
    for axes, values in zip(filled, maps.values(), strict=True):
        low, high = axes.images[0].get_clim()
        assert low == -high
        assert high == pytest.approx(np.abs(values).max() or 1)
    assert "nothing from 0 to 0" in picture.alt


def test_kernel_at_work_adds_up_nine_products():
    picture = kernel_at_work(IMAGE, KERNEL, stride=2, padding=1, row=3, column=5, name="edges")
    seen, words, result, patch, kernel, products = picture.figure.axes
    found = convolve(IMAGE, KERNEL, 2, 1)
    expected = IMAGE[5:8, 9:12]  # twice 3 and twice 5, less the padding
    np.testing.assert_array_equal(patch.images[0].get_array(), expected)
    np.testing.assert_array_equal(kernel.images[0].get_array(), KERNEL)
    np.testing.assert_array_equal(products.images[0].get_array(), expected * KERNEL)
    np.testing.assert_array_equal(result.images[0].get_array(), found)
    total = f"{found[3, 5]:.2f}".rstrip("0").rstrip(".")
    assert f"add up to {total}" in picture.alt
    assert products.get_title() == f"= products; sum: {total}"
    assert "14 × 14 numbers" in picture.alt
    assert "(28 + 2·1 − 3) // 2 + 1\n= 14 rows" in texts(words)
    assert (9.5, 5.5, 3, 3) in frames(seen)
    assert (0.5, 0.5, 28, 28) in frames(seen)  # where the image ends and the padding begins
    assert frames(result) == [(4.5, 2.5, 1, 1)]


def test_numbers_are_written_without_needless_zeros():
    image = np.zeros((5, 5), dtype=np.float32)
    image[1, 1] = 0.5
    *_, patch, kernel, products = kernel_at_work(image, KERNEL, row=1).figure.axes
    assert texts(patch) == ["0", "0.5", *["0"] * 7]
    assert texts(kernel) == ["-1", "0", "1"] * 3
    assert set(texts(products)) == {"0"}  # and not -0


def test_numbers_can_be_told_from_what_is_behind_them():
    *_, patch, _, _ = kernel_at_work(np.eye(5, dtype=np.float32), KERNEL).figure.axes
    colours = [text.get_color() for text in patch.texts]
    assert colours == ["black" if k % 4 == 0 else "white" for k in range(9)]


@pytest.mark.parametrize(
    ("how", "largest", "frame"), [("max", "16", (1.5, 1.5, 2, 2)), ("average", "13.5", None)]
)
def test_pooling_marks_the_window_of_the_largest_number(how, largest, frame):
    values = np.arange(1, 17, dtype=float).reshape(4, 4)
    picture = pooling(values, 2, 2, how)
    before, after = picture.figure.axes
    assert after.images[0].get_array().shape == (2, 2)
    assert f"The largest, {largest}, and its window" in picture.alt
    assert frames(before) == [frame or (1.5, 1.5, 2, 2)]
    assert frames(after) == [(0.5, 0.5, 1, 1)]


def test_pooling_of_an_even_map():
    assert pooling(np.zeros((6, 6)), 3, 1, "average").alt.startswith("Average pooling, windows of")


# ------------------------------------------------------------------- activations and gradients


def test_activations_say_value_and_gradient():
    picture = activations(0.0)
    assert "at 0: sigmoid 0.500, gradient 0.250; tanh 0.000, gradient 1.000" in picture.alt
    values, slopes = picture.figure.axes
    assert values.get_ylabel() == "output"
    assert slopes.get_ylabel() == "gradient (slope)"
    marks = [line for line in slopes.lines if line.get_marker() not in ("", "None", None)]
    assert [float(line.get_ydata()[0]) for line in marks] == [0.25, 1, 0]
    assert len({line.get_marker() for line in marks}) == 3


def test_gradients_are_averaged_on_the_log_scale():
    picture = gradients_by_layer(gradients())
    (axes,) = picture.figure.axes
    assert axes.get_yscale() == "log"
    sigmoid, relu = [bars.lines[0].get_ydata(orig=False) for bars in axes.containers]
    np.testing.assert_allclose(sigmoid, [1e-7, 1e-5, 1e-3, 1e-1], rtol=1e-6)
    np.testing.assert_allclose(relu, [0.1] * 4, rtol=1e-6)
    assert "mean of 3 seeds: sigmoid 1e-07 in the first, 1e-01 in the last" in picture.alt
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["sigmoid", "ReLU"]


def test_intervals_of_gradients():
    (axes,) = gradients_by_layer(gradients()).figure.axes
    low, high = axes.containers[1].lines[2][0].get_segments()[0][:, 1]
    # Student's t for three seeds, 2 degrees of freedom: 4.303; one decade standard deviation.
    half = 4.303 / np.sqrt(3)
    assert np.log10([low, high]) == pytest.approx([-1 - half, -1 + half], abs=1e-3)


def test_two_seeds_give_no_interval_and_a_gradient_of_zero_no_error():
    table = gradients(seeds=2)
    table.loc[0, "gradient"] = 0.0
    (axes,) = gradients_by_layer(table).figure.axes
    segments = axes.containers[1].lines[2][0].get_segments()
    assert all(segment[0, 1] == pytest.approx(segment[1, 1]) for segment in segments)


# --------------------------------------------------------------------------- fields and costs


def test_receptive_fields_are_drawn_as_long_as_they_fit():
    picture = receptive_fields(IMAGE, {"early strides": [5, 13, 29], "none": [3, 5, 7]})
    seen, curves = picture.figure.axes
    assert frames(seen) == [(10.5, 10.5, 5, 5), (6.5, 6.5, 13, 13)]
    widths = [list(line.get_ydata()) for line in curves.lines if line.get_marker() != "None"]
    assert widths == [[1, 5, 13, 29], [1, 3, 5, 7]]
    assert "early strides: 5, 13, 29; none: 3, 5, 7" in picture.alt


def test_network_costs_are_said_in_words():
    picture = network_costs(COSTS)
    parameters, operations = picture.figure.axes
    assert texts(parameters) == ["61.7 thousand", "138 million"]
    assert texts(operations) == ["417 thousand", "15.5 billion"]
    assert [text.get_text() for text in parameters.get_yticklabels()] == list(COSTS)
    assert "large, 2014: 138 million parameters, 15.5 billion multiply-adds" in picture.alt
    assert {axes.get_xscale() for axes in picture.figure.axes} == {"log"}


# ----------------------------------------------------------------------------- for every reader


@pytest.mark.parametrize(
    "draw",
    [
        lambda: kernel_maps({name: convolve(IMAGE, k) for name, k in KERNELS.items()}),
        lambda: kernel_at_work(IMAGE, KERNEL, padding=2),
        lambda: pooling(convolve(IMAGE, KERNEL, 3), 3, 2, "max"),
        lambda: activations(-6.0),
        lambda: gradients_by_layer(gradients()),
        lambda: receptive_fields(IMAGE, {"a stack": [3, 5, 7], "another": [5, 13]}),
        lambda: network_costs(COSTS),
    ],
    ids=["maps", "work", "pooling", "activations", "gradients", "fields", "costs"],
)
def test_figure_is_readable_for_all(draw):
    assert list(faults(draw())) == []
