"""Printed letters and digits, rendered from the fonts that come with matplotlib.

Letters are the course's source task. Printed digits ask the same question as handwritten ones, with
other images: a source domain.
"""

import string
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tlcourse.data.centring import centre_like_mnist
from tlcourse.data.dataset import Dataset, Examples
from tlcourse.data.paths import atomic_write, cache_dir
from tlcourse.data.validation import check_seed

LETTERS = tuple(string.ascii_uppercase + string.ascii_lowercase)
DIGITS = tuple(string.digits)
N_LETTERS = 30_000, 5_200  # for training, for testing
N_DIGITS = 4_000, 1_000

# Fonts of matplotlib without real letters: boxes, and mathematical symbols in the letters' places.
_NO_LETTERS = {"LastResortHE-Regular.ttf", "cmex10.ttf", "cmsy10.ttf"}
_NO_LETTERS_PREFIXES = ("DejaVuSansDisplay", "DejaVuSerifDisplay", "STIXNonUni", "STIXSiz")

_CANVAS = 96  # pixels; letters are drawn large, then reduced, so that edges stay smooth
_FONT_SIZE = 52
_VERSION = 1  # goes into the cache file's name: raise it when the rendering changes


def load_letters(seed: int = 0) -> Dataset:
    """Return 30,000 training and 5,200 test images of 52 printed letters (A-Z, a-z).

    Rendered when first asked for (some seconds) and then read from the cache. Training and
    test images use the same fonts with different random strokes and transformations.

    Args:
        seed: chooses the random strokes and transformations; the same seed, the same images.

    Raises:
        DataError: a seed that is none.
    """
    return load_glyphs("letters", LETTERS, *N_LETTERS, seed, what="letters")


def load_printed(seed: int = 0) -> Dataset:
    """Return 4,000 training and 1,000 test images of the printed digits 0 to 9.

    Rendered and cached like the letters, from the same fonts.

    Args:
        seed: chooses the random strokes and transformations; the same seed, the same images.

    Raises:
        DataError: a seed that is none.
    """
    return load_glyphs("printed", DIGITS, *N_DIGITS, seed, what="digits")


def load_glyphs(
    name: str, glyphs: Sequence[str], n_train: int, n_test: int, seed: int, *, what: str
) -> Dataset:
    """Return printed glyphs, rendered when first asked for and then read from the cache.

    Where the cache cannot be written, they are rendered all the same, and a line says so.

    Args:
        name: of the dataset, and of its file in the cache.
        glyphs: one character for each class, which is its name too.
        n_train: number of training images.
        n_test: number of test images.
        seed: chooses the random strokes and transformations.
        what: what the glyphs are called in a message: "letters", "digits".

    Raises:
        DataError: a seed that is none.
    """
    path = cache_dir() / f"{name}-v{_VERSION}-seed{check_seed(seed)}.npz"
    n = n_train + n_test
    try:
        with path.open("rb") as file, np.load(file) as stored:
            images, labels = stored["images"], stored["labels"]
    except Exception:  # not there yet, or damaged: NumPy, zipfile and zlib each raise their own
        print(f"Rendering {n:,} printed {what}, once; this takes some seconds.")
        images, labels = render_glyphs(glyphs, n, seed)
        try:
            with atomic_write(path) as part:
                np.savez_compressed(part, images=images, labels=labels)
        except OSError as error:
            print(
                f"They cannot be kept in {path.parent} ({error.strerror}), and will be rendered "
                "again next time. TLCOURSE_CACHE_DIR can name another folder."
            )
    images = images[..., None].astype(np.float32) / 255
    return Dataset(
        name=name,
        train=Examples(images[:n_train], labels[:n_train]),
        test=Examples(images[n_train:], labels[n_train:]),
        class_names=tuple(glyphs),
        source="rendered from the DejaVu, STIX and Computer Modern fonts that matplotlib ships",
        licence="the fonts' own free licences; the images are free of conditions",
    )


def letter_fonts() -> list[Path]:
    """Return matplotlib's bundled fonts that hold the letters A-Z and a-z, sorted by name."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [
        path
        for path in sorted(folder.glob("*.ttf"))
        if path.name not in _NO_LETTERS and not path.name.startswith(_NO_LETTERS_PREFIXES)
    ]


def render_glyphs(glyphs: Sequence[str], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Render ``n`` random glyphs, each in a random font.

    Args:
        glyphs: one character for each class.
        n: number of images.
        seed: chooses fonts, strokes and transformations.

    Returns:
        images: uint8 array of shape ``(n, 28, 28)``, sized and centred like MNIST.
        labels: int64 array of shape ``(n,)``: places in ``glyphs``; the classes are as balanced
            as ``n`` allows.
    """
    rng = np.random.default_rng(seed)
    fonts = [ImageFont.truetype(str(path), _FONT_SIZE) for path in letter_fonts()]
    labels = rng.permutation(np.arange(n) % len(glyphs))
    images = np.stack([_render(glyphs[k], fonts[rng.integers(len(fonts))], rng) for k in labels])
    return images, labels


def _render(glyph: str, font: ImageFont.FreeTypeFont, rng: np.random.Generator) -> np.ndarray:
    canvas = Image.new("L", (_CANVAS, _CANVAS))
    middle = _CANVAS / 2
    ImageDraw.Draw(canvas).text(
        (middle, middle),
        glyph,
        fill=255,
        font=font,
        anchor="mm",
        stroke_width=int(rng.integers(4)),
    )
    # A random affine map about the middle: turn, slant and stretch.
    angle, slant = rng.normal(0, np.deg2rad(8)), rng.normal(0, 0.2)
    wide, high = rng.uniform(0.75, 1.25, size=2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, slant], [0, 1]]) @ np.diag([wide, high])
    shift = middle - matrix @ [middle, middle]
    moved = canvas.transform(
        canvas.size,
        Image.Transform.AFFINE,
        (*matrix[0], shift[0], *matrix[1], shift[1]),
        Image.Resampling.BILINEAR,
    )
    return centre_like_mnist(np.asarray(moved))
