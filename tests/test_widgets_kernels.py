"""Kernel explorer: names and numbers agree, sliders end with the map, each change is drawn once."""

import ipywidgets
import numpy as np
import pytest
from figure_checks import faults, move_to_ends

from tlcourse.data import DataError
from tlcourse.models.convolution import KERNELS, convolve
from tlcourse.widgets import kernels
from tlcourse.widgets.kernels import kernel_explorer

IMAGE = np.random.default_rng(0).random((12, 14), dtype=np.float32)


@pytest.fixture
def explorer():
    return kernel_explorer(IMAGE)


@pytest.fixture
def drawn(explorer, monkeypatch) -> list:
    """Return a list that grows with each drawing from now on."""
    calls, really = [], kernels.kernel_at_work

    def counted(*args, **options):
        calls.append(options)
        return really(*args, **options)

    monkeypatch.setattr(kernels, "kernel_at_work", counted)
    return calls


def test_it_starts_in_the_middle_with_a_kernel_of_the_list(explorer):
    np.testing.assert_array_equal(explorer.kernel, KERNELS["vertical edges"])
    assert explorer.figure.alt.startswith("The kernel vertical edges, stride 1, padding 0")
    assert "row 5, column 6" in explorer.figure.alt


@pytest.mark.parametrize("name", KERNELS)
def test_choosing_a_kernel_writes_its_numbers(explorer, name):
    explorer.controls["kernel"].value = name
    np.testing.assert_array_equal(explorer.kernel, KERNELS[name])
    total = convolve(IMAGE, KERNELS[name])[5, 6]
    said = float(explorer.figure.alt.partition("add up to ")[2].split()[0].rstrip("."))
    assert said == pytest.approx(total, abs=0.006)


def test_choosing_a_kernel_is_drawn_once(explorer, drawn):
    explorer.controls["kernel"].value = "outline"
    assert [call["name"] for call in drawn] == ["outline"]


def test_an_edited_number_makes_the_kernel_ones_own(explorer, drawn):
    explorer.numbers[4].value = 2.5
    assert explorer.controls["kernel"].value == "my own numbers"
    assert explorer.kernel[1, 1] == 2.5
    assert [call["name"] for call in drawn] == ["my own numbers"]
    explorer.numbers[4].value = 0
    assert explorer.controls["kernel"].value == "vertical edges"
    assert [call["name"] for call in drawn] == ["my own numbers", "vertical edges"]


def test_choosing_ones_own_keeps_the_numbers(explorer):
    explorer.controls["kernel"].value = "my own numbers"
    np.testing.assert_array_equal(explorer.kernel, KERNELS["vertical edges"])


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 0), (3, 2)])
def test_row_and_column_end_where_the_map_ends(explorer, stride, padding):
    explorer.controls["row"].value = explorer.controls["column"].value = 99  # as far as it goes
    explorer.controls["stride"].value = stride
    explorer.controls["padding"].value = padding
    rows, columns = convolve(IMAGE, KERNELS["blur"], stride, padding).shape
    row, column = explorer.controls["row"], explorer.controls["column"]
    assert (row.max, column.max) == (rows - 1, columns - 1)
    assert f"at row {row.value}, column {column.value}" in explorer.figure.alt.lower()


def test_another_stride_is_drawn_once_and_moves_the_place_into_the_map(explorer, drawn):
    explorer.controls["row"].value = 9
    explorer.controls["stride"].value = 3
    assert [(call["row"], call["stride"]) for call in drawn] == [(9, 1), (3, 3)]


def test_it_works_at_the_ends_of_its_controls(explorer):
    pictures = move_to_ends(explorer)
    assert len(pictures) == 32
    assert "stride 3, padding 2" in pictures[-1].alt
    assert not [fault for picture in pictures for fault in faults(picture)]


def test_everything_is_named_and_can_be_reached_by_keyboard(explorer):
    named = [*explorer.controls.values(), *explorer.numbers]
    assert all(control.description for control in named)
    assert len({control.description for control in named}) == 14
    assert not any(
        control.continuous_update
        for control in named
        if isinstance(control, ipywidgets.IntSlider | ipywidgets.BoundedFloatText)
    )


def test_all_controls_are_shown_above_the_picture(explorer):
    def inside(box):
        for child in getattr(box, "children", ()):
            yield child
            yield from inside(child)

    shown = list(inside(explorer))
    assert {id(x) for x in (*explorer.controls.values(), *explorer.numbers)} <= set(map(id, shown))
    assert isinstance(shown[-1], ipywidgets.HTML)


def test_an_image_with_channels_is_refused():
    with pytest.raises(DataError, match="one channel"):
        kernel_explorer(IMAGE[..., None])
