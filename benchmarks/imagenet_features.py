"""Which use of MobileNetV2's ImageNet weights serves the digits best, chosen on training images.

``python -m benchmarks.imagenet_features`` measures every layer, size, pooling and scaling below
on images of the training set, and writes ``imagenet_features.csv``; the best is what
``imagenet_logistic`` uses. It goes on where it was stopped.
"""

import itertools
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from benchmarks.measuring import use_threads
from tlcourse.data import labelled_split, load
from tlcourse.data.paths import REPOSITORY, atomic_write
from tlcourse.methods.supervised import fit_logistic
from tlcourse.models import imagenet_base
from tlcourse.models.imagenet import pool_quarters

TABLE = REPOSITORY / "benchmarks" / "imagenet_features.csv"
LAYERS = ("block_6_expand_relu", "block_10_expand_relu", "block_13_expand_relu")
LAYERS += ("block_16_project_BN", "out_relu")
SIZES, BUDGETS, SEEDS, VALIDATION = (64, 96, 128, 192), (10, 100), (0, 1, 2), 1_000
KEYS = ["layer", "size", "pooling", "scaled", "labels"]


def main(path: Path = TABLE) -> None:
    """Measure what the table lacks, size by size, and print it, the best first."""
    use_threads(1)
    done = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=[*KEYS, "accuracy"])
    for size in SIZES:
        if size not in set(done["size"]):
            done = pd.concat([done, measure(size)], ignore_index=True)
            with atomic_write(path) as part:
                done.to_csv(part, index=False, lineterminator="\n")
    wide = done.pivot(index=KEYS[:-1], columns="labels", values="accuracy")
    print(wide.loc[wide.mean(axis=1).sort_values(ascending=False).index].head(12).round(1))


def measure(size: int) -> pd.DataFrame:
    """Return the accuracy in per cent of all settings at one size of the images.

    For each seed, the labelled images are those of the experiment, and 1,000 others of the
    training set are the yardstick. The test set is not looked at.
    """
    mnist, found = load("mnist"), []
    for seed in SEEDS:
        split = labelled_split(mnist, total=max(BUDGETS), seed=seed)
        fewest = labelled_split(mnist, total=min(BUDGETS), seed=seed)
        used = {image.tobytes() for image in (*split.labelled.images, *fewest.labelled.images)}
        order = np.random.default_rng(seed).permutation(len(mnist.train))[: 2 * VALIDATION]
        free = [k for k in order if mnist.train.images[k].tobytes() not in used][:VALIDATION]
        sets = [fewest.labelled, split.labelled, mnist.train.take(np.array(free))]
        images = np.concatenate([examples.images for examples in sets])
        ends = np.cumsum([len(examples) for examples in sets])[:-1]
        for layer, maps in zip(LAYERS, _maps(images, size), strict=True):
            for pooling, scaled in itertools.product(("avg", "quarters"), (False, True)):
                if pooling == "quarters" and maps.shape[1] < 2:
                    continue
                few, more, unseen = np.split(_pooled(maps, pooling), ends)
                for x, examples in ((few, sets[0]), (more, sets[1])):
                    scaler = StandardScaler(with_mean=scaled, with_std=scaled).fit(x)
                    kernel, bias = fit_logistic(scaler.transform(x), examples.labels)
                    guesses = (scaler.transform(unseen) @ kernel + bias).argmax(axis=1)
                    right = 100 * (guesses == sets[2].labels).mean()
                    found.append((layer, size, pooling, scaled, len(x), right))
    table = pd.DataFrame(found, columns=[*KEYS, "accuracy"])
    return table.groupby(KEYS, sort=False)["accuracy"].mean().round(2).reset_index()


def _maps(images: np.ndarray, size: int) -> list[np.ndarray]:
    whole = imagenet_base("out_relu", size=size)
    network = next(layer for layer in whole.layers if isinstance(layer, keras.Model))
    outputs = [network.get_layer(layer).output for layer in LAYERS]
    # At once for all layers; the images are prepared as ``imagenet_base`` does.
    prepare = keras.Model(whole.inputs[0], whole.layers[whole.layers.index(network) - 1].output)
    to_layers = keras.Model(network.inputs[0], outputs)
    return to_layers.predict(prepare.predict(images, verbose=0), batch_size=32, verbose=0)


def _pooled(maps: np.ndarray, pooling: str) -> np.ndarray:
    if pooling == "avg":
        return maps.mean(axis=(1, 2))
    return np.asarray(pool_quarters(maps))


if __name__ == "__main__":
    main()
