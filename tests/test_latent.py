"""The explorers of codes: what they decode, what they call nearest, and what they refuse."""

import numpy as np
import pytest
from figure_checks import faults, move_to_ends

from tlcourse.data import DataError
from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets import latent

RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(40) % 10


def first_pixels(images: np.ndarray) -> np.ndarray:
    """Take three pixels for the code."""
    return images[:, 0, :3, 0]


def paint(codes: np.ndarray) -> np.ndarray:
    """Paint three rows, each as bright as one number of the code."""
    images = np.zeros((len(codes), 28, 28, 1), np.float32)
    images[:, :3] = codes[:, :, None, None]
    return images


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """Return what the explorers ask to be drawn, instead of drawing it."""
    asked = []

    def draw(*given, **named) -> AltFigure:
        asked.append(named | {"given": given})
        with subplots(size=(3, 3)) as (figure, _):
            return AltFigure(figure, "nothing but a frame for a test")

    monkeypatch.setattr(latent, "code_plane", draw)
    monkeypatch.setattr(latent, "blends", draw)
    return asked


def codes_of(decoded: np.ndarray) -> np.ndarray:
    return decoded[:3, 0, 0]


def test_the_middle_is_the_mean_code(shown):
    latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    np.testing.assert_allclose(
        codes_of(shown[-1]["decoded"]), first_pixels(IMAGES).mean(axis=0), rtol=1e-5
    )


def test_a_step_is_a_standard_deviation_along_a_direction_of_the_codes(shown):
    explorer = latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    middle = codes_of(shown[-1]["decoded"])
    variances, axes = np.linalg.eigh(np.cov(first_pixels(IMAGES).T))
    for control, place in (("first", -1), ("second", -2)):
        explorer.controls[control].value = 1.0
        step = codes_of(shown[-1]["decoded"]) - middle
        assert np.linalg.norm(step) == pytest.approx(variances[place] ** 0.5, rel=1e-3)
        assert abs(step @ axes[:, place]) == pytest.approx(np.linalg.norm(step), rel=1e-3)
        explorer.controls[control].value = 0.0


def test_the_nearest_image_is_the_one_with_the_nearest_code(shown):
    explorer = latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    explorer.controls["first"].value = 1.5
    code = codes_of(shown[-1]["decoded"])
    nearest = np.linalg.norm(first_pixels(IMAGES) - code, axis=1).argmin()
    np.testing.assert_array_equal(shown[-1]["nearest"], IMAGES[nearest])
    assert shown[-1]["nearest_label"] == LABELS[nearest]


def test_no_more_digits_than_can_be_told_apart(shown):
    images = RNG.random((400, 28, 28, 1), dtype=np.float32)
    latent.latent_explorer(first_pixels, paint, images, np.arange(400) % 10)
    places, labels, _ = shown[-1]["given"]
    assert places.shape == (300, 2)
    assert labels.shape == (300,)


def test_latent_explorer_at_its_ends():
    explorer = latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    pictures = move_to_ends(explorer)
    assert "decoded from -3 and -3 standard deviations" in pictures[0].alt
    assert "decoded from +3 and +3 standard deviations" in pictures[-1].alt
    assert not [fault for picture in pictures for fault in faults(picture)]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_both_mixtures_have_the_same_shares(shown, share):
    explorer = latent.blend_explorer(first_pixels, paint, IMAGES, LABELS)
    explorer.controls["start"].value = 3
    explorer.controls["end"].value = 7
    explorer.controls["share"].value = share
    last = shown[-1]
    assert last["given"][1] == (3, 7)
    np.testing.assert_array_equal(last["given"][0][0], IMAGES[3])
    np.testing.assert_array_equal(last["given"][0][1], IMAGES[7])
    mixed = (1 - share) * IMAGES[3] + share * IMAGES[7]
    np.testing.assert_allclose(last["pixels"], mixed, rtol=1e-5)
    np.testing.assert_allclose(codes_of(last["codes"]), mixed[0, :3, 0], rtol=1e-5)


def test_blend_explorer_at_its_ends():
    explorer = latent.blend_explorer(first_pixels, paint, IMAGES, LABELS)
    pictures = move_to_ends(explorer)
    assert pictures[1].alt.startswith("From a 0 to a 0, 100 % of the way")
    assert pictures[2].alt.startswith("From a 0 to a 9, 0 % of the way")
    assert not [fault for picture in pictures for fault in faults(picture)]


def test_classes_need_not_begin_at_zero(shown):
    explorer = latent.blend_explorer(first_pixels, paint, IMAGES[4:6], LABELS[4:6])
    assert explorer.controls["start"].value == 4
    assert explorer.controls["end"].value == 5


@pytest.mark.parametrize("explore", [latent.latent_explorer, latent.blend_explorer])
def test_controls_are_named_and_do_not_draw_on_the_way(explore):
    for control in explore(first_pixels, paint, IMAGES, LABELS).controls.values():
        assert control.description
        assert not getattr(control, "continuous_update", False)


@pytest.mark.parametrize("explore", [latent.latent_explorer, latent.blend_explorer])
def test_unfit_input_is_refused(explore):
    with pytest.raises(DataError, match="got 40 images and 39 labels"):
        explore(first_pixels, paint, IMAGES, LABELS[1:])
    with pytest.raises(DataError, match=r"shape \(40, 28, 28, 1\)"):
        explore(lambda images: images, paint, IMAGES, LABELS)
    with pytest.raises(DataError, match=r"shape \(40, 1\)"):
        explore(lambda images: images[:, 0, :1, 0], paint, IMAGES, LABELS)
