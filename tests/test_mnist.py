"""Reading MNIST: small synthetic IDX files under the real names, and the real files."""

import dataclasses
import gzip
import hashlib
import struct

import numpy as np
import pytest

from tlcourse.data import mnist
from tlcourse.data.errors import DataError
from tlcourse.data.mnist import load_mnist, mnist_present

N_TRAIN, N_TEST = 20, 10


def idx(values: np.ndarray) -> bytes:
    """Return the values as an IDX file."""
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """Write 20 + 10 random images in MNIST's four plain files; return their contents."""
    rng = np.random.default_rng(0)
    arrays = []
    for n in (N_TRAIN, N_TEST):
        arrays += [rng.integers(0, 256, (n, 28, 28)), np.arange(n) % 10]
    arrays[0][0, 0, :2] = 0, 255
    use(arrays, tmp_path, monkeypatch)
    return arrays


def use(arrays, folder, monkeypatch):
    """Make the arrays MNIST's official content, in plain files in ``folder``."""
    (folder / "mnist").mkdir(exist_ok=True)
    files = []
    for file, values in zip(mnist.FILES, arrays, strict=True):
        content = values if isinstance(values, bytes) else idx(values)
        (folder / file.other_names[0]).write_bytes(content)
        files.append(dataclasses.replace(file, digest=hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(mnist, "FILES", tuple(files))
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(folder))
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")


def test_values_and_form(small_mnist):
    dataset = load_mnist()
    for examples, images, labels in (
        (dataset.train, *small_mnist[:2]),
        (dataset.test, *small_mnist[2:]),
    ):
        assert np.array_equal(np.rint(examples.images[..., 0] * 255), images)
        assert np.array_equal(examples.labels, labels)
    assert dataset.train.images[0, 0, :2, 0].tolist() == [0.0, 1.0]
    assert dataset.class_names == tuple("0123456789")
    assert "LeCun" in dataset.source
    assert dataset.licence == "CC BY-SA 3.0"


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_are_used_as_they_are(small_mnist, tmp_path, dotted, zipped, capsys):
    for plain in sorted((tmp_path / "mnist").iterdir()):
        name = plain.name.replace("-idx", ".idx") if dotted else plain.name
        content = plain.read_bytes()
        plain.unlink()
        (plain.parent / (name + ".gz" * zipped)).write_bytes(
            gzip.compress(content, compresslevel=1) if zipped else content
        )
    before = sorted((tmp_path / "mnist").iterdir())
    assert mnist_present()
    assert len(load_mnist().train) == N_TRAIN
    assert sorted((tmp_path / "mnist").iterdir()) == before  # no lock, no copy
    assert capsys.readouterr() == ("", "")


def test_present_only_with_all_four(small_mnist, tmp_path):
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").unlink()
    assert not mnist_present()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is not in"):
        load_mnist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG....", "not an IDX file.*89 50 4e 47"),
        (b"\0\0\x08\x03\0", "not an IDX file"),
        (idx(np.zeros((20, 784))), "not an IDX file of uint8 values with 3 axes"),
        (idx(np.zeros((20, 28, 28)))[:-1], "should hold 15,680 values.*holds 15,679"),
    ],
    ids=["png", "no header", "axes", "length"],
)
def test_not_idx(small_mnist, tmp_path, monkeypatch, content, words):
    use([content, *small_mnist[1:]], tmp_path, monkeypatch)
    with pytest.raises(DataError, match=words):
        load_mnist()


def test_no_network_says_what_to_do(no_network, capsys):
    with pytest.raises(DataError, match=r"train-images.*no network.*TLCOURSE_DATA_DIR"):
        load_mnist()
    assert "Fetching MNIST (12 MB)" in capsys.readouterr().out


def test_real_mnist(real_mnist):
    dataset = load_mnist()
    assert dataset.train.images.shape == (60_000, 28, 28, 1)
    assert dataset.test.images.shape == (10_000, 28, 28, 1)
    assert dataset.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert dataset.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(dataset.train.labels).tolist() == counts
    assert dataset.train.images.mean(dtype=np.float64) == pytest.approx(0.1306604, abs=1e-6)
    assert (dataset.train.images.min(), dataset.train.images.max()) == (0, 1)
