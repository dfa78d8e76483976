"""Widgets of notebook 02: kernels on an image, activation functions, pooling."""

import contextlib
from collections.abc import Iterator

import ipywidgets
import numpy as np

from tlcourse.models.convolution import KERNELS, convolve
from tlcourse.plots import AltFigure, activations, kernel_at_work, pooling
from tlcourse.widgets.explorer import Explorer, slider

_OWN = "my own numbers"
_FIRST = "vertical edges"


class KernelExplorer(Explorer):
    """A list of kernels, nine numbers to edit, sliders, and the convolution at one place.

    Choosing a kernel writes its nine numbers into the boxes; editing a box makes the kernel the
    learner's own. Row and column are those of the feature map, so that their sliders end where
    the map ends.

    Args:
        image: one channel, shape ``(height, width)``, 0 to 1.

    Attributes:
        numbers: the nine boxes, row by row.
    """

    def __init__(self, image: np.ndarray) -> None:
        self._image = image
        self._silent = False
        self.numbers = [_box(k, KERNELS[_FIRST].flat[k]) for k in range(9)]
        kernel = ipywidgets.Dropdown(options=[*KERNELS, _OWN], value=_FIRST, description="Kernel")
        rows, columns = convolve(image, self.kernel).shape
        sliders = {
            "stride": slider("Stride", 1, 1, 3),
            "padding": slider("Padding", 0, 0, 2),
            "row": slider("Row", rows // 2, 0, rows - 1),
            "column": slider("Column", columns // 2, 0, columns - 1),
        }
        # Before the Explorer watches the controls, so that it draws when all has been set.
        kernel.observe(self._write_numbers, names="value")
        for name in ("stride", "padding"):
            sliders[name].observe(lambda change: self._end_where_the_map_ends(), names="value")
        for box in self.numbers:
            box.observe(self._name_the_kernel, names="value")
        super().__init__(self._show, kernel=kernel, **sliders)
        grid = ipywidgets.GridBox(
            self.numbers, layout={"grid_template_columns": "repeat(3, 8.5em)"}
        )
        left = ipywidgets.VBox([kernel, grid])
        right = ipywidgets.VBox(list(sliders.values()))
        self.stack(ipywidgets.HBox([left, right], layout={"flex_flow": "row wrap"}), self._screen)

    @property
    def kernel(self) -> np.ndarray:
        """The kernel in the boxes, float32, shape ``(3, 3)``."""
        return np.array([box.value for box in self.numbers], dtype=np.float32).reshape(3, 3)

    def _show(self, kernel: str, **place: int) -> AltFigure:
        return kernel_at_work(self._image, self.kernel, name=kernel, **place)

    def _update(self, change: dict | None = None) -> None:
        if not self._silent:
            super()._update(change)

    def _write_numbers(self, change: dict) -> None:
        if change["new"] != _OWN:
            with self._undrawn():
                for box, number in zip(self.numbers, KERNELS[change["new"]].flat, strict=True):
                    box.value = float(number)

    def _name_the_kernel(self, change: dict) -> None:
        if self._silent:
            return
        same = (name for name, known in KERNELS.items() if np.array_equal(known, self.kernel))
        with self._undrawn():
            self.controls["kernel"].value = next(same, _OWN)
        self._update()

    def _end_where_the_map_ends(self) -> None:
        stride, padding = (self.controls[name].value for name in ("stride", "padding"))
        rows, columns = convolve(self._image, self.kernel, stride, padding).shape
        with self._undrawn():
            self.controls["row"].max = rows - 1
            self.controls["column"].max = columns - 1

    @contextlib.contextmanager
    def _undrawn(self) -> Iterator[None]:
        """Set controls inside without a drawing for each."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before


def kernel_explorer(image: np.ndarray) -> KernelExplorer:
    """Return an explorer of kernels on one image.

    Args:
        image: one channel, shape ``(height, width)``, 0 to 1; of the course's images,
            ``images[0, ..., 0]`` is one.

    Raises:
        DataError: the image has more than one channel, or is smaller than a kernel.
    """
    return KernelExplorer(image)


def activation_playground() -> Explorer:
    """Return a slider for the input of sigmoid, tanh and ReLU, with outputs and gradients."""
    return Explorer(activations, x=slider("Input", 1.0, -6, 6, 0.25))


def pooling_playground(values: np.ndarray) -> Explorer:
    """Return controls for max and average pooling of a small map: window and stride.

    Args:
        values: shape ``(height, width)``, 3 to about 12 numbers a side.
    """

    def draw(how: str, size: int, stride: int) -> AltFigure:
        return pooling(values, size, stride, how)

    largest = min(4, *values.shape)
    return Explorer(
        draw,
        how=ipywidgets.ToggleButtons(options=["max", "average"], description="Pooling"),
        size=slider("Window", 2, 1, largest),
        stride=slider("Stride", 2, 1, largest),
    )


def _box(k: int, number: float) -> ipywidgets.BoundedFloatText:
    row, column = divmod(k, 3)
    return ipywidgets.BoundedFloatText(
        float(number),
        min=-99,
        max=99,
        step=0.25,
        description=f"({row}, {column})",
        tooltip=f"number of the kernel in row {row}, column {column}",
        layout={"width": "8em"},
        style={"description_width": "3em"},
    )
