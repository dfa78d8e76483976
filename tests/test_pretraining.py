"""``tlcourse pretrain letters``: what it writes, and that the committed base came of its recipe."""

import hashlib
import json
from importlib import import_module

import keras
import numpy as np
import pytest

from tlcourse.data import weights
from tlcourse.methods import pretrain_letters
from tlcourse.models import build_base, letters_base, provenance

pretraining = import_module("tlcourse.methods.pretraining")

# The loss in each tenth of a training of 40 steps. Another recipe (rate, seed, batches,
# augmentation, network, letters) gives others; processors and threads round within 0.3 %.
LOSSES = [4.0545, 3.9007, 3.7169, 3.5855, 3.4704, 3.3083, 3.3041, 3.2421, 3.0825, 3.1636]


def test_it_writes_weights_and_provenance_by_the_recipe(tmp_path, monkeypatch, capsys):
    histories, train = [], pretraining.train
    monkeypatch.setattr(
        pretraining, "train", lambda *given, **options: histories.append(train(*given, **options))
    )
    folder = tmp_path / "new"
    path = pretrain_letters(folder, steps=40)
    assert histories[0]["loss"][:4] == pytest.approx(LOSSES[:4], rel=0.005)
    assert histories[0]["loss"] == pytest.approx(LOSSES, rel=0.02)

    assert path == folder / weights.WEIGHTS_FILE
    assert sorted(x.name for x in folder.iterdir()) == [weights.PROVENANCE_FILE, path.name]
    record = json.loads((folder / weights.PROVENANCE_FILE).read_text())
    committed = provenance()
    assert record.keys() == committed.keys()
    assert record["steps"] == 40
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["versions"]["keras"] == keras.__version__
    assert 0 < record["letters_test_accuracy"] < committed["letters_test_accuracy"]
    assert record["training_seconds"] > 0
    assert record["training_cpu_seconds"] > 0
    assert "matplotlib" in record["source"]
    assert capsys.readouterr().out.count("of the letters right") == pretraining.EPOCHS
    # What was written is what letters_base reads.
    monkeypatch.setattr(weights, "repository_data", lambda name: folder / name)
    assert letters_base().output_shape == (None, 384)


def test_the_committed_base_began_as_the_recipe_begins():
    """Its kernels still resemble the random ones that the seed gives: 0.46 and more, else 0.

    Training it anew takes more than a minute, and to the last bit no two processors agree.
    """
    record = provenance()
    assert (record["steps"], record["seed"]) == (pretraining.STEPS, pretraining.SEED)
    keras.utils.set_random_seed(pretraining.SEED)
    start = build_base("letters_base")
    for before, now in zip(start.weights, letters_base().weights, strict=True):
        if before.path.endswith("kernel"):
            pair = [kernel.numpy().ravel() for kernel in (before, now)]
            assert 0.4 < np.corrcoef(*pair)[0, 1] < 0.9, before.path
