"""Augmentation, schedules and thresholds: what the sliders say is what the course does."""

import inspect
import math

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tlcourse.data import DataError
from tlcourse.methods import random_affine
from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets import augmentation_tuner, schedule_explorer, threshold_slider, training

# --------------------------------------------------------------------------------- augmentation

BARS = np.zeros((12, 28, 28, 1), np.float32)
BARS[:, 8:20, 12:16] = 1  # upright
NOTHING = {"rotation": 0.0, "shift": 0.0, "shear": 0.0, "zoom": 0.0}


@pytest.fixture
def augmented(monkeypatch):
    """Return a function from the sliders' settings to what is drawn: images, versions, text."""
    drawn = []

    def changed_images(*args) -> AltFigure:
        drawn.append(args)
        with subplots(size=(1, 1)) as (figure, _):
            return AltFigure(figure, "what the test looks at")

    monkeypatch.setattr(training, "changed_images", changed_images)

    def set_to(**amounts: float):
        explorer = augmentation_tuner(BARS)
        for name, value in (NOTHING | amounts).items():
            explorer.controls[name].value = value
        return drawn[-1]

    return set_to


def test_at_zero_nothing_is_changed(augmented):
    images, versions, _ = augmented()
    assert versions.shape == (3, 8, 28, 28, 1)
    np.testing.assert_allclose(versions, np.broadcast_to(images, versions.shape), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value", "option", "text"),
    [
        ("rotation", 90, math.pi / 2, "turned by up to 90°"),
        ("shift", 6, 6.0, "moved by up to 6 pixels"),
        ("shear", 0.8, 0.8, "slanted by up to 0.8"),
        ("zoom", 50, math.log(1.5), "stretched by up to 50 %"),
    ],
)
def test_each_slider_sets_its_own_amount(augmented, name, value, option, text):
    images, versions, said = augmented(**{name: value})
    for version in range(3):
        expected = random_affine(tf.constant(images), (0, version), **NOTHING | {name: option})
        np.testing.assert_allclose(versions[version], expected, atol=1e-5)
    assert not np.allclose(versions[0], versions[1]), "versions differ"
    assert not np.allclose(versions[0, 0], versions[0, 1]), "and so do images"
    assert text in said


def test_it_starts_near_the_amounts_of_the_course():
    usual = {k: p.default for k, p in inspect.signature(random_affine).parameters.items()}
    start = {name: control.value for name, control in augmentation_tuner(BARS).controls.items()}
    assert math.radians(start["rotation"]) == pytest.approx(usual["rotation"], abs=0.02)
    assert math.log1p(start["zoom"] / 100) == pytest.approx(usual["zoom"], abs=0.02)
    assert (start["shear"], start["shift"]) == (usual["shear"], usual["shift"])


# ------------------------------------------------------------------------------------ schedules


def test_the_rule_is_asked_for_the_middle_of_each_period(monkeypatch):
    asked, drawn = [], []
    really = training.schedule_and_curves

    def schedule_and_curves(*args) -> AltFigure:
        drawn.append(args)
        return really(*args)

    def rate_at(*args: float) -> float:
        asked.append(args)
        return 0.001 * len(asked)

    monkeypatch.setattr(training, "schedule_and_curves", schedule_and_curves)
    ends = {("constant", 0): 0.8, ("cosine", 0): 0.9}
    rows = [
        (*shape, seed, steps, end + 0.01 * seed)
        for shape, end in ends.items()
        for seed in range(3)
        for steps in (10, 20)
    ]
    curves = pd.DataFrame(rows, columns=["kind", "warmup", "seed", "steps", "val_accuracy"])
    explorer = schedule_explorer(rate_at, curves, epochs=4)
    assert asked == [(share, "constant", 0) for share in (0.125, 0.375, 0.625, 0.875)]
    assert drawn[0][0] == pytest.approx([0.001, 0.002, 0.003, 0.004])
    assert "constant 81 %, cosine 91 %" in explorer.figure.alt
    assert "not trained" not in explorer.figure.alt
    explorer.controls["warmup"].value = 20
    assert asked[-1] == (0.875, "constant", 20)
    assert "not trained" in explorer.figure.alt


# ----------------------------------------------------------------------------------- thresholds

# Ten images of three classes: the first is the most confident, the sixth is mistaken.
CONFIDENCE = np.linspace(0.96, 0.51, 10)
LABELS = np.arange(10) % 3
PREDICTIONS = np.where(np.arange(10) == 5, 0, LABELS)
PROBABILITIES = np.repeat((1 - CONFIDENCE)[:, None] / 2, 3, axis=1)
PROBABILITIES[np.arange(10), PREDICTIONS] = CONFIDENCE
IMAGES = np.random.default_rng(0).random((10, 28, 28, 1), dtype=np.float32)


def test_it_says_what_the_threshold_keeps():
    moved = threshold_slider(PROBABILITIES, LABELS, IMAGES)
    for threshold, text in (
        (1.0, "0 of 10 pseudo-labels are kept, so none is right"),
        (0.8, "Threshold 0.80: 4 of 10 pseudo-labels are kept, 100 %"),
        (0.7, "Threshold 0.70: 6 of 10 pseudo-labels are kept, 83 %"),
        (0.7, "Kept by class: 0: 3, 1: 2, 2: 1."),
        (0.0, "10 of 10 pseudo-labels are kept, 90 % of them right"),
    ):
        moved.controls["threshold"].value = threshold
        assert text in moved.figure.alt
    given = threshold_slider(PROBABILITIES, LABELS, IMAGES, threshold=0.0)
    assert given.figure.alt == moved.figure.alt


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((PROBABILITIES[:9], LABELS, IMAGES), "got 9 rows of probabilities, 10 labels and 10"),
        ((PROBABILITIES, LABELS[:9], IMAGES), "9 labels"),
        ((PROBABILITIES, LABELS, IMAGES[:9]), "and 9 images"),
        ((PROBABILITIES[:0], LABELS[:0], IMAGES[:0]), "got 0 rows"),
    ],
)
def test_input_that_does_not_fit_together(given, text):
    with pytest.raises(DataError, match=text):
        threshold_slider(*given)
