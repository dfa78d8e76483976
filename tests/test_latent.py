"""The explorers of codes: what they decode, what they call nearest, and what they refuse."""

import numpy as np
import pytest

from tlcourse.data import DataError
from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets import features as latent

RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 28, 28, 1), dtype=np.float32)
LABELS = np.arange(40) % 10
CODES = IMAGES[:, 0, :3, 0]


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
    calls = []

    def draw(*given, **named) -> AltFigure:
        calls.append(named | {"given": given})
        with subplots(size=(3, 3)) as (figure, _):
            return AltFigure(figure, "nothing but a frame for a test")

    monkeypatch.setattr(latent, "code_plane", draw)
    monkeypatch.setattr(latent, "blends", draw)
    return calls


def code_of(decoded: np.ndarray) -> np.ndarray:
    return decoded[:3, 0, 0]


def test_a_step_is_a_standard_deviation_along_a_direction_of_the_codes(shown):
    explorer = latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    middle = code_of(shown[-1]["decoded"])
    np.testing.assert_allclose(middle, CODES.mean(axis=0), rtol=1e-5)
    variances, axes = np.linalg.eigh(np.cov(CODES.T))
    for control, place in (("first", -1), ("second", -2)):
        explorer.controls[control].value = 1.0
        step = code_of(shown[-1]["decoded"]) - middle
        assert np.linalg.norm(step) == pytest.approx(variances[place] ** 0.5, rel=1e-3)
        assert abs(step @ axes[:, place]) == pytest.approx(np.linalg.norm(step), rel=1e-3)
        explorer.controls[control].value = 0.0


def test_the_nearest_image_is_the_one_with_the_nearest_code(shown):
    explorer = latent.latent_explorer(first_pixels, paint, IMAGES, LABELS)
    explorer.controls["first"].value = 1.5
    nearest = np.linalg.norm(CODES - code_of(shown[-1]["decoded"]), axis=1).argmin()
    np.testing.assert_array_equal(shown[-1]["nearest"], IMAGES[nearest])
    assert shown[-1]["nearest_label"] == LABELS[nearest]


def test_no_more_digits_than_can_be_kept_apart(shown):
    images = RNG.random((400, 28, 28, 1), dtype=np.float32)
    latent.latent_explorer(first_pixels, paint, images, np.arange(400) % 10)
    places, labels, _ = shown[-1]["given"]
    assert places.shape == (300, 2)
    assert labels.shape == (300,)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_both_mixtures_have_the_same_shares(shown, share):
    explorer = latent.blend_explorer(first_pixels, paint, IMAGES, LABELS)
    for control, value in (("start", 3), ("end", 7), ("share", share)):
        explorer.controls[control].value = value
    last = shown[-1]
    assert last["given"][1] == (3, 7)
    np.testing.assert_array_equal(last["given"][0], (IMAGES[3], IMAGES[7]))
    mixed = (1 - share) * IMAGES[3] + share * IMAGES[7]
    np.testing.assert_allclose(last["pixels"], mixed, rtol=1e-5)
    np.testing.assert_allclose(code_of(last["codes"]), mixed[0, :3, 0], rtol=1e-5)


def test_classes_need_not_begin_at_zero(shown):
    explorer = latent.blend_explorer(first_pixels, paint, IMAGES[4:6], LABELS[4:6])
    assert [explorer.controls[end].value for end in ("start", "end")] == [4, 5]


@pytest.mark.parametrize("explore", [latent.latent_explorer, latent.blend_explorer])
@pytest.mark.parametrize(
    ("encoder", "labels", "sentence"),
    [
        (first_pixels, LABELS[1:], "got 40 images and 39 labels"),
        (lambda images: images, LABELS, r"shape \(40, 28, 28, 1\)"),
        (lambda images: images[:, 0, :1, 0], LABELS, r"shape \(40, 1\)"),
    ],
)
def test_unfit_input_is_refused(explore, encoder, labels, sentence):
    with pytest.raises(DataError, match=sentence):
        explore(encoder, paint, IMAGES, labels)
