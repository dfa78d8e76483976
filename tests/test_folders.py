"""Folders of images: what is written comes back, and each fault is told with advice that works."""

import re
from pathlib import Path

import numpy as np
import PIL.ImageOps
import pytest
from PIL import Image

from tlcourse.data import DataError, Examples
from tlcourse.data.folders import read_folder, write_folder

RNG = np.random.default_rng(0)
NAMES = ("car", "ball", "doll")  # not in the order of the alphabet
EXAMPLES = Examples(
    (RNG.integers(0, 256, (12, 28, 28, 1)) / 255).astype(np.float32), np.arange(12) % 3
)
# A sign like a digit: a bright stroke, with soft edges, before black.
LEVELS = np.zeros((28, 28), np.uint8)
LEVELS[4:24, 12:15], LEVELS[4:24, 15], LEVELS[20:24, 12:22] = 255, 120, 255
SIGN = Image.fromarray(LEVELS)


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_folder(EXAMPLES, tmp_path / "toys", NAMES)


@pytest.fixture
def victim(folder) -> Path:
    return sorted((folder / "car").iterdir())[1]


def sentence(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_folder(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert str(folder.parent) not in message, "no paths of one computer"
    return message


# ------------------------------------------------------------------------------- there and back


def test_what_was_written_comes_back(folder, capsys):
    assert sorted(file.name for file in (folder / "ball").iterdir()) == [
        f"{i:02d}.png" for i in (1, 4, 7, 10)
    ]
    examples, names = read_folder(folder)
    assert names == ("ball", "car", "doll")
    was = np.array([NAMES.index(name) for name in names])  # label now -> label then
    order = np.concatenate([np.flatnonzero(EXAMPLES.labels == label) for label in was])
    assert np.array_equal(examples.images, EXAMPLES.images[order])
    assert np.array_equal(was[examples.labels], EXAMPLES.labels[order])
    assert capsys.readouterr() == ("", "")


def test_grey_levels_are_rounded(tmp_path):
    image = np.full((1, 28, 28, 1), 0.5, np.float32)
    folder = write_folder(Examples(image, np.array([0])), tmp_path / "one", ["x"])
    assert read_folder(folder)[0].images[0, 0, 0, 0] == np.float32(128) / np.float32(255)


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert write_folder(EXAMPLES, "~/digits", NAMES) == tmp_path / "digits"
    assert len(read_folder("~/digits")[0]) == 12
    assert not (tmp_path / "~").exists()


@pytest.mark.slow
def test_keras_reads_the_same_folder_alike(folder):
    import keras

    stored = keras.utils.image_dataset_from_directory(
        folder, color_mode="grayscale", image_size=(28, 28), shuffle=False, verbose=False
    )
    images, labels = next(iter(stored))
    examples, names = read_folder(folder)
    assert stored.class_names == list(names)
    np.testing.assert_array_equal(labels.numpy(), examples.labels)
    np.testing.assert_allclose(images.numpy() / 255, examples.images, atol=1e-6)


# ------------------------------------------------------------------ skipped or implausible images


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (["car/.hidden.png", ".cache/x.txt"], ""),
        (["car/notes.txt"], "car/notes.txt."),
        ([f"car/{i:02d}.jpg" for i in range(20)], "car/00.jpg and 19 more."),
        (["car/more/x.png"], "car/more."),
        (["readme.png"], "readme.png."),
    ],
)
def test_what_is_passed_over_is_said(folder, added, said, capsys):
    for name in added:
        (folder / name).parent.mkdir(exist_ok=True)
        SIGN.save(folder / name, format="PNG")
    examples, names = read_folder(folder)
    assert (len(examples), len(names)) == (12, 3)
    shown = capsys.readouterr().out.replace("\\", "/")
    assert shown.count("Passed over in toys") == bool(said)
    assert shown.strip().endswith(said)


@pytest.mark.parametrize(
    ("images", "n_classes", "words"),
    [
        (1 - LEVELS / 255, 2, "as if ink were black on white"),
        (LEVELS / 255 / 255, 2, "divided by 255 twice"),
        (LEVELS / 255, 1, "of one class"),
    ],
)
def test_implausible_images_get_a_hint(tmp_path, images, n_classes, words, capsys):
    examples = Examples(np.tile(images[..., None], (4, 1, 1, 1)), np.arange(4) % n_classes)
    read_folder(write_folder(examples, tmp_path / "toys", NAMES[:n_classes]))
    shown = capsys.readouterr().out
    assert shown.startswith("Hint: ")
    assert "in the folder toys" in shown
    assert words in shown


# -------------------------------------------------------------------------------- broken images


def flipped(content: bytes) -> bytes:
    """Return a PNG file with one wrong byte among its pixels."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: b"",
        lambda content: b"This is not an image.",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-6],
        flipped,
    ],
    ids=["empty", "text", "half", "no end", "one byte"],
)
def test_a_broken_file_is_named(folder, victim, harm):
    victim.write_bytes(harm(victim.read_bytes()))
    assert sentence(folder).startswith(f"car/{victim.name} is broken")


def test_several_faults_are_counted_and_the_first_is_named(folder, victim):
    victim.write_text("")
    other = sorted((folder / "doll").iterdir())[0]
    Image.new("L", (40, 20)).save(other)
    message = sentence(folder)
    assert message.startswith(f"car/{victim.name} is broken")
    assert message.endswith("2 of 12 files are at fault.")


def with_alpha(ink: str, alpha: Image.Image) -> Image.Image:
    image = Image.new("RGBA", SIGN.size, ink)
    image.putalpha(alpha)
    return image


OPAQUE = SIGN.convert("RGBA")
CORNERS = Image.fromarray(np.where(np.indices((28, 28)).sum(axis=0) < 5, 0, 255).astype(np.uint8))
ROUNDED = OPAQUE.copy()
ROUNDED.putalpha(CORNERS)
TURNED = Image.Exif()
TURNED[274] = 6  # turn me a quarter to the right


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.fromarray(LEVELS.astype(np.uint16) * 257), "mode I;16"),
        (Image.fromarray(LEVELS.astype(np.uint16)), "mode I;16"),
        (with_alpha("black", SIGN), "mode RGBA"),
        (with_alpha("white", SIGN), "mode RGBA"),
        (with_alpha("black", SIGN).quantize(8), "mode P"),
        (OPAQUE, "mode RGBA"),
        (ROUNDED, "mode RGBA"),
        (SIGN.convert("LA"), "mode LA"),
        (Image.merge("LA", (Image.new("L", (28, 28)), SIGN)), "mode LA"),
        (SIGN.convert("RGB"), "mode RGB"),
        (SIGN.convert("P"), "mode P"),
        (SIGN.point(lambda level: 255 * (level > 100)).convert("1"), "mode 1"),
        (SIGN.resize((56, 56), Image.Resampling.NEAREST), "56×56 pixels instead of 28×28"),
        (SIGN.rotate(90), "stored turned"),
        (SIGN, "is a BMP image under the name of a PNG"),
    ],
)
def test_following_the_advice_for_an_image_shows_the_sign(folder, victim, image, words, capsys):
    path = victim
    options = {"exif": TURNED} if words == "stored turned" else {}
    image.save(path, format="BMP" if "BMP" in words else "PNG", **options)
    message = sentence(folder)
    assert message.startswith(f"car/{path.name} is ")
    assert words in message
    code = re.search(r"(?:with|says:) (\S+\(.*?)(?:, or remove it)?\.$", message)[1]
    with Image.open(path) as image:
        image.load()
    better = eval(code)
    if better is not None:  # saved already, else
        better.save(path)
    examples, _ = read_folder(folder)
    shown = np.rint(255 * examples.images[5, ..., 0])  # after four balls and a car
    # And not all black or all white; soft edges stay, too, but in images of single bits.
    tolerance = 200 if "mode 1" in words else 60
    assert np.abs(shown - LEVELS).mean() < 4
    assert np.abs(shown - LEVELS)[LEVELS == 120].mean() < tolerance
    assert "Hint" not in capsys.readouterr().out


def test_a_strip_is_fitted_in_whole(folder, victim):
    Image.new("L", (280, 40), 255).save(victim)
    assert "280×40 pixels instead of 28×28" in sentence(folder)
    with Image.open(victim) as strip:
        PIL.ImageOps.pad(strip, (28, 28)).save(victim)
    assert read_folder(folder)[0].images[5].sum() == pytest.approx(4 * 28, abs=1)


# ------------------------------------------------------------------------------ broken folders


def test_a_folder_one_level_too_high_is_told_which_to_give(tmp_path):
    for part in ("train", "test"):
        write_folder(EXAMPLES, tmp_path / "data" / part, NAMES)
    message = sentence(tmp_path / "data")
    assert "data is one level too high" in message
    assert "Give data/test or data/train." in message
    assert len(read_folder(tmp_path / "data" / "train")[0]) == 12


def test_a_class_folder_is_told_to_give_the_one_above(folder):
    assert "give the one above it" in sentence(folder / "car")


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("", "The class folder kite holds no PNG file; add images to it, or remove it"),
        ("more/x.png", "kite holds its images in subfolders; move them up into kite"),
        ("x.jpg", "kite holds no PNG image, but x.jpg; save images as PNG"),
    ],
)
def test_a_class_without_images(folder, added, words):
    path = folder / "kite" / added
    (folder / "kite" / "more").mkdir(parents=True)
    if added:
        SIGN.save(path)
    if "more" not in added:
        (folder / "kite" / "more").rmdir()
    message = sentence(folder)
    assert words in message
    if "with" in message:
        eval(re.search(r"with (.*)\.$", message)[1], {"Image": Image, "path": path})
        assert len(read_folder(folder)[0]) == 13


def test_no_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert "empty has no subfolders" in sentence(tmp_path / "empty")
    assert "file is a file; give the folder" in sentence(tmp_path / "file")
    with pytest.raises(DataError, match="There is no folder"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("read_bytes", "car/03.png cannot be read (Permission denied). Correct its permissions"),
        ("iterdir", "The folder car cannot be read (Permission denied)"),
    ],
)
def test_what_may_not_be_read_is_not_called_broken(folder, victim, monkeypatch, method, words):
    usual = getattr(Path, method)

    def refused(path):  # root, as in a container, may read everything
        if path in (victim, victim.parent):
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path)

    monkeypatch.setattr(Path, method, refused)
    assert words in sentence(folder)


# ------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize(
    ("place", "names", "words"),
    [
        ("toys", NAMES, "toys holds something already"),
        ("file", NAMES, "file is a file; give the name of a new or an empty folder"),
        ("file/toys", NAMES, "The folder toys cannot be written .*; correct that"),
        ("new", ("a", "A", "b"), "Class names become names of folders"),
        ("new", ("a", "b/c", "d"), "Class names become names of folders"),
        ("new", ("a", "", "b"), "Class names become names of folders"),
        ("new", (".a", "b", "c"), "Class names become names of folders"),
        ("new", ("car", "ball"), "With 2 classes"),
    ],
)
def test_what_cannot_be_written_leaves_all_as_it_was(folder, place, names, words):
    (folder.parent / "file").touch()
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(DataError, match=words):
        write_folder(EXAMPLES, folder.parent / place, names)
    assert sorted(folder.parent.rglob("*")) == before
