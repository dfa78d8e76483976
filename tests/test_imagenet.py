"""The base from photographs: real weights where they are, and the faults of getting them."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import h5py
import numpy as np
import pytest

from tlcourse.data import DataError, labelled_split, load
from tlcourse.data.weights import IMAGENET_WEIGHTS, tensors_digest
from tlcourse.methods import METHODS
from tlcourse.methods.registry import PRETRAINING
from tlcourse.models import imagenet, imagenet_base

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED = CHECKOUT.parent / "shared" / "keras" / "models"


@pytest.fixture
def weights(tmp_path) -> Path:
    """Return a writable copy of the real weights, in a folder for ``KERAS_HOME``."""
    if not (SHARED / IMAGENET_WEIGHTS.name).exists():
        pytest.skip("the ImageNet weights are not in ../shared/keras")
    path = tmp_path / "keras" / "models" / IMAGENET_WEIGHTS.name
    path.parent.mkdir(parents=True)
    shutil.copyfile(SHARED / path.name, path)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Let the weights be looked for in this folder."""
    monkeypatch.setattr(imagenet, "weights_folder", lambda: tmp_path / "keras" / "models")
    return tmp_path / "keras" / "models"


def refusal() -> str:
    with pytest.raises(DataError) as caught:
        imagenet_base()
    message = str(caught.value)
    assert "\n" not in message
    return message


USE = """
import json
import numpy as np
from tlcourse.models import extract_features, imagenet_base
from tlcourse.models.features import weights_digest

images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
base = imagenet_base()
last = imagenet_base("out_relu", size=32)
print(json.dumps({
    "map": base.output_shape, "last map": last.output_shape,
    "features": extract_features(base, images).tolist(),
    "plain": np.asarray(base(images)).mean(axis=(1, 2)).tolist(),
    "last": extract_features(last, images).shape,
    "digests": [weights_digest(imagenet_base(size=size)) for size in (64, 64, 96)],
    "name": base.name,
}))
"""


@pytest.fixture
def used(weights, no_network, tmp_path) -> dict:
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    env |= {"KERAS_HOME": str(tmp_path / "keras"), "PYTHONPATH": str(CHECKOUT)}
    env["TLCOURSE_CACHE_DIR"] = str(tmp_path / "cache")
    run = subprocess.run([sys.executable, "-c", USE], env=env, capture_output=True, text=True)
    assert run.stderr == ""  # no progress bar, no warning about the size
    return json.loads(run.stdout)


def test_real_weights(used):
    assert used["map"] == [None, 4, 4, 192]
    assert used["last map"] == [None, 1, 1, 1280]
    assert used["last"] == [3, 1280]
    assert used["name"] == "imagenet_block_13_expand_relu"
    assert np.shape(used["features"]) == (3, 192)
    assert np.allclose(used["features"], used["plain"], atol=1e-4)
    assert np.std(used["features"], axis=0).max() > 0
    # Features of one base, built twice, are computed once; those of another size anew.
    first, again, larger = used["digests"]
    assert first != larger
    assert first == again


@pytest.mark.usefixtures("weights")
def test_tuning_moves_convolutions_and_no_batch_normalisation(folder, monkeypatch):
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 3)
    split = labelled_split(load("digits"), total=10, seed=0)
    before = imagenet_base(pooling="avg")
    assert before.output_shape == (None, 192)
    model = METHODS["imagenet_finetuned"].train(split, 0)
    train_batchnorm = convolutions = 0
    tuned = model.get_layer("imagenet_base")
    for new, old in zip(tuned.weights, before.weights, strict=True):
        stayed = np.array_equal(new.numpy(), old.numpy())
        if new.path.endswith("kernel"):
            convolutions += 1
            assert not stayed, new.path
        else:
            train_batchnorm += 1
            assert stayed, new.path
    assert convolutions > 30
    assert train_batchnorm == 4 * convolutions
    frozen = METHODS["imagenet_frozen"].train(split, 0)
    assert [w.path for w in frozen.trainable_weights] == ["head/kernel", "head/bias"]
    kept = frozen.get_layer("imagenet_base").get_weights()
    assert all(map(np.array_equal, kept, before.get_weights()))


def test_nobody_told_what_pretraining_cost():
    names = {name for name, method in METHODS.items() if method.pretraining == "imagenet"}
    assert names == {"imagenet_frozen", "imagenet_finetuned"}
    assert np.isnan(PRETRAINING["imagenet"](None)).all()


def test_no_network(folder, no_network):
    message = refusal()
    assert f"{IMAGENET_WEIGHTS.name} is not in {folder}" in message
    assert "no network" in message
    # These weights are where Keras keeps its own; the folder of the datasets is another one.
    assert "KERAS_HOME" in message
    assert "TLCOURSE_DATA_DIR" not in message


def test_offline(folder, monkeypatch):
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    assert "TLCOURSE_OFFLINE is set" in refusal()
    assert not folder.exists()


def one_value_changed(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["Conv1/Conv1/kernel"][0, 0, 0, 0] += 0.5


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1000]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"<html>Please log in</html>"),
        one_value_changed,
    ],
    ids=["truncated", "empty", "text", "one value"],
)
def test_damaged(weights, folder, monkeypatch, damage):
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    damage(weights)
    assert f"{weights} is damaged" in refusal()
    assert weights.exists()


def test_whole_weights_pass(weights):
    assert IMAGENET_WEIGHTS.matches(weights)


def test_the_digest_looks_at_values_not_at_names(tmp_path):
    a, b = np.arange(6, dtype=np.float32), np.ones((2, 2), np.float32)

    def digest(**tensors):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w") as file:
            file.attrs["made by"] = str(list(tensors))
            for name, values in tensors.items():
                file.create_dataset(name.replace("_", "/"), data=values, compression="gzip")
        return tensors_digest(path)

    whole = digest(x=a, y=b)
    assert digest(y=a, x=b) == whole
    assert digest(group_deep_x=b, z=a) == whole
    assert digest(x=a.astype(">f4"), y=b) == whole
    assert digest(x=a, y=b + 1e-6) != whole
    assert digest(x=a) != whole
    assert digest(x=a, y=b, z=b) != whole
