"""``tlcourse pretrain letters``: what it writes, and that it makes the committed base again."""

import hashlib
import json
from importlib import import_module

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tlcourse.data import labelled_split, load, weights
from tlcourse.methods import pretrain_letters
from tlcourse.models import extract_features, letters_base, provenance

pretraining = import_module("tlcourse.methods.pretraining")


def test_writes_weights_and_provenance(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "new"
    path = pretrain_letters(folder, steps=40)
    assert path == folder / weights.WEIGHTS_FILE
    told = json.loads((folder / weights.PROVENANCE_FILE).read_text())
    assert sorted(x.name for x in folder.iterdir()) == ["letters_base.json", path.name]
    assert told.keys() == provenance().keys()
    assert told["steps"] == 40
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["versions"]["keras"] == keras.__version__
    assert 0 < told["letters_test_accuracy"] < provenance()["letters_test_accuracy"]
    assert told["training_seconds"] > 0
    assert told["training_cpu_seconds"] > 0
    assert "matplotlib" in told["source"]
    assert capsys.readouterr().out.count("of the letters right") == pretraining.EPOCHS
    # What was written is what letters_base reads.
    monkeypatch.setattr(weights, "repository_data", lambda name: folder / name)
    assert letters_base().output_shape == (None, 384)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_makes_the_committed_base_again(tmp_path, monkeypatch):
    """Not to the last bit, since processors round differently, but just as good.

    Tolerances: 1 point on letters; 5 points for the mean over 10 draws of ten labelled digits,
    whose features depend on the weights in many small ways.
    """
    committed = letters_base()
    expected = provenance()["letters_test_accuracy"]
    pretrain_letters(tmp_path)
    monkeypatch.setattr(weights, "repository_data", lambda name: tmp_path / name)
    made = provenance()["letters_test_accuracy"]

    digits = load("digits")

    def ten_labels(base) -> float:
        train, test = (
            extract_features(base, part.images, cached=False)
            for part in (digits.train, digits.test)
        )
        row = dict(zip(map(bytes, digits.train.images), train, strict=True))
        scores = []
        for seed in range(10):
            labelled = labelled_split(digits, total=10, seed=seed).labelled
            features = np.stack([row[bytes(image)] for image in labelled.images])
            head = LogisticRegression(max_iter=1000).fit(features, labelled.labels)
            scores.append(head.score(test, digits.test.labels))
        return float(np.mean(scores))

    before, after = ten_labels(committed), ten_labels(letters_base())
    print(f"letters: {expected:.4f}, again {made:.4f}; ten digits: {before:.3f}, again {after:.3f}")
    assert made == pytest.approx(expected, abs=0.01)
    assert after == pytest.approx(before, abs=0.05)
