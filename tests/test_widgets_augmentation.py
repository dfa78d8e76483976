"""Augmentation tuner: what the sliders say is what the course's augmentation does."""

import math

import numpy as np
import pytest
import tensorflow as tf
from figure_checks import faults, move_to_ends

from tlcourse.methods import random_affine
from tlcourse.widgets.augmentation import augmentation_tuner

IMAGES = np.zeros((12, 28, 28, 1), np.float32)
IMAGES[:, 8:20, 12:16] = 1  # an upright bar
AMOUNTS = {"rotation": 0, "shift": 0, "shear": 0.0, "zoom": 0}


def tuner(**amounts: float):
    explorer = augmentation_tuner(IMAGES)
    for name, value in (AMOUNTS | amounts).items():
        explorer.controls[name].value = value
    return explorer


def versions(explorer) -> np.ndarray:
    """Return the changed images that are shown: (versions, n, 28, 28)."""
    _, below = explorer.figure.figure.axes
    rows, columns = np.array(below.images[0].get_array().shape) // 30
    framed = below.images[0].get_array().reshape(rows, 30, columns, 30).transpose(0, 2, 1, 3)
    return np.asarray(framed[:, :, 1:-1, 1:-1])


def test_at_zero_nothing_is_changed():
    shown = versions(tuner())
    assert shown.shape == (3, 8, 28, 28)
    np.testing.assert_allclose(shown, np.broadcast_to(IMAGES[0, ..., 0], shown.shape), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("rotation", 90, {"rotation": math.pi / 2}),
        ("shift", 6, {"shift": 6.0}),
        ("shear", 0.8, {"shear": 0.8}),
        ("zoom", 50, {"zoom": math.log(1.5)}),
    ],
)
def test_each_slider_sets_its_own_amount(name, value, options):
    nothing = {"rotation": 0.0, "shear": 0.0, "zoom": 0.0, "shift": 0.0}
    shown = versions(tuner(**{name: value}))
    for version in range(3):
        expected = random_affine(tf.constant(IMAGES[:8]), (0, version), **nothing | options)
        np.testing.assert_allclose(shown[version], expected.numpy()[..., 0], atol=1e-5)
    assert not np.allclose(shown[0], shown[1]), "versions differ"
    assert not np.allclose(shown[0, 0], shown[0, 1]), "images are changed by amounts of their own"


def test_the_amounts_are_told_and_kept():
    explorer = tuner(rotation=30, zoom=20)
    assert "turned by up to 30°" in explorer.figure.alt
    assert "stretched by up to 20 %" in explorer.figure.alt
    first = explorer.figure.png
    explorer.controls["rotation"].value = 31
    explorer.controls["rotation"].value = 30
    assert explorer.figure.png == first


def test_it_starts_near_the_amounts_of_the_course():
    import inspect

    usual = {k: p.default for k, p in inspect.signature(random_affine).parameters.items()}
    start = {name: control.value for name, control in augmentation_tuner(IMAGES).controls.items()}
    assert math.radians(start["rotation"]) == pytest.approx(usual["rotation"], abs=0.02)
    assert math.log1p(start["zoom"] / 100) == pytest.approx(usual["zoom"], abs=0.02)
    assert (start["shear"], start["shift"]) == (usual["shear"], usual["shift"])


def test_it_works_at_its_ends_and_can_be_read():
    pictures = move_to_ends(augmentation_tuner(IMAGES[:2]))
    assert len(pictures) == 16
    assert len({picture.alt for picture in pictures}) == 16
    assert list(faults(pictures[-1])) == []


def test_it_can_be_worked_by_keyboard_and_is_named():
    controls = augmentation_tuner(IMAGES).controls
    assert list(controls) == ["rotation", "shift", "shear", "zoom"]
    assert all(control.description for control in controls.values())
    assert not any(control.continuous_update for control in controls.values())
