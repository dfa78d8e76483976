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
from tlcourse.data import weights as data_weights
from tlcourse.data.weights import IMAGENET_WEIGHTS, tensors_digest
from tlcourse.methods import METHODS
from tlcourse.methods.registry import PRETRAINING
from tlcourse.methods.supervised import fine_tune
from tlcourse.models import imagenet_base
from tlcourse.models.imagenet import pool_quarters

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
    monkeypatch.setattr(data_weights, "weights_folder", lambda: tmp_path / "keras" / "models")
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
from tlcourse.models import imagenet_base, predict

images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
base = imagenet_base("block_3_expand_relu", size=32)
pooled = imagenet_base("block_3_expand_relu", size=32, pooling="avg")
print(json.dumps({
    "maps": predict(base, images).mean(axis=(1, 2)).tolist(),
    "pooled": predict(pooled, images).tolist(),
    "names": [base.name, pooled.name],
}))
"""


def test_real_weights_load_without_a_network_and_without_a_word(weights, no_network, tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    env |= {"KERAS_HOME": str(tmp_path / "keras"), "PYTHONPATH": str(CHECKOUT)}
    run = subprocess.run([sys.executable, "-c", USE], env=env, capture_output=True, text=True)
    assert run.stderr == ""  # no progress bar, no warning about the size
    found = json.loads(run.stdout)
    assert np.shape(found["pooled"]) == (3, 48)
    np.testing.assert_allclose(found["pooled"], found["maps"], atol=1e-4)
    assert np.std(found["pooled"], axis=0).max() > 0
    assert found["names"] == ["imagenet_block_3_expand_relu", "imagenet_base"]


@pytest.mark.usefixtures("weights", "folder")
def test_fine_tuning_moves_convolutions_and_no_batch_normalisation(monkeypatch):
    monkeypatch.setattr(import_module("tlcourse.methods.training"), "steps_for", lambda n: 2)
    split = labelled_split(load("digits"), total=10, seed=0)
    base = imagenet_base("block_3_expand_relu", size=32, pooling="avg")
    before = base.get_weights()
    fine_tune(base, split, 0, augment=False)
    moved = {
        w.path: not np.array_equal(w, old) for w, old in zip(base.weights, before, strict=True)
    }
    kernels = [path for path in moved if path.endswith("kernel")]
    assert len(moved) == 5 * len(kernels) > 0
    assert {path for path in moved if moved[path]} == set(kernels)


@pytest.mark.usefixtures("weights", "folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "block_99"}, "no layer of MobileNetV2 named 'block_99'"),
        ({"pooling": "max"}, "no pooling named 'max'"),
        ({"layer": "out_relu", "size": 32, "pooling": "quarters"}, "maps of one pixel"),
        ({"size": 31}, "size is a whole number, 32 at least; got 31"),
    ],
)
def test_misuse_is_told(options, message):
    with pytest.raises(DataError, match=message):
        imagenet_base(**options)


def test_nobody_told_what_pretraining_cost():
    names = {name for name, method in METHODS.items() if method.pretraining == "imagenet"}
    assert names == {"imagenet_frozen", "imagenet_logistic", "imagenet_finetuned"}
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


@pytest.mark.parametrize("side", [2, 3, 4, 5])
def test_quarters_are_four_whatever_the_side(side):
    maps = np.arange(side * side, dtype=np.float32).reshape(1, side, side, 1)
    half = side - side // 2  # the middle row and column of an odd side belong to both sides
    parts = [maps[0, a : a + half, b : b + half, 0] for a in (0, side // 2) for b in (0, side // 2)]
    assert np.allclose(pool_quarters(maps), [[part.mean() for part in parts]])
