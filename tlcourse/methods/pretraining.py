"""Pretraining on the source task: how the committed letters base was made."""

import hashlib
import json
import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tlcourse.data.loading import load
from tlcourse.data.paths import atomic_write, repository_data
from tlcourse.data.validation import check_path
from tlcourse.data.weights import PROVENANCE_FILE, WEIGHTS_FILE
from tlcourse.methods.timing import Stopwatch
from tlcourse.methods.training import set_seed, train
from tlcourse.models import accuracy, add_head, build_base

# Longer training made neither the letters nor, as features, the digits any better.
STEPS, EPOCHS, LEARNING_RATE, SEED = 2_000, 10, 3e-3, 0


def pretrain_letters(folder: Path | None = None, *, steps: int = STEPS) -> Path:
    """Train the base CNN on printed letters; write its weights and where they come from.

    Args:
        folder: where to write; the course's ``data`` folder if None.
        steps: number of batches of 64 letters; a multiple of 10.

    Returns:
        The path of the weights; their provenance is written beside them.
    """
    letters = load("letters")
    set_seed(SEED)
    base = build_base("letters_base")
    model = add_head(base, letters.n_classes)
    with Stopwatch() as watch:
        train(
            model,
            letters.train.images,
            letters.train.labels,
            steps=steps,
            epochs=EPOCHS,
            learning_rate=LEARNING_RATE,
            seed=SEED,
            augment=True,
            callbacks=(keras.callbacks.LambdaCallback(on_epoch_end=_report_epoch),),
        )

    folder = repository_data("") if folder is None else check_path(folder)
    path = folder / WEIGHTS_FILE
    with atomic_write(path) as part:
        base.save_weights(part)
    description = {
        "what": "weights of the base CNN (tlcourse.models.build_base), trained on printed letters",
        "command": "tlcourse pretrain letters",
        "seed": SEED,
        "steps": steps,
        "letters_test_accuracy": round(accuracy(model, letters.test), 4),
        "training_seconds": round(watch.seconds, 1),
        "training_cpu_seconds": round(watch.cpu_seconds, 1),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "source": letters.source,
        "licence": "MIT, like the course",
    }
    with atomic_write(folder / PROVENANCE_FILE) as part:
        part.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return path


def _report_epoch(epoch: int, logs: dict[str, float]) -> None:
    print(f"epoch {epoch + 1} of {EPOCHS}: {logs['accuracy']:.1%} of the letters right", flush=True)
