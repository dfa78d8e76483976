"""The printed letters: what they look like, and that their cache survives accidents."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from tlcourse.data import letters
from tlcourse.data.letters import CLASS_NAMES, letter_fonts, load_letters, render_glyphs

CHECKOUT = Path(__file__).resolve().parents[1]
FILE = "letters-v1-seed0.npz"


@pytest.fixture(scope="module")
def sample():
    return render_glyphs(CLASS_NAMES, 1040, seed=0)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Return an empty cache folder; the dataset is small, so that it renders at once."""
    monkeypatch.setattr(letters, "N_TRAIN", 520)
    monkeypatch.setattr(letters, "N_TEST", 52)
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


# ----------------------------------------------------------------------------------- the images


def test_form(sample):
    images, labels = sample
    assert images.shape == (1040, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [20] * 52
    assert "".join(CLASS_NAMES) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_the_seed_decides(sample):
    again = render_glyphs(CLASS_NAMES, 1040, seed=0)
    assert np.array_equal(again[0], sample[0])
    assert np.array_equal(again[1], sample[1])
    other = render_glyphs(CLASS_NAMES, 1040, seed=1)
    assert not np.array_equal(other[1], sample[1])
    assert not set(map(bytes, other[0])) & set(map(bytes, sample[0]))  # not one image the same


def test_images_of_one_class_differ(sample):
    images, labels = sample
    assert len({image.tobytes() for image in images[labels == 0]}) == 20


def test_size_and_place_are_those_of_mnist(sample):
    for image in sample[0]:
        sides = [np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)]
        assert 18 <= max(sides) <= 20
        places = np.indices((28, 28)).reshape(2, -1)
        centre = places @ image.ravel().astype(float) / image.sum(dtype=float)
        assert np.abs(centre - 13.5).max() < 1
    assert 0.1 < sample[0].mean() / 255 < 0.25  # MNIST: 0.13; print is bolder than handwriting


def test_fonts():
    names = [path.name for path in letter_fonts()]
    assert len(names) == 22
    assert all(
        name.startswith(("DejaVuSans", "DejaVuSerif", "STIXGeneral", "cm")) for name in names
    )
    for word in ("LastResort", "Display", "NonUni", "Siz", "cmex", "cmsy"):
        assert not any(word in name for name in names)


@pytest.mark.parametrize("path", letter_fonts(), ids=lambda path: path.stem)
def test_a_font_draws_52_different_letters(path):
    font = ImageFont.truetype(str(path), 52)
    glyphs = {bytes(font.getmask(letter)) for letter in CLASS_NAMES}
    assert len(glyphs) == 52
    assert bytes(font.getmask("\uffff")) not in glyphs  # the box for what a font lacks


# ------------------------------------------------------------------------------------ the cache


def test_rendered_once(cache, capsys, monkeypatch):
    first = load_letters()
    assert "Rendering 572 printed letters" in capsys.readouterr().out
    assert [path.name for path in cache.iterdir()] == [FILE]
    monkeypatch.setattr(letters, "render_glyphs", None)  # may not be called again
    second = load_letters()
    assert capsys.readouterr() == ("", "")
    for one, two in ((first.train, second.train), (first.test, second.test)):
        assert np.array_equal(one.images, two.images)
        assert np.array_equal(one.labels, two.labels)
    assert (len(first.train), len(first.test), first.n_classes) == (520, 52, 52)


def test_each_seed_has_its_own_file(cache):
    first, other = load_letters(seed=0), load_letters(seed=1)
    assert len(list(cache.iterdir())) == 2
    assert not np.array_equal(first.train.images, other.train.images)
    assert np.array_equal(first.train.images, load_letters(seed=0).train.images)


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
    whole = load_letters()
    content = (cache / FILE).read_bytes()
    (cache / FILE).write_bytes(damage(content))
    capsys.readouterr()
    again = load_letters()
    assert "Rendering" in capsys.readouterr().out
    assert np.array_equal(again.train.images, whole.train.images)
    assert (cache / FILE).read_bytes() == content


def test_a_file_without_the_arrays_is_rendered_again(cache):
    cache.mkdir()
    np.savez(cache / FILE, pictures=np.zeros(3))
    assert len(load_letters().train) == 520


CHILD = """
import time
import numpy as np
from tlcourse.data import DataError, letters
letters.N_TRAIN, letters.N_TEST = 5200, 520
"""


def child(code: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", CHILD + code],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HALF_A_FILE = """
def half(path, **arrays):
    path.write_bytes(b"PK half a file")
    print("writing", flush=True)
    time.sleep(600)
np.savez_compressed = half
"""


@pytest.mark.parametrize(("code", "when"), [("", "Rendering"), (HALF_A_FILE, "writing")])
def test_killed(cache, code, when):
    process = child(code + "letters.load_letters()")
    while when not in (line := process.stdout.readline()):
        assert line, process.stderr.read()
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL or sys.platform == "win32"
    assert not (cache / FILE).exists()
    assert len(load_letters().train) == 520


NO_ROOM = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
"""
LOAD = """
try:
    print(len(letters.load_letters().train))
except DataError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_disk(cache):
    """Either the letters come without a cache, or an error says what to do; both name the way."""
    shown, complaints = child(NO_ROOM + LOAD).communicate(timeout=60)
    assert complaints == ""
    assert "TLCOURSE_CACHE_DIR" in shown
    assert not (cache.is_dir() and list(cache.iterdir()))


def test_cache_below_a_file(cache):
    cache.write_text("in the way")
    shown, complaints = child(LOAD).communicate(timeout=60)
    assert complaints == ""
    assert "TLCOURSE_CACHE_DIR" in shown
    assert cache.read_text() == "in the way"
