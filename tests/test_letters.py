"""Printed letters and digits: what they look like, and that their cache survives accidents."""

import sys
from pathlib import Path

import child_process
import numpy as np
import pytest
from PIL import ImageFont

from tlcourse.data import DataError, letters
from tlcourse.data.letters import (
    DIGITS,
    LETTERS,
    letter_fonts,
    load_letters,
    load_printed,
    render_glyphs,
)

FILE = "printed-v1-seed0.npz"


@pytest.fixture(scope="module")
def sample():
    return render_glyphs(LETTERS, 312, seed=0)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Return an empty cache folder; the datasets are small, so that they render at once."""
    monkeypatch.setattr(letters, "N_LETTERS", (364, 52))
    monkeypatch.setattr(letters, "N_DIGITS", (100, 20))
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


# ----------------------------------------------------------------------------------- the images


def test_form(sample):
    images, labels = sample
    assert images.shape == (312, 28, 28)
    assert images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [6] * 52
    assert len({image.tobytes() for image in images}) == 312
    assert "".join(LETTERS) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_the_seed_decides(sample):
    again, other = (render_glyphs(LETTERS, 104, seed=seed) for seed in (1, 2))
    assert np.array_equal(again[0], render_glyphs(LETTERS, 104, seed=1)[0])
    assert not np.array_equal(other[1], again[1])
    assert not set(map(bytes, other[0])) & set(map(bytes, again[0]))  # not one image the same


def test_size_and_place_are_those_of_mnist(sample):
    for image in sample[0]:
        sides = [np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)]
        assert 18 <= max(sides) <= 20
        places = np.indices((28, 28)).reshape(2, -1)
        centre = places @ image.ravel().astype(float) / image.sum(dtype=float)
        assert np.abs(centre - 13.5).max() < 1
    assert 0.1 < sample[0].mean() / 255 < 0.25  # MNIST: 0.13; print is bolder than handwriting


def test_every_font_draws_different_letters_and_digits():
    assert len(letter_fonts()) == 22
    for path in letter_fonts():
        assert path.name.startswith(("DejaVuSans", "DejaVuSerif", "STIXGeneral", "cm"))
        font = ImageFont.truetype(str(path), 52)
        for glyphs in (LETTERS, DIGITS):
            drawn = {bytes(font.getmask(glyph)) for glyph in glyphs}
            assert len(drawn) == len(glyphs), path
            assert bytes(font.getmask("\uffff")) not in drawn, path  # the box for what it lacks


@pytest.mark.parametrize(
    ("loader", "name", "glyphs", "sizes"),
    [(load_letters, "letters", LETTERS, (364, 52)), (load_printed, "printed", DIGITS, (100, 20))],
)
def test_datasets_are_what_the_renderer_makes(cache, loader, name, glyphs, sizes):
    dataset = loader(seed=np.int64(3))
    images, labels = render_glyphs(glyphs, sum(sizes), seed=3)
    assert (dataset.name, dataset.class_names) == (name, glyphs)
    assert (len(dataset.train), len(dataset.test)) == sizes
    assert np.array_equal(dataset.train.images[..., 0] * 255, images[: sizes[0]])
    assert np.array_equal(dataset.test.labels, labels[sizes[0] :])


# ------------------------------------------------------------------------------------ the cache


def test_rendered_once_for_each_seed(cache, capsys, monkeypatch):
    first, other = load_printed(), load_printed(seed=1)
    assert "Rendering 120 printed digits" in capsys.readouterr().out
    assert sorted(path.name for path in cache.iterdir()) == [FILE, FILE.replace("0.", "1.")]
    assert not np.array_equal(first.train.images, other.train.images)
    monkeypatch.setattr(letters, "render_glyphs", None)  # may not be called again
    second = load_printed()
    assert capsys.readouterr() == ("", "")
    for one, two in ((first.train, second.train), (first.test, second.test)):
        assert np.array_equal(one.images, two.images)
        assert np.array_equal(one.labels, two.labels)


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        flipped,
        lambda content: b"PK\x03\x04" + bytes(1000),
        lambda content: b"<html>Please log in</html>",
    ],
    ids=["empty", "half", "last byte", "one byte", "zip header", "text"],
)
def test_a_damaged_file_is_rendered_again(cache, capsys, damage):
    whole = load_printed()
    content = (cache / FILE).read_bytes()
    (cache / FILE).write_bytes(damage(content))
    capsys.readouterr()
    again = load_printed()
    assert "Rendering" in capsys.readouterr().out
    assert np.array_equal(again.train.images, whole.train.images)
    assert (cache / FILE).read_bytes() == content


def test_a_file_without_the_arrays_is_rendered_again(cache):
    cache.mkdir()
    np.savez(cache / FILE, pictures=np.zeros(3))
    assert len(load_printed().train) == 100


CHILD = """
import time
import numpy as np
from tlcourse.data import letters
letters.N_DIGITS = 100, 20
"""
HALF_A_FILE = """
def half(path, **arrays):
    path.write_bytes(b"PK half a file")
    print("writing", flush=True)
    time.sleep(600)
np.savez_compressed = half
letters.load_printed()
"""
FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
print(len(letters.load_printed().train))
"""


def test_killed_while_writing(cache):
    process = child_process.start(CHILD + HALF_A_FILE)
    while "writing" not in (line := process.stdout.readline()):
        assert line, process.stderr.read()
    process.kill()
    process.communicate()
    assert not (cache / FILE).exists()
    assert len(load_printed().train) == 100


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_disk(cache):
    """The digits come all the same, with a line that says what to do."""
    _, shown, complaints = child_process.run(CHILD + FULL_DISK)
    assert complaints == ""
    assert "They cannot be kept" in shown
    assert "TLCOURSE_CACHE_DIR" in shown
    assert shown.endswith("100\n")
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_made(cache, capsys):
    cache.write_text("in the way")
    assert len(load_printed().train) == 100
    assert "They cannot be kept" in capsys.readouterr().out
    assert cache.read_text() == "in the way"


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5])
def test_what_is_no_seed_is_refused(cache, seed):
    with pytest.raises(DataError, match="A seed is a whole number"):
        load_printed(seed)
