"""Photographs to features: our folder pipeline against ``image_dataset_from_directory``.

Both read the same photographs of 1,200×900 pixels (made up, since the course's are downloaded) and
give them to the same base at the same size. Then the peak of memory over many thousand.
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from benchmarks.measuring import (
    GIGABYTE,
    Row,
    alternate,
    compare,
    peak_memory,
    run_alone,
    wall_seconds,
)
from tlcourse import project
from tlcourse.data import check_photos

PHOTOGRAPHS, REPEATS = 200, 3
MANY = 20_000
_LARGE, _SMALL = (1200, 900), (320, 240)


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return two rows: photographs a second, and gigabytes; ``data`` plays no part."""
    n, many = (8, 64) if smoke else (PHOTOGRAPHS, MANY)
    base = plain_base()
    with tempfile.TemporaryDirectory() as name:
        folder, target = Path(name) / "photographs", Path(name) / "project"
        write(folder, n, _LARGE)
        report = check_photos(folder, progress=False)

        def ours() -> float:
            (target / "features.json").unlink(missing_ok=True)  # else they are taken over
            return n / wall_seconds(lambda: project.features_of(report, base, target))

        def other() -> float:
            return n / wall_seconds(lambda: usual(folder, base))

        speeds = alternate(ours, other, repeats=1 if smoke else REPEATS)
        memory = peak_over(many, Path(name) / "many")
    much = compare(
        f"Peak memory, check and features of {many:,} photographs",
        [memory],
        [4 * many * project.SIZE**2 * 3 / GIGABYTE],
        "GB",
        notes="The other number is what all of them take at that size as 32-bit floats, computed "
        "and not measured.",
    )
    return [
        compare(
            f"Features of {n} photographs of {_LARGE[0]}×{_LARGE[1]}, in files",
            *speeds,
            "photographs/s",
            more_is_better=True,
            notes=f"JPEG files to MobileNetV2 (α 0.35) at {project.SIZE} pixels, two classes. "
            "Ours decodes at a fraction of the size, cuts the middle out, turns by EXIF, writes "
            "features to disk as it goes; the usual way is image_dataset_from_directory with "
            "crop_to_aspect_ratio, and predict.",
        ),
        replace(much, wanted="at most 2 GB", met=memory <= 2),
    ]


def plain_base() -> keras.Model:
    """Return MobileNetV2 for photographs, with random weights: as quick as with ImageNet's."""
    photos = keras.Input((project.SIZE, project.SIZE, 3))
    network = keras.applications.MobileNetV2(
        input_shape=photos.shape[1:], alpha=0.35, include_top=False, weights=None, pooling="avg"
    )
    return keras.Model(photos, network(keras.layers.Rescaling(1 / 127.5, offset=-1)(photos)))


def write(folder: Path, n: int, size: tuple[int, int]) -> None:
    """Write ``n`` JPEG files of two classes, all different, with the detail of photographs."""
    rng = np.random.default_rng(0)
    for i in range(n):
        coarse = rng.integers(0, 256, (size[1] // 30, size[0] // 30, 3)).astype(np.uint8)
        picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        target = folder / ("one" if i % 2 else "two") / f"{i:05}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.save(target, quality=90)


def usual(folder: Path, base: keras.Model) -> np.ndarray:
    """Compute features as most tutorials do."""
    photographs = keras.utils.image_dataset_from_directory(
        folder,
        image_size=(project.SIZE, project.SIZE),
        crop_to_aspect_ratio=True,
        shuffle=False,
        verbose=False,
    )
    return base.predict(photographs, verbose=0)


def peak_over(n: int, folder: Path) -> float:
    """Return the peak of memory, in gigabytes, of a process that checks and computes features."""
    write(folder / "photographs", n, _SMALL)
    code = "import sys; from benchmarks.photographs import check_and_compute as f; f(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def check_and_compute(folder: str) -> None:
    """Check the photographs of a folder, compute their features, print the peak in gigabytes."""
    report = check_photos(Path(folder) / "photographs", progress=False)
    project.features_of(report, plain_base(), Path(folder) / "project")
    print(peak_memory() / GIGABYTE)


if __name__ == "__main__":
    run_alone(measure)
