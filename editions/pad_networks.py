"""The three networks of the site's digit pad: trained with ten labels, packed for a browser.

    python -m editions.pad_networks

trains them anew on MNIST, in some minutes, and writes ``data/pad_networks.bin``
(ten images of the test set, then the weights, a byte each) and ``data/pad_networks.json``: what
they are, how to read them, and where they come from.
"""

import argparse
import hashlib
import json
import platform
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import tlcourse as tl
from tlcourse.data import DataError
from tlcourse.data.paths import atomic_write, repository_data
from tlcourse.methods.registry import get_method
from tlcourse.methods.timing import Stopwatch

METHODS = ("scratch", "letters_frozen", "graph_fixmatch")
LABELS, SEED, N_EXAMPLES = 10, 0, 10
FILE = "pad_networks.json"


def main(arguments: list[str] | None = None) -> int:
    """Train, pack and write the networks; return 0.

    Raises:
        DataError: MNIST is not there.
    """
    parser = argparse.ArgumentParser(prog="python -m editions.pad_networks", description=__doc__)
    parser.add_argument("--out", type=Path, default=repository_data(""), help="the folder")
    out = parser.parse_args(arguments).out
    digits = tl.data.load("auto")
    if digits.name != "mnist":
        raise DataError(
            f"The networks of the pad learn from MNIST; the data in use is {digits.name}. Connect "
            "to a network once, or let TLCOURSE_DATA_DIR name the folder that holds mnist/."
        )
    split = tl.data.labelled_split(digits, total=LABELS, seed=SEED)
    examples = digits.test.images[:N_EXAMPLES]
    packed, networks = np.round(255 * examples).astype(np.uint8).tobytes(), []
    for name in METHODS:
        print(f"{name} ...", flush=True)
        with Stopwatch() as watch:
            model = get_method(name).train(split, SEED)
        network = {
            "method": name,
            "title": get_method(name).title,
            "seconds": round(watch.seconds, 1),
            "cpu_seconds": round(watch.cpu_seconds, 1),
            "accuracy": round(tl.models.accuracy(model, digits.test), 4),
        }
        weights, network["tensors"] = pack(model)
        network["accuracy_packed"] = round(tl.models.accuracy(model, digits.test), 4)
        network["example_probabilities"] = tl.models.predict(model, examples).round(4).tolist()
        packed += weights
        networks.append(network)
        print("accuracy {accuracy}, with a byte a weight {accuracy_packed}".format(**network))
    record = {
        "what": "networks that learned from the same ten labelled digits, for the site's digit pad",
        "command": "python -m editions.pad_networks",
        "dataset": digits.name,
        "labels": LABELS,
        "seed": SEED,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "licence": "weights: MIT, like the course; images: CC BY-SA 3.0 (MNIST: Y. LeCun, "
        "C. Cortes, C. Burges)",
        "example_labels": digits.test.labels[:N_EXAMPLES].tolist(),
        "networks": networks,
    }
    with atomic_write((out / FILE).with_suffix(".bin")) as part:
        part.write_bytes(packed)
    with atomic_write(out / FILE) as part:
        part.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def pack(model: keras.Model) -> tuple[bytes, list[dict]]:
    """Store a trained classifier's weights in a byte each, and give the model what was stored.

    Batch normalisation becomes what it is after training: a factor and a summand for each filter.

    Args:
        model: the course's base with a head.

    Returns:
        The bytes of all tensors, and for each tensor a dictionary: its ``shape``; ``min`` and
        ``step``, so that a weight is ``min + step * byte``; the ``stride`` of a convolution.
        Of each convolution come kernel, factors and summands; then kernel and bias of the head.
    """
    packed, tensors = b"", []

    def stored(values: np.ndarray, **more) -> np.ndarray:
        nonlocal packed
        low, step = float(values.min()), float(np.ptp(values)) / 255 or 1.0
        data = np.round((values - low) / step).astype(np.uint8)
        packed += data.tobytes()
        tensors.append({"shape": list(values.shape), "min": low, "step": step, **more})
        return low + step * data.astype(np.float32)

    *_, base, head = model.layers
    for layer in base.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([stored(layer.get_weights()[0], stride=layer.strides[0])])
        elif isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            factors = gamma / np.sqrt(variance + layer.epsilon)
            ones = np.ones_like(mean)
            layer.set_weights(
                [stored(factors), stored(beta - mean * factors), 0 * ones, ones - layer.epsilon]
            )
    head.set_weights([stored(weights) for weights in head.get_weights()])
    return packed, tensors


if __name__ == "__main__":
    sys.exit(main())
