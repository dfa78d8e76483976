"""Photographs of all forms are read alike; a folder's faults are told, and nothing is changed."""

import hashlib
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from photo_folders import photograph, write_photos
from PIL import Image

from tlcourse.data import DataError, PhotoReport, check_photos, read_photo, split_photos

PICTURE = photograph(0)
RGB = np.asarray(PICTURE).astype(int)


def _grey16() -> Image.Image:
    return Image.fromarray(np.asarray(PICTURE.convert("L")).astype(np.uint16) * 257)


def _half_transparent() -> Image.Image:
    alpha = Image.fromarray(np.repeat(np.uint8([[0, 255]]), [45, 45], axis=1).repeat(70, axis=0))
    picture = PICTURE.copy()
    picture.putalpha(alpha)
    return picture


def _frames(path: Path) -> None:
    PICTURE.save(path, save_all=True, append_images=[photograph(1)])


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    PICTURE.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


GREY = np.repeat(np.asarray(PICTURE.convert("L")).astype(int)[..., None], 3, axis=2)
ON_WHITE = np.where(np.arange(90)[None, :, None] < 45, 255, RGB)
FORMS = {
    "jpeg.JPG": (lambda path: PICTURE.save(path, quality=95), RGB, 12),
    "plain.png": (PICTURE.save, RGB, 0),
    "photo.webp": (lambda path: PICTURE.save(path, lossless=True), RGB, 0),
    "photo.BMP": (PICTURE.save, RGB, 0),
    "first frame.gif": (_frames, RGB, 60),
    "grey.png": (PICTURE.convert("L").save, GREY, 0),
    "sixteen bits.png": (_grey16().save, GREY, 1),
    "palette.png": (PICTURE.quantize(256).save, RGB, 60),
    "transparent.png": (_half_transparent().save, ON_WHITE, 0),
    "grey and transparent.png": (
        _half_transparent().convert("LA").save,
        np.where(np.arange(90)[None, :, None] < 45, 255, GREY),
        0,
    ),
    "one bit.png": (lambda path: Image.new("1", (90, 70), 1).save(path), RGB * 0 + 255, 0),
    "print.jpg": (lambda path: PICTURE.convert("CMYK").save(path, quality=95), RGB, 12),
    "turned.jpg": (_turned, RGB, 12),
    "Ameisenbär ünd 蚂蚁.png": (PICTURE.save, RGB, 0),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_read_as_the_same_colours(tmp_path, name):
    write, expected, tolerance = FORMS[name]
    write(tmp_path / name)
    found = read_photo(tmp_path / name)
    assert found.dtype == np.uint8
    assert found.shape == (70, 90, 3)
    assert np.abs(found - expected).mean() <= tolerance / 4
    assert np.quantile(np.abs(found - expected), 0.99) <= tolerance


def test_a_square_is_the_middle_without_distortion(tmp_path):
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    for name in ("a.png", "a.jpg"):
        picture.save(tmp_path / name)
        square = read_photo(tmp_path / name, 50).astype(int)
        assert square.shape == (50, 50, 3)
        assert np.abs(square[5:45, 5:45] - [0, 0, 255]).max() < 30


def test_a_large_jpeg_is_decoded_at_a_fraction_and_shows_the_same(tmp_path):
    photograph(3, (1600, 1200)).save(tmp_path / "large.jpg", quality=95)
    small = Image.open(tmp_path / "large.jpg").crop((200, 0, 1400, 1200)).resize((160, 160))
    difference = read_photo(tmp_path / "large.jpg", 160) - np.asarray(small).astype(int)
    assert np.abs(difference).mean() < 2


def test_a_hundred_megapixels_are_read_and_two_hundred_refused(tmp_path):
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "poster.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_photo(tmp_path / "poster.png", 32).mean() == 255
    Image.new("1", (20_000, 10_000)).save(tmp_path / "wall.png")
    with pytest.raises(DataError, match="more than 178 megapixels; save a smaller copy"):
        read_photo(tmp_path / "wall.png")


# ------------------------------------------------------------------------------------ findings


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and os.access(path, os.R_OK)
    }


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:900])


def _save_small(folder: Path) -> None:
    photograph(77, (40, 20)).save(folder / "cat" / "icon.png")


def _copy(folder: Path, source: str, target: str) -> None:
    (folder / target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / source, folder / target)


def _version(folder: Path, source: str, target: str) -> None:
    """Save the same picture smaller and brighter: another file, the same photograph."""
    picture = Image.open(folder / source).resize((60, 46)).point(lambda level: min(255, level + 9))
    picture.save(folder / target, quality=70)


def _turn_first(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photograph(55).save(folder / "dog" / "lying.jpg", exif=exif)


def _many_and_one_gif(folder: Path) -> None:
    write_photos(folder, 12, ["cat"])
    photograph(99).save(folder / "cat" / "not found.gif")


# What is done to a folder of six cats and six dogs; the kind of the finding, a part of its text,
# and how many photographs are kept.
FAULTS = {
    "truncated": (lambda f: _truncate(f / "cat" / "0.jpg"), "unreadable", "0.jpg cannot be", 11),
    "text": (lambda f: (f / "cat" / "0.jpg").write_text("ant"), "unreadable", "copy it again", 11),
    "dead link": (lambda f: (f / "cat" / "x.jpg").symlink_to("gone"), "unreadable", "nothing", 12),
    "one colour": (
        lambda f: Image.new("RGB", (50, 50), "pink").save(f / "dog" / "p.png"),
        "all one colour",
        "show nothing",
        12,
    ),
    "tiny": (_save_small, "tiny", "less than 32 pixels", 13),
    "copy": (lambda f: _copy(f, "cat/0.jpg", "cat/z.jpg"), "copies", "in the class already", 12),
    "two labels": (
        lambda f: _copy(f, "cat/0.jpg", "dog/0b.jpg"),
        "in two classes",
        "has two labels",
        11,
    ),
    "version": (lambda f: _version(f, "cat/0.jpg", "cat/z.jpg"), "nearly alike", "together", 13),
    "version, two labels": (
        lambda f: _version(f, "cat/0.jpg", "dog/z.jpg"),
        "nearly alike in two classes",
        "keep each picture in one class",
        13,
    ),
    "turned": (_turn_first, "stored turned", "Keras does not look at that note", 13),
    "other format": (_many_and_one_gif, "unlike the others", "this is the only GIF", 19),
    "checkpoints": (
        lambda f: _copy(f, "cat/0.jpg", ".ipynb_checkpoints/0.jpg"),
        "no class",
        "Passed over",
        12,
    ),
    "archive's rest": (
        lambda f: _copy(f, "cat/0.jpg", "__MACOSX/._0.jpg"),
        "no class",
        "Keras",
        12,
    ),
    "empty": (lambda f: (f / "bird").mkdir(), "empty class", "remove the folder", 12),
    "loose": (lambda f: photograph(9).save(f / "new.png"), "outside of a class", "their class", 12),
    "heic": (
        lambda f: (f / "dog" / "i.heic").write_bytes(b"x"),
        "no photograph",
        "save them as JPEG",
        12,
    ),
    "single": (
        lambda f: write_photos(f, 1, ["emu"], start=700),
        "a single photograph",
        "Add some",
        13,
    ),
    "small": (lambda f: write_photos(f, 30, ["cat"]), "small class", "class_weight", 36),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_told_and_no_other(tmp_path, name):
    do, kind, text, kept = FAULTS[name]
    folder = write_photos(tmp_path / "pets")
    do(folder)
    before = _digests(folder)
    report = check_photos(folder, progress=False)
    (finding,) = report.findings
    assert (finding.kind, text in finding.text, len(report.photos)) == (kind, True, kept)
    assert finding.left_out == (str(finding.text).startswith("Left out"))
    assert finding.text in str(report)
    assert str(tmp_path) not in str(report)
    assert _digests(folder) == before


def test_a_folder_without_faults_is_told_in_numbers(tmp_path):
    report = check_photos(write_photos(tmp_path / "pets"), progress=False)
    assert str(report).splitlines() == [
        "12 photographs of 2 classes: cat 6, dog 6",
        "shorter side 70 to 70 pixels; 12 JPEG",
        "Nothing to complain about.",
    ]
    assert [path.exists() for path in report.paths] == 12 * [True]


def test_copies_across_the_splits_leave_the_training(tmp_path):
    folder = tmp_path / "pets"
    write_photos(folder / "train")
    write_photos(folder / "test", 3, start=50)
    _copy(folder, "test/cat/0.jpg", "train/cat/known.jpg")
    _version(folder, "test/dog/1.jpg", "train/dog/known.jpg")
    report = check_photos(folder, progress=False)
    kinds = {finding.kind: finding.files for finding in report.findings}
    assert kinds["in training and test"] == (os.path.join("train", "cat", "known.jpg"),)
    assert len(kinds["nearly alike in training and test"]) == 2
    assert report.photos["split"].value_counts().to_dict() == {"train": 13, "test": 6}


def test_links_are_followed_and_a_circle_ends(tmp_path):
    folder = write_photos(tmp_path / "pets")
    elsewhere = write_photos(tmp_path / "more", 4, ["cow"], start=500)
    (folder / "cow").symlink_to(elsewhere / "cow")
    (folder / "cat" / "again").symlink_to(folder / "cat")
    counts = check_photos(folder, progress=False).photos["label"].value_counts()
    assert counts.to_dict() == {"cat": 6, "dog": 6, "cow": 4}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_photograph_without_permission_is_left_out(tmp_path):
    folder = write_photos(tmp_path / "pets")
    (folder / "cat" / "0.jpg").chmod(0)
    (finding,) = check_photos(folder, progress=False).findings
    assert "may not be read" in finding.text


# ---------------------------------------------------------------------- nothing that can be used


def _all_the_same(folder: Path) -> None:
    for i in range(6):
        shutil.copy(folder / "cat" / f"{i}.jpg", folder / "dog" / f"{i}.jpg")


UNUSABLE = {
    "missing": (shutil.rmtree, r"There is no folder .*pets; make it, or correct its name\."),
    "empty": (
        lambda f: (shutil.rmtree(f), f.mkdir()),
        r"There is no photograph in the folder pets; put those of each class",
    ),
    "no classes": (
        lambda f: (shutil.rmtree(f), f.mkdir(), PICTURE.save(f / "a.png")),
        r"holds photographs and no class folders",
    ),
    "other files": (
        lambda f: (shutil.rmtree(f), (f / "cat").mkdir(parents=True), (f / "cat/a.tif").touch()),
        r"holds no photograph, but files like cat.a\.tif; save photographs as JPEG or PNG",
    ),
    "one class": (lambda f: shutil.rmtree(f / "dog"), r"of one class, cat; .* Add a folder"),
    "same pictures": (_all_the_same, r"None of the 12 photographs .* the same file has two labels"),
    "all broken": (
        lambda f: [path.write_text("x") for path in f.rglob("*.jpg")],
        r"None of the 12 photographs can be used\. unreadable: .* and 9 more\.",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_folder_of_no_use_says_why(tmp_path, name):
    do, message = UNUSABLE[name]
    folder = write_photos(tmp_path / "pets")
    do(folder)
    with pytest.raises(DataError, match=message):
        check_photos(folder, progress=False)


TABLES = {
    "pets.zip": ("PK", r"pets\.zip is packed; unpack it"),
    "pets.txt": ("file,label", r"pets\.txt is a file; give the folder"),
    "columns.csv": (
        "name,kind\na.jpg,cat\n",
        r"needs the columns .*; it has name, kind",
    ),
    "none.csv": ("file,label\n", r"names no photograph"),
    "blank.csv": (
        "file,label\na.jpg,cat\nb.jpg,\n",
        r"1 lines without .* first of them line 3",
    ),
    "split.csv": ("file,label,split\na.jpg,cat,exam\n", r"or empty; split\.csv has 'exam'"),
    "binary.csv": (b"\xff\xfe\x00,\x81", r"is no CSV file in UTF-8"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_no_use_says_why(tmp_path, name):
    content, message = TABLES[name]
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        check_photos(tmp_path / name, progress=False)


def test_a_table_stands_for_a_folder(tmp_path):
    folder = write_photos(tmp_path / "pets")
    rows = [(str(file.relative_to(tmp_path)), file.parent.name) for file in folder.rglob("*.jpg")]
    table = pd.DataFrame(rows, columns=["file", "label"])
    table["split"] = np.where(table["file"].str.contains("0.jpg"), "Test", "train")
    table.to_csv(tmp_path / "pets.csv", index=False)
    report = check_photos(tmp_path / "pets.csv", progress=False)
    assert report.photos["split"].value_counts().to_dict() == {"train": 10, "test": 2}
    assert report.classes == ["cat", "dog"]
    assert not report.findings
    assert all(path.is_file() for path in report.paths)


# -------------------------------------------------------------------------------------- splits


def _photos(n: int, **columns) -> pd.DataFrame:
    table = pd.DataFrame({"label": np.arange(n) % 2, "split": "", "group": np.arange(n)})
    return table.assign(**columns)


def test_a_split_is_even_keeps_versions_together_and_repeats():
    photos = _photos(200, group=np.arange(200) // 4)  # two of each class in a group
    split = split_photos(photos, seed=3)
    counts = pd.crosstab(split, photos["label"])
    assert counts.loc["train"].between(50, 70).all()
    assert counts.loc["test"].between(15, 25).all()
    assert (split.groupby(photos["group"]).nunique() == 1).all()
    assert split.equals(split_photos(photos, seed=3))
    assert not split.equals(split_photos(photos, seed=4))


def test_splits_that_are_there_stay():
    given = np.where(np.arange(100) < 60, "train", "test")
    split = split_photos(_photos(100, split=given))
    assert ((split == "test") == (given == "test")).all()
    assert set(split) == {"train", "validation", "test"}
    # The classic of two folders: what is called validation is what is measured on.
    only = np.where(np.arange(100) < 60, "train", "validation")
    assert ((split_photos(_photos(100, split=only)) == "test") == (only == "validation")).all()


def test_too_few_to_divide():
    with pytest.raises(DataError, match=r"5 different photographs at least, .* 1 has 4\. Add some"):
        split_photos(_photos(9))
    with pytest.raises(DataError, match="1 has 1"):
        split_photos(_photos(20, group=np.where(np.arange(20) % 2, 1, np.arange(20))))


def test_a_twenty_photographs_are_enough():
    assert split_photos(_photos(20)).value_counts().to_dict() == {
        "train": 12,
        "validation": 4,
        "test": 4,
    }


def test_a_loop_over_the_paths_of_many_photographs_is_quick(tmp_path):
    """Made anew at each access, they would take minutes; the memory benchmark found that."""
    photos = pd.DataFrame({"file": [f"one/{i}.jpg" for i in range(20_000)], "label": "one"})
    report = PhotoReport(tmp_path, photos, ())
    assert report.paths is report.paths
    assert report.paths[19_999] == tmp_path / "one" / "19999.jpg"
