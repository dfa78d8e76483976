"""The sign pad: which examples are kept, who is shown them, and which faults are said."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_checks import faults, move_to_ends
from IPython.core.formatters import DisplayFormatter

from tlcourse.data.centring import centre_like_mnist
from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets.sign import SignPad

VIEW = "application/vnd.jupyter.widget-view+json"


def stroke(width: int = 3) -> np.ndarray:
    """Return a drawing: an upright bar, which tells apart by its width."""
    drawing = np.zeros((28, 28), np.uint8)
    drawing[2:20, 3 : 3 + width] = 255
    return drawing


def as_seen(drawing: np.ndarray) -> np.ndarray:
    return (centre_like_mnist(drawing) / 255).astype(np.float32)[..., np.newaxis]


def figure_of(drawing: np.ndarray, examples: np.ndarray) -> AltFigure:
    with subplots(size=(2, 2)) as (figure, axes):
        axes.imshow(drawing[..., 0], cmap="gray")
    return AltFigure(
        figure, f"{len(examples)} examples of the sign are kept; ink {drawing.sum():.0f}"
    )


class Witness:
    """Remembers what it was called with; draws a figure, or raises an error if it has one."""

    error: Exception | None = None

    def __call__(self, drawing, examples):
        self.drawing, self.examples = drawing, examples
        if self.error:
            raise self.error
        return figure_of(drawing, examples)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def pad(witness) -> SignPad:
    return SignPad(witness)


def draw_and_keep(pad: SignPad, drawing: np.ndarray) -> None:
    pad.pad.value = drawing.tobytes()
    pad.keep()


def buttons(pad: SignPad) -> dict:
    """Return the two buttons by their first word."""
    (row,) = [child for child in pad.children if hasattr(child, "children")]
    return {button.description.split()[0]: button for button in row.children}


def test_a_drawing_is_given_as_a_network_sees_it_and_its_figure_said(pad, witness):
    assert not witness.drawing.any()
    pad.pad.value = stroke().tobytes()
    assert witness.drawing.dtype == witness.examples.dtype == np.float32
    np.testing.assert_allclose(witness.drawing, as_seen(stroke()), atol=1e-6)
    assert witness.examples.shape == (0, 28, 28, 1)
    assert pad.pad.text == pad.figure.alt == f"0 examples {pad.figure.alt[11:]}"
    assert not [*faults(pad.figure)]


def test_a_kept_drawing_is_an_example_and_the_pad_is_empty_again(pad, witness):
    pad.pad.value = stroke().tobytes()
    buttons(pad)["Keep"].click()
    assert not any(pad.pad.value)
    assert not witness.drawing.any(), "drawn anew after the pad was cleared"
    np.testing.assert_allclose(witness.examples, as_seen(stroke())[np.newaxis], atol=1e-6)
    assert pad.pad.text.startswith("1 examples")


def test_an_empty_pad_is_no_example(pad):
    pad.keep()
    assert pad.examples == []
    assert pad.pad.text.startswith("The pad is empty.")


def test_of_more_than_five_examples_the_oldest_goes(pad, witness):
    widths = [2, 4, 6, 8, 10, 12]
    for width in widths:
        draw_and_keep(pad, stroke(width))
    expected = [as_seen(stroke(width)) for width in widths[1:]]
    np.testing.assert_allclose(witness.examples, expected, atol=1e-6)


def test_examples_are_forgotten_and_the_drawing_stays(pad, witness):
    draw_and_keep(pad, stroke())
    pad.pad.value = stroke(8).tobytes()
    buttons(pad)["Forget"].click()
    assert pad.examples == []
    assert witness.examples.shape == (0, 28, 28, 1)
    np.testing.assert_allclose(witness.drawing, as_seen(stroke(8)), atol=1e-6)
    assert pad.pad.value == stroke(8).tobytes()


def test_a_callback_that_raises_is_heard_wherever_it_is_called(pad, witness):
    draw_and_keep(pad, stroke())
    pad.pad.value = stroke(8).tobytes()
    witness.error = ZeroDivisionError("by zero")
    for action in (pad.forget, pad.keep, lambda: move_to_ends(pad)):
        pad.pad.text = ""
        with pytest.raises(ZeroDivisionError):
            action()
        assert pad.pad.text == "It went wrong. ZeroDivisionError: by zero"


def test_a_button_whose_callback_raises_says_so_on_the_pad(pad, witness):
    """Ipywidgets only logs what a button's callback raises."""
    pad.pad.value = stroke().tobytes()
    witness.error = ZeroDivisionError("by zero")
    for button in buttons(pad).values():
        pad.pad.text = ""
        button.click()
        assert pad.pad.text == "It went wrong. ZeroDivisionError: by zero"


def test_where_no_kernel_runs_the_shown_example_stands_until_something_is_drawn(witness):
    shown = (as_seen(stroke()), np.stack([as_seen(stroke(8))] * 3))
    pad = SignPad(witness, shown=shown)
    data, metadata = DisplayFormatter().format(pad)
    assert data[VIEW]["model_id"] == pad.model_id
    assert "3 examples" in data["text/html"]
    assert "3 examples" in metadata["image/png"]["alt"]
    draw_and_keep(pad, stroke())
    data, metadata = DisplayFormatter().format(pad)
    assert data["text/html"] == pad.figure.html
    assert metadata["image/png"]["alt"] == pad.figure.alt


def test_no_figure_is_left_open(pad):
    draw_and_keep(pad, stroke())
    assert plt.get_fignums() == []
