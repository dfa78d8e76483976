"""Kernel explorer and pooling: names and numbers agree, sliders end with the map."""

import numpy as np
import pytest

from tlcourse.data import DataError
from tlcourse.models.convolution import KERNELS, convolve
from tlcourse.widgets import activation_playground, convolution, kernel_explorer, pooling_playground

IMAGE = np.random.default_rng(0).random((12, 14), dtype=np.float32)


@pytest.fixture
def explorer():
    return kernel_explorer(IMAGE)


@pytest.fixture
def drawn(explorer, monkeypatch) -> list:
    """Return a list that grows with each drawing from now on; nothing is really drawn."""
    calls = []

    def counted(*args, **options):
        calls.append(options)
        return explorer.figure

    monkeypatch.setattr(convolution, "kernel_at_work", counted)
    return calls


def test_it_starts_in_the_middle_with_a_kernel_of_the_list(explorer):
    np.testing.assert_array_equal(explorer.kernel, KERNELS["vertical edges"])
    assert explorer.figure.alt.startswith("The kernel vertical edges, stride 1, padding 0")
    assert "row 5, column 6" in explorer.figure.alt


@pytest.mark.parametrize("name", ["outline", "blur"])
def test_choosing_a_kernel_writes_its_numbers(explorer, name):
    explorer.controls["kernel"].value = name
    np.testing.assert_array_equal(explorer.kernel, KERNELS[name])
    total = float(explorer.figure.alt.partition("add up to ")[2].split()[0].rstrip("."))
    assert total == pytest.approx(convolve(IMAGE, KERNELS[name])[5, 6], abs=0.006)


def test_each_change_is_drawn_once(explorer, drawn):
    explorer.controls["kernel"].value = "outline"  # nine numbers at once
    explorer.numbers[4].value = 2.5
    assert explorer.controls["kernel"].value == "my own numbers"
    assert explorer.kernel[1, 1] == 2.5
    explorer.numbers[4].value = KERNELS["outline"][1, 1]
    assert [call["name"] for call in drawn] == ["outline", "my own numbers", "outline"]


def test_choosing_ones_own_keeps_the_numbers(explorer):
    explorer.controls["kernel"].value = "my own numbers"
    np.testing.assert_array_equal(explorer.kernel, KERNELS["vertical edges"])


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 0), (3, 2)])
def test_row_and_column_end_where_the_map_ends(explorer, drawn, stride, padding):
    row, column = explorer.controls["row"], explorer.controls["column"]
    row.value = column.value = 99  # as far as it goes
    explorer.controls["padding"].value = padding
    explorer.controls["stride"].value = stride
    rows, columns = convolve(IMAGE, KERNELS["blur"], stride, padding).shape
    assert (row.max, column.max) == (rows - 1, columns - 1)
    assert (drawn[-1]["row"], drawn[-1]["column"]) == (row.value, column.value)
    assert row.value < rows
    assert column.value < columns


def test_an_image_with_channels_is_refused():
    with pytest.raises(DataError, match="one channel"):
        kernel_explorer(IMAGE[..., None])


def test_the_activation_playground_gives_outputs_and_gradients():
    explorer = activation_playground()
    explorer.controls["x"].value = -6
    assert "at -6: sigmoid 0.002" in explorer.figure.alt
    assert "ReLU 0.000, gradient 0.000" in explorer.figure.alt
    explorer.controls["x"].value = 6
    assert "ReLU 6.000, gradient 1.000" in explorer.figure.alt


def test_the_pooling_playground_shows_what_is_set():
    explorer = pooling_playground(IMAGE[:9, :9])
    assert explorer.figure.alt.startswith("Max pooling, windows of 2 × 2, stride 2, makes 4 × 4")
    for name, value in {"how": "average", "size": 3, "stride": 1}.items():
        explorer.controls[name].value = value
    assert explorer.figure.alt.startswith("Average pooling, windows of 3 × 3, stride 1, makes 7 ×")
