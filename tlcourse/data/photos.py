"""Photographs: which ones a folder or a table names, and reading one, whatever its form.

Layout: ``folder/<class>/<photo>``, or ``folder/train/<class>/<photo>`` and the like; or a CSV file
with the columns ``file`` and ``label``, and ``split`` if wanted.
"""

import os
import threading
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from tlcourse.data.errors import DataError
from tlcourse.data.validation import check_count, check_path

_FILTERS = threading.Lock()
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
COLUMNS = ("file", "label", "split")
# Names of folders above the class folders, and the split that they stand for.
_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_NO_CLASSES = {"__macosx", "$recycle.bin", "system volume information"}  # left by other programs


def read_photo(path: str | os.PathLike[str], side: int | None = None) -> np.ndarray:
    """Read a photograph: upright, in colour, transparent parts white; of a GIF the first frame.

    Args:
        path: a JPEG, PNG, WebP, BMP or GIF file; grey, palette, CMYK or 16 bits as well.
        side: if given, the middle of the photograph is fitted into a square of this many pixels,
            without distorting it. Large JPEG files are then decoded at a fraction of their size,
            which is many times quicker.

    Returns:
        uint8, shape ``(height, width, 3)``.

    Raises:
        DataError: the file cannot be read, or is no such image, or not all of it is there.
    """
    path = check_path(path)
    if side is not None:
        side = check_count(side, "side")
    image = ImageOps.exif_transpose(_opened(path, side))
    image = _to_rgb(image)
    if side is not None:
        image = ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC)
    return np.asarray(image)


def _opened(path: Path, side: int | None) -> Image.Image:
    """Return an image with its pixels, of JPEG perhaps at a fraction of the size."""
    try:
        # Threads share the filters of warnings: one at a time may change them.
        with _FILTERS, warnings.catch_warnings():
            # A picture of 100 megapixels is no attack; from 179 on, PIL refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
        with image:
            if side is not None:
                image.draft(None, (2 * side, 2 * side))  # JPEG only; others ignore it
            image.load()
        return image
    except Image.DecompressionBombError:
        raise DataError(
            f"{path.name} has more than {2 * Image.MAX_IMAGE_PIXELS // 10**6} megapixels; save a "
            "smaller copy of it."
        ) from None
    except FileNotFoundError:
        what = "is a link to nothing" if path.is_symlink() else "is not there"
        raise DataError(f"{path.name} {what}; put the photograph back, or remove it.") from None
    except PermissionError:
        raise DataError(f"{path.name} may not be read; correct its permissions.") from None
    except Exception:  # PIL, zlib and struct each raise their own
        if path.is_dir():
            raise DataError(f"{path.name} is a folder; give a photograph in it.") from None
        raise DataError(
            f"{path.name} cannot be read as a photograph, or only in part; copy it again from "
            "where it came, or remove it."
        ) from None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits, of which not all may be used
        levels = np.asarray(image).astype(np.float64)
        levels /= 257 if levels.max() > 255 else 1
        image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


# ------------------------------------------------------------------------------- what is there


@dataclass
class Listing:
    """What a folder or a table names.

    Attributes:
        root: the folder that names of files are relative to.
        photos: a row for each file that may be a photograph, with the columns ``file`` (relative
            to ``root``), ``label`` and ``split`` (``train``, ``validation``, ``test``, or empty
            where the folder does not say).
        loose: photographs outside of any class folder.
        unknown: files with another ending than those of ``SUFFIXES``, hidden ones aside.
        no_classes: folders that hold no photographs of a class, like ``.ipynb_checkpoints``.
        empty: class folders without a photograph.
    """

    root: Path
    photos: pd.DataFrame
    loose: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    no_classes: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def list_photos(source: str | os.PathLike[str]) -> Listing:
    """Look at what is in a folder of photographs, or in a table, without opening any.

    Args:
        source: a folder of class folders, with folders like ``train`` and ``test`` above them or
            not; or a CSV file with the columns ``file`` (relative to the CSV file) and ``label``,
            and ``split`` if wanted. ``~`` is your home folder.

    Raises:
        DataError: there is no such folder or table, it may not be read, or it names no
            photograph.
    """
    path = check_path(source)
    if path.is_file():
        return _from_table(path)
    if not path.is_dir():
        raise DataError(f"There is no folder {path}; make it, or correct its name.")
    listing = Listing(path, pd.DataFrame(columns=COLUMNS))
    rows: list[tuple[str, str, str]] = []
    top = _entries(path, path, listing)
    split_folders = [entry for entry in top if _split_of(entry) and entry.is_dir()]
    # "train" and "test" are splits only if there are class folders in them, and nothing beside.
    if split_folders and all(entry in split_folders or not entry.is_dir() for entry in top):
        for entry in split_folders:
            rows += _from_folder(path, entry, _split_of(entry), listing)
        listing.loose += [e.name for e in top if not e.is_dir() and _is_photo(e)]
        listing.unknown += [e.name for e in top if not e.is_dir() and not _is_photo(e)]
    else:
        rows = _from_folder(path, path, "", listing)
    if not rows:
        raise DataError(_nothing_in(path, listing))
    listing.photos = pd.DataFrame(rows, columns=COLUMNS)
    return listing


def _from_folder(root: Path, folder: Path, split: str, listing: Listing) -> list[tuple]:
    rows = []
    for entry in _entries(root, folder, listing):
        name = str(entry.relative_to(root))
        if not entry.is_dir():
            (listing.loose if _is_photo(entry) else listing.unknown).append(name)
            continue
        files = _below(root, entry, listing, {entry.resolve()})
        if not files:
            listing.empty.append(name)
        rows += [(str(file.relative_to(root)), entry.name, split) for file in files]
    return rows


def _below(root: Path, folder: Path, listing: Listing, seen: set[Path]) -> list[Path]:
    """Return the photographs in a class folder and in folders inside it."""
    files = []
    for entry in _entries(root, folder, listing):
        if entry.is_dir():
            if entry.resolve() not in seen:  # a link may lead back
                seen.add(entry.resolve())
                files += _below(root, entry, listing, seen)
        elif _is_photo(entry):
            files.append(entry)
        else:
            listing.unknown.append(str(entry.relative_to(root)))
    return files


def _entries(root: Path, folder: Path, listing: Listing) -> list[Path]:
    """Return what is in a folder by name, but hidden files and folders of other programs."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"The folder {folder.name} cannot be read ({error.strerror}); correct its permissions."
        ) from error
    wanted = []
    for entry in entries:
        if entry.name[0] == "." or entry.name.casefold() in _NO_CLASSES:
            if entry.is_dir():
                listing.no_classes.append(str(entry.relative_to(root)))
        else:
            wanted.append(entry)
    return wanted


def _split_of(entry: Path) -> str:
    return _SPLITS.get(entry.name.casefold(), "")


def _is_photo(entry: Path) -> bool:
    return entry.suffix.lower() in SUFFIXES


def _nothing_in(path: Path, listing: Listing) -> str:
    if listing.loose:
        return (
            f"The folder {path.name} holds photographs and no class folders; if it is a class "
            "folder itself, give the one above it, or else put its photographs into a folder for "
            "each class."
        )
    if listing.unknown:
        return (
            f"The folder {path.name} holds no photograph, but files like {listing.unknown[0]}; "
            f"save photographs as JPEG or PNG ({', '.join(SUFFIXES)} are read)."
        )
    return (
        f"There is no photograph in the folder {path.name}; put those of each class into a folder "
        "with the name of the class."
    )


def _from_table(path: Path) -> Listing:
    if path.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".rar", ".7z"):
        raise DataError(f"{path.name} is packed; unpack it, and give the folder that comes out.")
    if path.suffix.lower() != ".csv":
        raise DataError(
            f"{path.name} is a file; give the folder that holds the class folders, or a CSV file."
        )
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}); correct its permissions."
        ) from error
    except ValueError:  # of pandas or of Unicode
        raise DataError(f"{path.name} is no CSV file in UTF-8; save it as one.") from None
    missing = [name for name in COLUMNS[:2] if name not in table]
    if missing:
        raise DataError(
            f"{path.name} needs the columns file and label; it has {', '.join(table) or 'none'}. "
            f"Name the columns in its first line."
        )
    if not len(table):
        raise DataError(f"{path.name} names no photograph; add a line for each.")
    blank = np.flatnonzero((table["file"] == "") | (table["label"] == ""))
    if len(blank):
        raise DataError(
            f"{path.name} has {len(blank):,} lines without a file or a label, the first of them "
            f"line {blank[0] + 2}; fill or remove them."
        )
    if "split" not in table:
        table["split"] = ""
    unknown = sorted(set(table["split"].str.casefold()) - {"", *_SPLITS})
    if unknown:
        raise DataError(
            f"The split of a photograph is train, validation or test, or empty; {path.name} has "
            f"{unknown[0]!r}. Correct it."
        )
    table["split"] = table["split"].str.casefold().map(lambda name: _SPLITS.get(name, ""))
    return Listing(path.parent, table[list(COLUMNS)])
