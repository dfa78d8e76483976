"""Folders of photographs to learn with: tiles that never overlap, ants and bees that are whole."""

import hashlib
import json
import zipfile

import numpy as np
import pytest
from photo_folders import write_photos
from PIL import Image

from benchmarks.notebook_environment import SHARED
from tlcourse.data import DataError, check_photos, photo_folder, photo_sources

HYMENOPTERA = SHARED / "data" / "photos" / "hymenoptera"


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Let ants and bees be eight made-up photographs; return the folder where they belong."""
    folder = write_photos(tmp_path / "original", 4, ["ants", "bees"])
    names = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.jpg"))]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (tmp_path / "listing.json").write_text(json.dumps({"sha256": digests}))
    monkeypatch.setattr(photo_sources, "repository_data", lambda name: tmp_path / "listing.json")
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    return tmp_path / "data" / "photos" / "hymenoptera"


def pack(folder, original, **replaced):
    """Pack the photographs as the archive does, with what no archive should hold."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = folder.parent / "hymenoptera_data.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(original.rglob("*.jpg")):
            name = str(path.relative_to(original))
            packed.writestr(f"hymenoptera_data/{name}", replaced.get(name, path.read_bytes()))
        packed.writestr("hymenoptera_data/../../escaped.txt", "out")
        packed.writestr("/absolute.txt", "out")
        packed.writestr("hymenoptera_data/bomb.bin", bytes(30_000_000))
    return archive


def test_the_archive_is_unpacked_once_and_nothing_else_in_it(small, tmp_path, capsys):
    archive = pack(small, tmp_path / "original")
    assert photo_folder("ants_bees") == small
    assert capsys.readouterr().out == "Photographs in use: ants_bees.\n"
    assert sorted(path.name for path in small.parent.iterdir() if path.name[0] != ".") == [
        "hymenoptera"
    ]
    assert not archive.exists()
    found = [path for path in tmp_path.rglob("*") if path.suffix in (".txt", ".bin")]
    assert found == []
    assert photo_folder("ants_bees") == small  # from what is there


def test_a_photograph_that_is_lost_or_damaged_is_not_passed_over(small, tmp_path):
    pack(small, tmp_path / "original")
    photo_folder("ants_bees")
    (small / "ants" / "2.jpg").write_bytes(b"half")
    with pytest.raises(DataError, match=r"hymenoptera_data\.zip is not in .*TLCOURSE_OFFLINE"):
        photo_folder("ants_bees")
    pack(small, tmp_path / "original")
    photo_folder("ants_bees")
    assert (small / "ants" / "2.jpg").stat().st_size > 100


@pytest.mark.parametrize("content", [b"another picture", bytes(20_000_000)])
def test_an_archive_with_other_content_is_refused(small, tmp_path, content):
    pack(small, tmp_path / "original", **{"bees/1.jpg": content})
    with pytest.raises(DataError, match="is damaged"):
        photo_folder("ants_bees")
    assert not small.exists()


def test_without_them_tiles_are_used_and_it_is_said(small, capsys):
    folder = photo_folder("auto")
    assert folder.name.startswith("tiles")
    said = capsys.readouterr().out
    assert "Ants and bees are not available" in said
    assert "Going on with tiles" in said
    assert "Photographs in use: tiles." in said


def test_tiles_show_something_repeat_and_come_from_two_halves(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "one"))
    folder = photo_folder("tiles")
    report = check_photos(folder, progress=False)
    assert report.photos.groupby("split").size().to_dict() == {"test": 144, "train": 288}
    assert len(report.classes) == 12
    assert not [finding for finding in report.findings if finding.left_out]
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "two"))
    other = photo_folder("tiles")
    for path in list(folder.rglob("*.png"))[::50]:
        assert path.read_bytes() == (other / path.relative_to(folder)).read_bytes()


def test_no_pixel_of_a_photograph_is_in_training_and_test(monkeypatch):
    """Number the pixels of each photograph, and look which numbers tiles of each split show."""
    numbered = np.arange(100 * 300, dtype=np.float32).reshape(100, 300)

    class Numbered:
        def convert(self, mode):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __array__(self, dtype=None, copy=None):
            return numbered

    monkeypatch.setattr(Image, "open", lambda path: Numbered())
    halves = [photo_sources._half("skimage/data/brick.png", split) for split in ("train", "test")]
    assert not np.intersect1d(*halves).size
    assert np.union1d(*halves).size == numbered.size


@pytest.mark.skipif(not HYMENOPTERA.is_dir(), reason="the photographs are not in ../shared/data")
def test_the_real_ants_and_bees_are_whole_and_their_warts_are_found(monkeypatch):
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(SHARED / "data"))
    report = check_photos(photo_folder("ants_bees"), progress=False)
    assert report.photos.groupby(["split", "label"]).size().to_dict() == {
        ("train", "ants"): 124,
        ("train", "bees"): 121,
        ("validation", "ants"): 70,
        ("validation", "bees"): 83,
    }
    told = {finding.kind: finding.files for finding in report.findings}
    assert any("imageNotFound.gif" in name for name in told["unlike the others"])
