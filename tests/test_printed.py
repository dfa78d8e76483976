"""Printed digits: rendered like the letters, from the same fonts, and kept in the cache."""

import numpy as np
import pytest
from PIL import ImageFont

from tlcourse.data import letters, load, printed
from tlcourse.data.letters import letter_fonts, render_glyphs
from tlcourse.data.printed import CLASS_NAMES, load_printed


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Let the dataset be small, so that it renders at once, and the cache empty."""
    monkeypatch.setattr(printed, "N_TRAIN", 200)
    monkeypatch.setattr(printed, "N_TEST", 50)
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_form(small):
    digits = load_printed()
    assert (len(digits.train), len(digits.test), digits.n_classes) == (200, 50, 10)
    assert digits.name == "printed"
    assert digits.class_names == tuple("0123456789")
    every = np.concatenate([digits.train.labels, digits.test.labels])
    assert np.bincount(every).tolist() == [25] * 10


def test_they_look_as_the_renderer_of_letters_makes_them(small):
    images, labels = render_glyphs(CLASS_NAMES, 250, seed=3)
    digits = load_printed(seed=3)
    assert np.array_equal(digits.train.images[..., 0], images[:200].astype(np.float32) / 255)
    assert np.array_equal(digits.test.labels, labels[200:])


def test_rendered_once_and_beside_the_letters(small, capsys, monkeypatch):
    first = load("printed")
    assert "Rendering 250 printed digits" in capsys.readouterr().out
    assert [path.name for path in small.iterdir()] == ["printed-v1-seed0.npz"]
    monkeypatch.setattr(letters, "render_glyphs", None)  # may not be called again
    second = load("printed")
    assert np.array_equal(first.train.images, second.train.images)
    assert "Rendering" not in capsys.readouterr().out


def test_the_seed_decides(small):
    first, other = load_printed(seed=0), load_printed(seed=1)
    assert not np.array_equal(first.train.images, other.train.images)


@pytest.mark.parametrize("path", letter_fonts(), ids=lambda path: path.stem)
def test_a_font_draws_ten_different_digits(path):
    font = ImageFont.truetype(str(path), 52)
    glyphs = {bytes(font.getmask(digit)) for digit in CLASS_NAMES}
    assert len(glyphs) == 10
    assert bytes(font.getmask("\uffff")) not in glyphs  # the box for what a font lacks
