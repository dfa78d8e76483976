"""Folders of images: what is written comes back, and each fault is told with the file's name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcourse.data import DataError, Examples
from tlcourse.data.folders import read_folder, write_folder

RNG = np.random.default_rng(0)
NAMES = ("car", "ball", "doll")  # not in the order of the alphabet
EXAMPLES = Examples(
    (RNG.integers(0, 256, (12, 28, 28, 1)) / 255).astype(np.float32), np.arange(12) % 3
)


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


def test_one_subfolder_for_each_class_named_by_place(folder):
    assert {entry.name for entry in folder.iterdir()} == set(NAMES)
    assert sorted(file.name for file in (folder / "ball").iterdir()) == [
        f"{i:02d}.png" for i in (1, 4, 7, 10)
    ]


def test_what_was_written_comes_back(folder):
    examples, names = read_folder(folder)
    assert names == ("ball", "car", "doll")
    was = np.array([NAMES.index(name) for name in names])  # label now -> label then
    order = np.concatenate([np.flatnonzero(EXAMPLES.labels == label) for label in was])
    assert np.array_equal(examples.images, EXAMPLES.images[order])
    assert np.array_equal(was[examples.labels], EXAMPLES.labels[order])
    assert (examples.images.dtype, examples.labels.dtype) == (np.float32, np.int64)


def test_grey_levels_are_rounded(tmp_path):
    image = np.full((1, 28, 28, 1), 0.5, np.float32)
    folder = write_folder(Examples(image, np.array([0])), tmp_path / "one", ["x"])
    assert read_folder(folder)[0].images[0, 0, 0, 0] == np.float32(128) / np.float32(255)


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


def test_hidden_and_other_files_are_passed_over(folder):
    (folder / ".cache").mkdir()
    (folder / "car" / ".hidden.png").write_text("no image")
    (folder / "car" / "notes.txt").write_text("no image")
    (folder / "readme.png").write_text("not in a class")
    examples, names = read_folder(folder)
    assert len(examples) == 12
    assert len(names) == 3


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


def test_another_format_under_the_name_of_png(folder, victim):
    Image.new("L", (28, 28)).save(victim, format="JPEG")
    assert f"car/{victim.name} is broken" in sentence(folder)


def test_a_wrong_size_is_named_with_both_sizes(folder, victim):
    Image.new("L", (40, 20)).save(victim)
    assert sentence(folder).startswith(f"car/{victim.name} is 40×20 pixels instead of 28×28")


def test_a_coloured_image_is_named_with_the_way_out(folder, victim):
    Image.new("RGB", (28, 28)).save(victim)
    message = sentence(folder)
    assert f"car/{victim.name} is not a grey image" in message
    assert 'convert("L")' in message


def test_several_faults_are_counted_and_the_first_is_named(folder, victim):
    victim.write_text("")
    other = sorted((folder / "doll").iterdir())[0]
    Image.new("L", (40, 20)).save(other)
    message = sentence(folder)
    assert message.startswith(f"car/{victim.name} is broken")
    assert message.endswith("2 of 12 files are at fault.")


# ------------------------------------------------------------------------------ broken folders


def test_an_empty_class_is_named(folder):
    (folder / "kite").mkdir()
    assert sentence(folder).startswith("The class folder kite holds no PNG file")


def test_a_folder_without_subfolders(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty has no subfolders" in sentence(empty)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        read_folder(tmp_path / "nowhere")


# ------------------------------------------------------------------------------------- writing


def test_nothing_is_mixed_with_what_is_there(folder):
    with pytest.raises(DataError, match="toys holds something already"):
        write_folder(EXAMPLES, folder, NAMES)
    assert len(read_folder(folder)[0]) == 12


@pytest.mark.parametrize(
    "names", [("a", "A", "b"), ("a", "b/c", "d"), ("a", "", "b"), (".a", *"bc")]
)
def test_names_that_are_no_folders(tmp_path, names):
    with pytest.raises(DataError, match="Class names become names of folders"):
        write_folder(EXAMPLES, tmp_path / "toys", names)
    assert not (tmp_path / "toys").exists()


def test_a_label_without_a_name(tmp_path):
    with pytest.raises(DataError, match="With 2 classes"):
        write_folder(EXAMPLES, tmp_path / "toys", ("car", "ball"))
