"""Folders of photographs to learn with: ants and bees (downloaded once), and tiles (always there).

Both are plain folders of class folders, as a learner's own photographs are.
"""

import hashlib
import json
import shutil
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
from filelock import FileLock
from PIL import Image

from tlcourse.data.download import RemoteFile, fetch
from tlcourse.data.errors import DataError
from tlcourse.data.paths import atomic_write, cache_dir, data_dir, repository_data
from tlcourse.data.validation import check_choice

# What each photograph is called as a class, and where its file lies.
_PICTURES = {
    "brick": "skimage/data/brick.png",
    "building": "sklearn/datasets/images/china.jpg",
    "cat": "skimage/data/chelsea.png",
    "coffee": "skimage/data/coffee.png",
    "coins": "skimage/data/coins.png",
    "flower": "sklearn/datasets/images/flower.jpg",
    "galaxies": "skimage/data/hubble_deep_field.jpg",
    "grass": "skimage/data/grass.png",
    "gravel": "skimage/data/gravel.png",
    "retina": "skimage/data/retina.jpg",
    "rocket": "skimage/data/rocket.jpg",
    "tissue": "skimage/data/ihc.png",
}
TILE = 64  # pixels
N_TILES = {"train": 24, "test": 12}  # of each photograph
_VERSION = 2  # goes into the folder's name: raise it when the cutting changes

_LISTING = "ants_bees.json"  # name and SHA-256 of each photograph


def photo_folder(name: str = "auto") -> Path:
    """Return a folder of photographs, and say on screen which one it is.

    Args:
        name: ``"ants_bees"`` (398 photographs of two classes, downloaded once), ``"tiles"`` (432
            small grey tiles, cut from twelve photographs that libraries bring), or ``"auto"``:
            ants and bees when they can be had, else tiles.

    Returns:
        The folder, with a folder for each class in ``train`` and ``val`` or ``test``.

    Raises:
        DataError: an unknown name, or photographs that can neither be read nor downloaded.
    """
    check_choice(name, ["auto", "ants_bees", "tiles"], "folder of photographs")
    if name == "auto":
        try:
            return photo_folder("ants_bees")
        except DataError as error:
            print(
                f"Ants and bees are not available: {error}\n"
                "Going on with tiles, which come with the course's libraries. To get ants and "
                'bees, connect to the network and call photo_folder("ants_bees").'
            )
            return photo_folder("tiles")
    folder = _ants_bees() if name == "ants_bees" else _tiles()
    print(f"Photographs in use: {name}.")
    return folder


# ------------------------------------------------------------------------------ ants and bees


def _ants_bees() -> Path:
    """Return the folder of ants and bees; downloaded and unpacked once, each file compared.

    It holds all that the archive holds, a placeholder among the ants included.
    """
    folder = data_dir() / "photos" / "hymenoptera"
    wanted = json.loads(repository_data(_LISTING).read_text(encoding="utf-8"))["sha256"]
    if _missing(folder, wanted):
        archive = fetch(_archive(wanted), folder.parent)
        _unpack(archive, folder, wanted)
        archive.unlink()  # 47 MB that are there twice
    return folder


def _missing(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Return the names of files that are not in the folder, or not as they should be."""
    return [name for name, digest in wanted.items() if _sha256(folder / name) != digest]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); correct its permissions, or let "
            "TLCOURSE_DATA_DIR name another folder."
        ) from error


def _archive(wanted: dict[str, str]) -> RemoteFile:
    return RemoteFile(
        name="hymenoptera_data.zip",
        urls=("https://download.pytorch.org/tutorial/hymenoptera_data.zip",),
        digest="complete",
        content_digest=lambda path: "complete" if _is_complete(path, wanted) else "not complete",
    )


def _is_complete(archive: Path, wanted: dict[str, str]) -> bool:
    try:
        with zipfile.ZipFile(archive) as packed:
            return all(
                hashlib.sha256(content).hexdigest() == wanted[name]
                for name, content in _contents(packed, wanted)
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error)) from error


def _contents(packed: zipfile.ZipFile, wanted: dict[str, str]):
    """Give name and content of each wanted file; of whatever else is packed, nothing is read.

    So no path leaves the folder, and nothing is larger than a photograph may be.
    """
    for name in wanted:
        with packed.open(f"hymenoptera_data/{name}") as file:  # a KeyError if it is not there
            yield name, file.read(_LARGEST)


_LARGEST = 10_000_000  # bytes; the largest of the photographs has 3.2 million


def _unpack(archive: Path, folder: Path, wanted: dict[str, str]) -> None:
    try:
        with zipfile.ZipFile(archive) as packed:
            for name, content in _contents(packed, wanted):
                with atomic_write(folder / name) as part:
                    part.write_bytes(content)
    except OSError as error:
        raise DataError(
            f"The photographs cannot be written to {folder} ({error.strerror}). Free some space, "
            "or let TLCOURSE_DATA_DIR name another folder."
        ) from error


# -------------------------------------------------------------------------------------- tiles


def _tiles() -> Path:
    """Return the folder of tiles; cut when first asked for, then it is there.

    Which photograph is a tile from? Training tiles come from its left half, test tiles from the
    right one. Brightness and contrast of each are drawn anew, so that they give little away.
    """
    folder = cache_dir() / f"tiles_{_VERSION}"
    part = folder.with_name(f".{folder.name}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(cache_dir() / ".tiles.lock"):  # two notebooks would cut into one folder
            if not folder.is_dir():
                shutil.rmtree(part, ignore_errors=True)
                _write_tiles(part)
                part.rename(folder)
    except OSError as error:
        raise DataError(
            f"The tiles cannot be written to {cache_dir()} ({error.strerror}). Free some space, or "
            "let TLCOURSE_CACHE_DIR name another folder."
        ) from error
    return folder


def _write_tiles(folder: Path) -> None:
    for split, n in N_TILES.items():
        for k, (name, where) in enumerate(_PICTURES.items()):
            target = folder / split / name
            target.mkdir(parents=True)
            tiles = _cut(_half(where, split), n, np.random.default_rng([k, n]))
            for i, tile in enumerate(tiles):
                Image.fromarray(tile).save(target / f"{name}_{i:02}.png")


def _half(where: str, split: str) -> np.ndarray:
    package, *rest = where.split("/")
    with Image.open(files(package).joinpath(*rest)) as image:
        grey = np.asarray(image.convert("L"), np.float32)
    middle = grey.shape[1] // 2
    return grey[:, :middle] if split == "train" else grey[:, middle:]


def _cut(grey: np.ndarray, n: int, rng: np.random.Generator):
    """Give tiles from random places, where there is something to be seen."""
    found = 0
    while found < n:
        row, column = (rng.integers(length - TILE + 1) for length in grey.shape)
        tile = grey[row : row + TILE, column : column + TILE]
        if tile.std() < 4:  # black around the retina, sky behind the rocket
            continue
        contrast, brightness = rng.uniform(0.5, 1), rng.uniform(90, 160)
        tile = (tile - tile.mean()) * contrast + brightness
        found += 1
        yield np.clip(tile, 0, 255).astype(np.uint8)
