"""The digit pad on Python's side: what a drawing becomes, who is asked, and which faults are said.

Real strokes in a real browser are drawn in test_browser.py.
"""

import logging

import keras
import numpy as np
import pytest
import traitlets
from figure_checks import faults
from IPython.core.formatters import DisplayFormatter

from tlcourse.data import DataError
from tlcourse.data.centring import centre_like_mnist
from tlcourse.models.saved import save_model
from tlcourse.widgets.pad import Pad, digit_pad

VIEW = "application/vnd.jupyter.widget-view+json"

STROKE = np.zeros((28, 28), np.uint8)
STROKE[2:20, 3:6] = 255


def always(digit: int, confidence: float = 0.91):
    """Return a model that predicts the same for whatever is drawn."""

    def model(images):
        p = np.full((len(images), 10), (1 - confidence) / 9)
        p[:, digit] = confidence
        return p

    return model


def sent_by_the_browser(pad: Pad, drawing: np.ndarray) -> None:
    """Deliver a drawing as JupyterLab does: binary, beside the message."""
    data = {"method": "update", "state": {}, "buffer_paths": [["value"]]}
    message = {"content": {"data": data}, "buffers": [memoryview(drawing.tobytes())]}
    pad._handle_msg(message)


# ------------------------------------------------------------------------------------ the pad


def test_a_drawing_is_784_bytes_whatever_they_come_in():
    pad = Pad()
    assert pad.value == bytes(784)
    pad.value = memoryview(STROKE.tobytes())
    assert pad.value == STROKE.tobytes()
    with pytest.raises(traitlets.TraitError, match="28 rows of 28; got 3"):
        pad.value = b"abc"
    assert pad.value == STROKE.tobytes()


# --------------------------------------------------------------------------------- predictions


def test_a_drawing_is_centred_and_every_model_asked():
    asked = []

    def witness(images):
        asked.append(images)
        return always(3)(images)

    explorer = digit_pad({"witness": witness, "other": always(8, 0.5)})
    assert asked == []
    explorer.pad.value = STROKE.tobytes()
    (images,) = asked
    assert images.shape == (1, 28, 28, 1)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0, ..., 0], centre_like_mnist(STROKE) / 255, atol=1e-6)
    assert explorer.pad.text == "witness: 3 (91%). other: 8 (50%)"
    assert "Predictions: witness: 3 (91%), other: 8 (50%)" in explorer.figure.alt
    assert not [*faults(explorer.figure)]


def test_an_empty_pad_asks_nobody():
    def never(images):
        raise AssertionError("asked about an empty pad")

    explorer = digit_pad({"never": never})
    assert explorer.pad.text == "Draw a digit."
    assert "empty" in explorer.figure.alt


def test_what_the_browser_sends_is_answered_and_clearing_takes_it_away():
    explorer = digit_pad({"three": always(3)})
    sent_by_the_browser(explorer.pad, STROKE)
    assert explorer.pad.value == STROKE.tobytes()
    assert explorer.pad.text == "three: 3 (91%)"
    explorer.pad.value = bytes(784)
    assert explorer.pad.text == "Draw a digit."
    assert "empty" in explorer.figure.alt


# ------------------------------------------------------------------------------- which models


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))


def test_without_models_it_says_what_to_run_first(cache):
    explorer = digit_pad()
    assert explorer.pad.text.startswith("No network is saved yet: run notebook 03")
    explorer.pad.value = STROKE.tobytes()
    assert explorer.pad.text.startswith("No network is saved yet: run notebook 03")
    assert "Predictions: none" in explorer.figure.alt


def test_all_saved_models_are_asked_by_default(cache):
    for title in ("second", "first"):
        parts = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
        save_model(title, keras.Sequential([keras.Input((28, 28, 1)), *parts]))
    explorer = digit_pad()
    assert list(explorer.models) == ["second", "first"]
    explorer.pad.value = STROKE.tobytes()
    assert explorer.pad.text.startswith("second: ")
    assert ". first: " in explorer.pad.text


# --------------------------------------------------------------------------------------- faults


def broken(images):
    raise ZeroDivisionError("by zero")


def test_a_model_that_fails_in_the_browser_is_reported_on_the_pad_and_in_the_log(caplog):
    explorer = digit_pad({"broken": broken})
    with caplog.at_level(logging.WARNING):
        sent_by_the_browser(explorer.pad, STROKE)
    assert explorer.pad.text == "It went wrong. ZeroDivisionError: by zero"
    assert "ZeroDivisionError" in caplog.text


def test_a_model_that_is_no_classifier_of_digits_is_refused():
    explorer = digit_pad({"letters": lambda images: np.ones((1, 52))})
    with pytest.raises(DataError, match=r"letters should give ten probabilities .*\(1, 52\)"):
        explorer.pad.value = STROKE.tobytes()


# ------------------------------------------------------------------------------ without a kernel


def test_where_no_kernel_runs_an_example_is_shown_with_its_predictions():
    explorer = digit_pad({"three": always(3)})
    data, metadata = DisplayFormatter().format(explorer)
    assert data[VIEW]["model_id"] == explorer.model_id
    assert "three: 3 (91%)" in data["text/html"]
    assert "three: 3 (91%)" in metadata["image/png"]["alt"]
    assert data["image/png"] != explorer.figure.png
    assert not any(explorer.pad.value), "the learner's pad stays empty"


def test_where_no_kernel_runs_a_drawing_is_shown_if_there_is_one():
    explorer = digit_pad({"three": always(3)})
    explorer.pad.value = STROKE.tobytes()
    data, metadata = DisplayFormatter().format(explorer)
    assert data["text/html"] == explorer.figure.html
    assert metadata["image/png"]["alt"] == explorer.figure.alt


def test_an_empty_pad_has_the_same_text_everywhere():
    texts = {repr(digit_pad(models)) for models in ({}, {"a": always(1)})}
    assert texts == {"Explorer: The digit pad is empty, and there are no predictions."}
