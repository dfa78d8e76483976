"""``load``: it always says which data are in use, and never swaps them silently."""

import shutil

import pytest

from tlcourse.data import DataError, letters, load, mnist


def test_an_unknown_name_is_answered_with_the_known_ones():
    words = "no dataset named 'mnits'; choose from auto, mnist, .* Did you mean 'mnist'"
    with pytest.raises(DataError, match=words):
        load("mnits")


@pytest.mark.parametrize("name", ["digits", "letters", "printed"])
def test_says_what_it_gives_and_no_hint(name, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(letters, "N_LETTERS", (364, 52))
    monkeypatch.setattr(letters, "N_DIGITS", (100, 20))
    dataset = load(name)
    shown = capsys.readouterr().out
    assert dataset.name == name
    assert f"Data in use: {name} ({len(dataset.train):,} training images)." in shown
    assert "Hint" not in shown


def test_auto_takes_mnist_when_it_is_there(no_network, real_mnist, capsys):
    dataset = load()
    assert dataset.name == "mnist"
    shown = capsys.readouterr()
    assert "Data in use: mnist (60,000 training images)." in shown.out
    assert 'load("digits")' in shown.out  # how to get the other
    assert "Hint" not in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    "reason", ["no network", "TLCOURSE_OFFLINE is set", "t10k-labels-idx1-ubyte.gz is damaged"]
)
def test_auto_falls_back_to_digits_and_says_why(
    real_mnist, no_network, monkeypatch, tmp_path, capsys, reason
):
    if "OFFLINE" in reason:
        monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    if "damaged" in reason:
        shutil.copytree(real_mnist / "mnist", tmp_path / "mnist")
        damaged = tmp_path / mnist.FILES[3].name
        damaged.chmod(0o600)
        damaged.write_bytes(damaged.read_bytes()[:1000])
        monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path))
    assert load("auto").name == "digits"
    shown = capsys.readouterr().out
    assert "MNIST is not available" in shown
    assert reason in shown
    assert "Data in use: digits (1,197 training images)." in shown
    assert 'load("mnist")' in shown  # how to get the other


def test_mnist_by_name_is_never_swapped(no_network, capsys):
    with pytest.raises(DataError, match="no network"):
        load("mnist")
    assert "Data in use" not in capsys.readouterr().out
