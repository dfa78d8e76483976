"""Folders of images: one subfolder for each class, as most tools read them; checked before use.

Layout: ``folder/<class name>/<number>.png``, 8-bit grey images of 28×28 pixels, ink white.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tlcourse.data.dataset import IMAGE_SHAPE, Examples, check_labels
from tlcourse.data.errors import DataError

_SIZE = IMAGE_SHAPE[:2]


def write_folder(
    examples: Examples, folder: str | os.PathLike[str], class_names: Sequence[str]
) -> Path:
    """Write every image as a PNG file into the subfolder of its class.

    A file's name is the place of its image among the examples. Grey levels are rounded to whole
    numbers from 0 to 255.

    Args:
        examples: what to write.
        folder: is made if it is not there; must be empty.
        class_names: what each label stands for; they become the names of the subfolders. A
            class without an example gets an empty subfolder.

    Returns:
        The folder.

    Raises:
        DataError: the folder holds something already, a label without a class name, or names
            that cannot be subfolders.
    """
    folder = Path(folder)
    check_labels(examples.labels, len(class_names))
    # Windows and macOS do not tell "a" from "A".
    if len({name.casefold() for name in class_names}) < len(class_names) or any(
        not name or Path(name).name != name or name[0] == "." for name in class_names
    ):
        raise DataError(
            f"Class names become names of folders, so they must differ in more than upper and "
            f"lower case and hold no path; got {', '.join(map(repr, class_names))}."
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise DataError(
            f"The folder {folder.name} holds something already, which would be mixed with the new "
            "images; give a new or an empty folder."
        )
    for name in class_names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    grey = np.round(255 * examples.images[..., 0]).astype(np.uint8)
    digits = len(str(len(examples)))
    for i, (pixels, label) in enumerate(zip(grey, examples.labels, strict=True)):
        Image.fromarray(pixels).save(folder / class_names[label] / f"{i:0{digits}}.png")
    return folder


def read_folder(folder: str | os.PathLike[str]) -> tuple[Examples, tuple[str, ...]]:
    """Read a folder of PNG images, after a look at every one of them.

    Subfolders are classes, numbered in the order of their names, which is also what
    ``keras.utils.image_dataset_from_directory`` does. Hidden files and files that do not end in
    ``.png`` are passed over.

    Returns:
        The examples, class after class and by name within a class; and the class names.

    Raises:
        DataError: no such folder, no subfolders, a subfolder without a PNG file, or an image
            that is broken or not a grey 28×28 one. The message names the first such file,
            relative to ``folder``, and says how many there are.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}; make it, or correct its name.")
    classes = sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."
    )
    if not classes:
        raise DataError(
            f"The folder {folder.name} has no subfolders; put the images of each class into a "
            "subfolder with the name of the class."
        )
    images, labels, faults = [], [], []
    for label, name in enumerate(classes):
        files = sorted(
            entry.name
            for entry in (folder / name).iterdir()
            if entry.suffix.lower() == ".png" and entry.name[0] != "."
        )
        if not files:
            raise DataError(
                f"The class folder {name} holds no PNG file; add images to it, or remove it."
            )
        for file in files:
            try:
                images.append(_read(folder / name / file))
            except DataError as error:
                faults.append(f"{name}/{file} {error}")
            labels.append(label)
    if faults:
        count = f" {len(faults):,} of {len(labels):,} files are at fault." * (len(faults) > 1)
        raise DataError(f"{faults[0]}{count}")
    pixels = np.stack(images)[..., None].astype(np.float32) / 255
    return Examples(pixels, np.array(labels, np.int64)), tuple(classes)


def _read(path: Path) -> np.ndarray:
    """Return the grey levels of one image; the message of a DataError follows on its name."""
    try:
        content = io.BytesIO(path.read_bytes())
        # Two passes: verify compares checksums but gives no pixels, load does the opposite.
        with Image.open(content, formats=["PNG"]) as image:
            image.verify()
        with Image.open(content, formats=["PNG"]) as image:
            image.load()
    except Exception:  # PIL, zlib and struct each raise their own
        raise DataError(
            "is broken: it cannot be read as a PNG image. Copy it again from where it came, or "
            "remove it."
        ) from None
    if image.size != _SIZE[::-1]:
        raise DataError(
            f"is {image.width}×{image.height} pixels instead of {_SIZE[1]}×{_SIZE[0]}. Resize it "
            "without distorting it, or remove it."
        )
    if image.mode != "L":
        raise DataError(
            f"is not a grey image of 8 bits but of PIL's mode {image.mode}. Convert it with "
            'image.convert("L").'
        )
    return np.asarray(image)
