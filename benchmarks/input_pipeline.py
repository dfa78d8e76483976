"""60,000 small grey images as 224×224 RGB through an ImageNet base, within 2 GB of memory.

Ours is ``imagenet_base(size=224)``: enlarging and colour are part of the network, so only one
batch of large images exists at a time. The naive way makes the large images
of the whole dataset first, then predicts; for 60,000 images that would be 36 GB.

The whole network takes many minutes for 60,000 images on a CPU, so all of them are streamed to
its first block, where its maps are largest, and to all of it only a part. The stream comes first,
because a process's peak of memory never falls again.
"""

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from benchmarks.measuring import (
    GIGABYTE,
    Row,
    alternate,
    compare,
    peak_memory,
    run_alone,
    wall_seconds,
)
from tlcourse.data import load
from tlcourse.models import extract_features, imagenet_base

SIZE, LIMIT = 224, 2 * GIGABYTE
LAYER = "block_13_expand_relu"  # the course's usual layer
FIRST_BLOCK = "block_1_expand_relu"  # the largest maps of the network
PART, REPEATS = 2_000, 3
# With 256 the maps of a batch alone take more than 1.2 GB, and the CPU was no faster.
BATCH = 32


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return two rows: peak memory, and images/s on a part that fits in memory enlarged."""
    images = load(data).train.images
    size, part = (64, 256) if smoke else (SIZE, PART)
    stream = images[:512] if smoke else images
    first = imagenet_base(FIRST_BLOCK, size=size)
    whole = imagenet_base(LAYER, size=size)

    seconds = wall_seconds(lambda: streamed(first, stream))
    streamed(whole, images[:256])  # the first call also builds what the later ones use again
    peak = peak_memory()

    def speed(function: Callable[[keras.Model, np.ndarray], np.ndarray]) -> float:
        return part / wall_seconds(lambda: function(whole, images[:part]))

    ours, naive = alternate(
        lambda: speed(streamed), lambda: speed(enlarged_first), repeats=1 if smoke else REPEATS
    )
    needed = len(stream) * size**2 * 3 * 4
    memory = compare(
        f"Peak memory, {len(stream):,} images as {size}×{size} RGB to an ImageNet base",
        [peak / GIGABYTE],
        [needed / GIGABYTE],
        "GB",
        notes=(
            f"Peak of the whole process after streaming all of them through MobileNetV2 up to "
            f"{FIRST_BLOCK} (its largest maps; {seconds:.0f} s, "
            f"{len(stream) / seconds:,.0f} images/s) and 256 of them up to {LAYER}; TensorFlow "
            f"and the dataset included. The usual way: the enlarged images alone, computed, not "
            f"measured; with {part:,} images its process took {peak_memory() / GIGABYTE:.2f} GB."
        ),
    )
    judged = {"wanted": f"≤ {LIMIT / GIGABYTE:g} GB", "met": bool(peak <= LIMIT)}
    return [
        replace(memory, **judged),
        compare(
            f"Speed of the same base, {part:,} images",
            ours,
            naive,
            "images/s",
            more_is_better=True,
            notes=(
                f"Up to {LAYER}, batches of {BATCH}, all cores, wall time. The usual way enlarges "
                f"all {part:,} images first (counted), then predicts in the same batches."
            ),
        ),
    ]


def streamed(base: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return pooled features; the small images become large batch by batch, in the network."""
    return extract_features(base, images, cached=False, batch_size=BATCH)


def enlarged_first(base: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the same features, after making all images large and coloured."""
    *_, last_of_preparation, network = base.layers
    enlarge = keras.Model(base.input, last_of_preparation.output)
    parts = [np.asarray(enlarge(images[k : k + 256])) for k in range(0, len(images), 256)]
    large = np.concatenate(parts)
    del parts
    return _pooled(network.input, network.output).predict(large, batch_size=BATCH, verbose=0)


def _pooled(images: keras.KerasTensor, maps: keras.KerasTensor) -> keras.Model:
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(maps))


if __name__ == "__main__":
    run_alone(measure)
