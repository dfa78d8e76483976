"""Folders of images: one subfolder for each class, as most tools read them; checked before use.

Layout: ``folder/<class name>/<number>.png``, 8-bit grey images of 28×28 pixels, ink white.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from tlcourse.data.dataset import Examples
from tlcourse.data.errors import DataError
from tlcourse.data.validation import IMAGE_SHAPE, check_labels, check_path, print_doubts

_SIZE = IMAGE_SHAPE[:2]
_PNG = "*.[pP][nN][gG]"


def write_folder(
    examples: Examples, folder: str | os.PathLike[str], class_names: Sequence[str]
) -> Path:
    """Write every image as a PNG file into the subfolder of its class.

    A file's name is the place of its image among the examples. Grey levels are rounded to whole
    numbers from 0 to 255.

    Args:
        examples: what to write.
        folder: is made if it is not there; must be empty. ``~`` is your home folder.
        class_names: what each label stands for; they become the names of the subfolders. A
            class without an example gets an empty subfolder.

    Returns:
        The folder.

    Raises:
        DataError: the folder holds something already or cannot be written, a label without a
            class name, or names that cannot be subfolders.
    """
    folder = check_path(folder)
    names = [str(name) for name in class_names]
    check_labels(examples.labels, len(names))
    # Windows and macOS do not tell "a" from "A".
    if len({name.casefold() for name in names}) < len(names) or any(
        not name or Path(name).name != name or name[0] == "." for name in names
    ):
        raise DataError(
            f"Class names become names of folders, so they must differ in more than upper and "
            f"lower case and hold no path; got {', '.join(map(repr, names))}."
        )
    if os.path.isfile(folder):
        raise DataError(f"{folder.name} is a file; give the name of a new or an empty folder.")
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise DataError(
                f"The folder {folder.name} holds something already, which would be mixed with the "
                "new images; give a new or an empty folder."
            )
        for name in names:
            (folder / name).mkdir(parents=True, exist_ok=True)
        grey = np.round(255 * examples.images[..., 0]).astype(np.uint8)
        digits = len(str(len(examples)))
        for i, (pixels, label) in enumerate(zip(grey, examples.labels, strict=True)):
            Image.fromarray(pixels).save(folder / names[label] / f"{i:0{digits}}.png")
    except OSError as error:
        raise DataError(
            f"The folder {folder.name} cannot be written ({error.strerror}); correct that, or give "
            "another folder."
        ) from error
    return folder


def read_folder(folder: str | os.PathLike[str]) -> tuple[Examples, tuple[str, ...]]:
    """Read a folder of PNG images, after a look at every one of them.

    Subfolders are classes, numbered in the order of their names, which is also what
    ``keras.utils.image_dataset_from_directory`` does. Whatever else is there is passed over, and
    said to be unless it is hidden. Images that are hardly as the course means them, like black on
    white, are read with a printed hint.

    Args:
        folder: the one that holds the class folders. ``~`` is your home folder.

    Returns:
        The examples, class after class and by name within a class; and the class names.

    Raises:
        DataError: no such folder, no subfolders, a subfolder without a PNG file, or an image
            that is broken or not a grey 28×28 one. The message names the first such file,
            relative to ``folder``, and says how many there are.
    """
    folder = check_path(folder)
    if os.path.isfile(folder):
        raise DataError(f"{folder.name} is a file; give the folder that holds the class folders.")
    if not os.path.isdir(folder):
        raise DataError(f"There is no folder {folder}; make it, or correct its name.")
    classes, passed_over = _sorted_out(folder, folder, lambda entry: entry.is_dir())
    if not classes:
        raise DataError(_without_classes(folder, passed_over))
    images, labels, faults = [], [], []
    for label, entry in enumerate(classes):
        files, others = _sorted_out(folder, entry, _is_png)
        if not files:
            raise DataError(_without_images(folder, entry.name, others))
        passed_over += others
        for file in files:
            try:
                images.append(_read(file))
            except DataError as error:
                faults.append(f"{entry.name}/{file.name} {error}")
            labels.append(label)
    if faults:
        count = f" {len(faults):,} of {len(labels):,} files are at fault." * (len(faults) > 1)
        raise DataError(f"{faults[0]}{count}")
    if passed_over:
        more = f" and {len(passed_over) - 1:,} more" * (len(passed_over) > 1)
        print(
            f"Passed over in {folder.name}, since only PNG images in a class folder are read: "
            f"{passed_over[0]}{more}."
        )
    pixels = np.stack(images)[..., None].astype(np.float32) / 255
    examples = Examples(pixels, np.array(labels, np.int64))
    print_doubts(examples.images, examples.labels, f"the folder {folder.name}")
    return examples, tuple(entry.name for entry in classes)


def _is_png(entry: Path) -> bool:
    return entry.suffix.lower() == ".png" and not entry.is_dir()


def _sorted_out(root: Path, folder: Path, wanted) -> tuple[list[Path], list[str]]:
    """Return the entries of ``folder`` that are wanted, and the names of others from ``root`` on.

    Hidden entries are neither.
    """
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.name[0] != ".")
    except OSError as error:
        raise DataError(
            f"The folder {folder.name} cannot be read ({error.strerror}); correct its permissions."
        ) from error
    others = [str(entry.relative_to(root)) for entry in entries if not wanted(entry)]
    return [entry for entry in entries if wanted(entry)], others


def _without_classes(folder: Path, others: list[str]) -> str:
    """Say why a folder has no class folders."""
    if any(_is_png(folder / name) for name in others):
        return (
            f"The folder {folder.name} holds images and no class folders; if it is a class folder "
            "itself, give the one above it, or else put its images into a folder for each class."
        )
    return (
        f"The folder {folder.name} has no subfolders; put the images of each class into a "
        "subfolder with the name of the class."
    )


def _without_images(folder: Path, name: str, others: list[str]) -> str:
    """Say why the class folder ``name`` holds no PNG file."""
    deeper = sorted({file.parents[1].name for file in folder.glob(f"*/*/{_PNG}")})
    if deeper and not any(folder.glob(f"*/{_PNG}")):
        return (
            f"The folder {folder.name} is one level too high: there are class folders inside "
            f"{', '.join(deeper)}. Give {' or '.join(f'{folder.name}/{name}' for name in deeper)}."
        )
    if name in deeper:
        return (
            f"The class folder {name} holds its images in subfolders; move them up into {name} "
            "itself."
        )
    if others:
        return (
            f"The class folder {name} holds no PNG image, but {Path(others[0]).name}; save images "
            'as PNG, with Image.open(path).convert("L").save(path.with_suffix(".png")).'
        )
    return f"The class folder {name} holds no PNG file; add images to it, or remove it."


def _read(path: Path) -> np.ndarray:
    """Return the grey levels of one image; the message of a DataError follows on its name."""
    try:
        content = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise DataError(
            f"cannot be read ({error.strerror}). Correct its permissions, or remove it."
        ) from None
    try:
        # Two passes: verify compares checksums but gives no pixels, load does the opposite.
        with Image.open(content) as image:
            image.verify()
        with Image.open(content) as image:
            image.load()
    except Exception:  # PIL, zlib and struct each raise their own
        raise DataError(
            "is broken: it cannot be read as a PNG image. Copy it again from where it came, or "
            "remove it."
        ) from None
    if fault := _fault(image):
        raise DataError(fault)
    return np.asarray(image)


def _fault(image: Image.Image) -> str:
    """Say what keeps an image from being a grey 28×28 one; ``image`` in the advice is this one."""
    if image.format != "PNG":
        return (
            f"is a {image.format} image under the name of a PNG. Save it as what its name says: "
            'image.save(path, format="PNG").'
        )
    if image.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
        return (
            "is stored turned, with a note (EXIF) how to turn it back, which networks do not read. "
            "Turn it with PIL.ImageOps.exif_transpose(image)."
        )
    if image.size != _SIZE[::-1]:
        return (
            f"is {image.width}×{image.height} pixels instead of {_SIZE[1]}×{_SIZE[0]}. Fit it in "
            "without distorting it, with PIL.ImageOps.pad(image, (28, 28)), or remove it."
        )
    if image.mode != "L":
        return (
            f"is not a grey image of 8 bits but of PIL's mode {image.mode}. Convert it with "
            f"{_conversion(image)}."
        )
    return ""


def _conversion(image: Image.Image) -> str:
    """Return the code that makes an image a grey one of 8 bits, and keeps what it shows."""
    if image.mode.startswith("I"):  # 16 bits, of which not all may be used
        levels = "" if np.asarray(image).max() < 256 else " // 256"
        return f'Image.fromarray((np.asarray(image){levels}).astype("uint8"))'
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    if alpha.min() == alpha.max():  # without transparency, or alike everywhere
        return 'image.convert("L")'
    if alpha.mean() < 128:  # ink on transparent paper: where it is, and not which colour it has
        return 'image.convert("RGBA").getchannel("A")'
    return (
        'Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))'
        '.convert("L")'
    )
