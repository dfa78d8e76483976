"""A look at every photograph before anything is trained: what is there, and what is wrong."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import ExifTags, Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tlcourse.data.errors import DataError
from tlcourse.data.photos import Listing, list_photos, read_photo

TINY = 32  # pixels of the shorter side; networks for photographs take no smaller ones
SMALL_CLASS = 5  # a class with a fifth of the largest one's photographs is said to be small
NEAR = 6  # of the 64 bits of two perceptual hashes that may differ between versions of a picture
_HASHED = 64  # pixels; enough for a perceptual hash
_SHOWN = 3  # files that a finding names


@dataclass(frozen=True)
class Finding:
    """One kind of thing that is wrong or to be known, and what to do.

    Attributes:
        kind: in a word or two.
        files: the files or folders that it concerns, relative to the folder that was checked.
        text: what it is, and what to do about it.
        left_out: whether the files are left out of the photographs.
    """

    kind: str
    files: tuple[str, ...]
    text: str
    left_out: bool = False

    def __str__(self) -> str:
        names = ", ".join(self.files[:_SHOWN])
        more = f" and {len(self.files) - _SHOWN:,} more" * (len(self.files) > _SHOWN)
        return f"{self.kind}: {names}{more}. {self.text}"


@dataclass(frozen=True)
class PhotoReport:
    """What ``check_photos`` found. Printed, it says all in words.

    Attributes:
        root: the folder that names of files are relative to.
        photos: those that can be used, a row for each: ``file``, ``label``, ``split`` (empty where
            the folder does not say), ``width``, ``height``, ``format``, and ``group``, a number
            that near duplicates share.
        findings: what is wrong or to be known, the gravest first.
    """

    root: Path
    photos: pd.DataFrame
    findings: tuple[Finding, ...]

    @cached_property  # loops ask for one path after the other
    def paths(self) -> list[Path]:
        """Where the photographs are, in the order of ``photos``."""
        return [self.root / name for name in self.photos["file"]]

    @property
    def classes(self) -> list[str]:
        """Their names, in the order of the alphabet, as Keras numbers them."""
        return sorted(self.photos["label"].unique())

    def __str__(self) -> str:
        photos = self.photos
        counts = photos.groupby("label").size()
        sides = photos[["width", "height"]].min(axis=1)
        formats = ", ".join(f"{n:,} {name}" for name, n in photos["format"].value_counts().items())
        lines = [
            f"{len(photos):,} photographs of {len(counts)} classes: "
            + ", ".join(f"{name} {n:,}" for name, n in counts.items()),
            f"shorter side {sides.min():,} to {sides.max():,} pixels; {formats}",
        ]
        splits = photos["split"].replace("", "no split").value_counts(sort=False)
        if list(splits.index) != ["no split"]:
            lines.append(", ".join(f"{name} {n:,}" for name, n in splits.items()))
        lines += [f"- {finding}" for finding in self.findings]
        return "\n".join([*lines, *["Nothing to complain about."] * (not self.findings)])

    __repr__ = __str__


def check_photos(source: str | os.PathLike[str], *, progress: bool = True) -> PhotoReport:
    """Open every photograph of a folder or table, and say what is there and what is wrong.

    Nothing is changed. Left out are files that cannot be read or show nothing, further copies of
    the same file in a class, and files that two classes hold. All else is kept, and said.

    Args:
        source: a folder of class folders, or a CSV file; see ``list_photos``.
        progress: show a bar meanwhile.

    Raises:
        DataError: as ``list_photos``; or not one photograph can be used, or all are of one class.
    """
    from tqdm.auto import tqdm

    listing = list_photos(source)
    # A bar for many; a few hundred are soon looked at, and a notebook would keep an empty bar.
    names = tqdm(listing.photos["file"], "photographs", disable=not progress, leave=False, delay=5)
    looks = pd.DataFrame([_look_at(listing.root / name) for name in names])
    photos = pd.concat([listing.photos.reset_index(drop=True), looks], axis=1)
    findings = _about_folders(listing) + _about_files(photos)
    left_out = {name for finding in findings if finding.left_out for name in finding.files}
    photos = photos[~photos["file"].isin(left_out)].reset_index(drop=True)
    if not len(photos):
        raise DataError(
            f"None of the {len(listing.photos):,} photographs can be used. {findings[-1]}"
        )
    photos["group"] = _groups(photos)
    findings += _about_duplicates(photos) + _about_classes(photos)
    report = PhotoReport(
        listing.root,
        photos[[*listing.photos, "width", "height", "format", "group"]],
        tuple(findings),
    )
    if len(report.classes) < 2:
        raise DataError(
            f"All photographs are of one class, {report.classes[0]}; a network that always answers "
            "it is never wrong. Add a folder with photographs of something else."
        )
    return report


def _look_at(path: Path) -> dict:
    """Return what is known of a photograph after opening it; ``fault`` if it cannot be."""
    look = {"width": 0, "height": 0, "format": "", "turned": False, "plain": False}
    look |= {"digest": "", "hash": 0, "fault": ""}
    try:
        pixels = read_photo(path, _HASHED)
        with Image.open(path) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
            look |= {"width": image.width, "height": image.height, "format": image.format}
        look |= {"turned": turned, "plain": bool(np.ptp(pixels, axis=(0, 1)).max() < 3)}
        look |= {"digest": hashlib.sha256(path.read_bytes()).hexdigest(), "hash": _hash(pixels)}
    except (DataError, OSError) as error:
        look["fault"] = str(error)
    return look


def _hash(pixels: np.ndarray) -> int:
    """Return the perceptual hash of a picture, 64 bits: much alike for versions of one picture."""
    import imagehash

    bits = imagehash.phash(Image.fromarray(pixels)).hash
    return int.from_bytes(np.packbits(bits).tobytes())


# ------------------------------------------------------------------------------------ findings


def _about_folders(listing: Listing) -> list[Finding]:
    found = [
        Finding(
            "no class",
            tuple(listing.no_classes),
            "Passed over: other programs left them. Keras takes those without a dot for classes; "
            "remove them.",
        ),
        Finding(
            "empty class",
            tuple(listing.empty),
            "There is no photograph in it. Add some, or remove the folder, which Keras counts as a "
            "class.",
        ),
        Finding(
            "outside of a class",
            tuple(listing.loose),
            "Passed over. Put them into the folder of their class.",
        ),
        Finding(
            "no photograph",
            tuple(listing.unknown),
            "Passed over, by the ending of the name. If they are photographs, save them as JPEG or "
            "PNG.",
        ),
    ]
    return [finding for finding in found if finding.files]


def _about_files(photos: pd.DataFrame) -> list[Finding]:
    """Say what is wrong with single files, and which are the same file."""
    read = photos[photos["fault"] == ""]
    copies = read[~read["plain"] & read.duplicated("digest", keep=False)]
    labels = copies.groupby("digest")["label"].transform("nunique")
    splits = copies.groupby("digest")["split"].transform("nunique")
    in_two_classes, across = copies[labels > 1], copies[(labels == 1) & (splits > 1)]
    again = copies[(labels == 1) & copies.duplicated("digest")]
    # Of a file in training and test, the copy in training goes.
    leaking = across[across["split"] == "train"]
    again = again[~again["digest"].isin(across["digest"])]
    tiny = read[read[["width", "height"]].min(axis=1) < TINY]
    odd = _odd_ones(read)
    found = [
        Finding(
            "unreadable",
            tuple(photos["file"][photos["fault"] != ""]),
            f"Left out. {next(iter(photos['fault'][photos['fault'] != '']), '')}",
            left_out=True,
        ),
        Finding(
            "all one colour",
            tuple(read["file"][read["plain"]]),
            "Left out, for they show nothing. Remove them.",
            left_out=True,
        ),
        Finding(
            "in two classes",
            tuple(in_two_classes["file"]),
            "Left out: the same file has two labels. Keep it in the right class, and remove it "
            "from the other.",
            left_out=True,
        ),
        Finding(
            "in training and test",
            tuple(leaking["file"]),
            "Left out of the training: the same file is in the test or validation set, where it "
            "would be known by heart. Remove one of the two.",
            left_out=True,
        ),
        Finding(
            "copies",
            tuple(again["file"]),
            "Left out: the same file is in the class already. Remove them.",
            left_out=True,
        ),
        Finding(
            "tiny",
            tuple(tiny["file"]),
            f"Kept. Their shorter side has less than {TINY} pixels; enlarged, they show little. "
            "Find larger versions.",
        ),
        Finding(
            "stored turned",
            tuple(read["file"][read["turned"]]),
            "Kept, and turned upright here. Keras does not look at that note (EXIF) and would show "
            "them lying; save them upright with PIL.ImageOps.exif_transpose(image).",
        ),
        Finding(
            "unlike the others",
            tuple(odd["file"]),
            f"Kept. Of a class in {'/'.join(sorted(set(read['format']) - set(odd['format'])))}, "
            f"this is the only {'/'.join(sorted(set(odd['format'])))}. Look at it: it may be a "
            "placeholder.",
        ),
    ]
    return [finding for finding in found if finding.files]


def _odd_ones(read: pd.DataFrame) -> pd.DataFrame:
    """Return files whose format no other of their class has, where all others have one."""
    members = read.groupby("label")["format"].transform("size")
    alike = read.groupby(["label", "format"])["format"].transform("size")
    kinds = read.groupby("label")["format"].transform("nunique")
    return read[(alike == 1) & (kinds == 2) & (members >= 10)]


def _groups(photos: pd.DataFrame) -> np.ndarray:
    """Return a number for each photograph, the same for near duplicates."""
    hashes, pairs = photos["hash"].to_numpy(np.uint64), []
    for start in range(0, len(hashes), 1000):
        apart = np.bitwise_count(hashes[start : start + 1000, np.newaxis] ^ hashes)
        rows, columns = np.nonzero(apart <= NEAR)
        pairs.append(np.stack([rows + start, columns]))
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=2 * (len(hashes),))
    return connected_components(graph, directed=False)[1]


def _about_duplicates(photos: pd.DataFrame) -> list[Finding]:
    near = photos[photos.duplicated("group", keep=False)].sort_values("group", kind="stable")
    labels = near.groupby("group")["label"].transform("nunique")
    splits = near.groupby("group")["split"].transform("nunique")
    found = [
        Finding(
            "nearly alike in two classes",
            tuple(near["file"][labels > 1]),
            "Kept. They may be versions of one picture with two labels. Look at them, and keep "
            "each picture in one class.",
        ),
        Finding(
            "nearly alike in training and test",
            tuple(near["file"][(labels == 1) & (splits > 1)]),
            "Kept. They may be versions of one picture, and then the test is too easy. Look at "
            "them, and keep all versions on one side.",
        ),
        Finding(
            "nearly alike",
            tuple(near["file"][(labels == 1) & (splits == 1)]),
            "Kept. They may be versions of one picture. Whoever divides the photographs should "
            "keep them together, as split_photos does.",
        ),
    ]
    return [finding for finding in found if finding.files]


def _about_classes(photos: pd.DataFrame) -> list[Finding]:
    counts = photos.groupby("label").size()
    single = tuple(counts.index[counts == 1])
    small = tuple(counts.index[(counts > 1) & (counts * SMALL_CLASS <= counts.max())])
    found = [
        Finding(
            "a single photograph",
            single,
            "One photograph cannot be in training and test at once. Add some, or take the class "
            "out.",
        ),
        Finding(
            "small class",
            small,
            f"It has a fifth or less of the {counts.max():,} photographs of {counts.idxmax()}. Add "
            "some, or give fit(class_weight=...), and look at each class in the result.",
        ),
    ]
    return [finding for finding in found if finding.files]


# -------------------------------------------------------------------------------------- splits


def split_photos(photos: pd.DataFrame, *, seed: int = 0) -> pd.Series:
    """Divide photographs into training, validation and test, near duplicates on one side.

    About three fifths, one fifth, one fifth, each class alike. Splits that are there already stay;
    where a test or a validation set is lacking, it is taken from the training set.

    Args:
        photos: from ``PhotoReport.photos``.
        seed: another one, another division, 0 to 2**32 - 1.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"`` for each row.

    Raises:
        DataError: a class has too few photographs to have some in each part.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    split = photos["split"].replace("", "train").copy()
    had_splits = (photos["split"] != "").any()
    if had_splits and "test" not in set(split):  # training and validation only: it is for testing
        split = split.replace("validation", "test")
    for part, folds in (("test", 5), ("validation", 4)):
        if part in set(split):
            continue
        rest = photos[split == "train"]
        groups = rest.groupby("label")["group"].nunique()
        if groups.min() < folds:
            raise DataError(
                f"A class needs {folds} different photographs at least, to have some in each part; "
                f"{groups.idxmin()} has {groups.min()}. Add some, or take the class out."
            )
        folder = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        chosen = next(folder.split(rest, rest["label"], rest["group"]))[1]
        split[rest.index[chosen]] = part
    return split
