"""Made-up photographs: smooth, colourful and different from each other, as real ones are."""

from pathlib import Path

import numpy as np
from PIL import Image


def photograph(seed: int, size: tuple[int, int] = (90, 70)) -> Image.Image:
    """Return a picture of coarse colours; another seed, another picture."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def write_photos(folder: Path, n: int = 6, classes=("cat", "dog"), *, start: int = 0) -> Path:
    """Write ``n`` JPEG files for each class, all different; a class has a tint of its own."""
    for k, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            pixels = np.asarray(photograph(start + 1000 * k + i), np.float32)
            pixels[..., k % 3] = 0.3 * pixels[..., k % 3] + 170
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / name / f"{i}.jpg", quality=92)
    return folder
