"""``load``: it always says which data are in use, and never swaps them silently."""

import shutil

import pytest

from tlcourse.data import DataError, load, mnist


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(DataError, match="no dataset named 'mnits'; choose from 'auto', 'mnist'"):
        load("mnits")


@pytest.mark.parametrize("name", ["digits", "letters", "printed"])
def test_says_what_it_gives(name, capsys):
    dataset = load(name)
    shown = capsys.readouterr().out
    assert dataset.name == name
    assert f"Data in use: {name} ({len(dataset.train):,} training images)." in shown


@pytest.mark.parametrize("arguments", [(), ("auto",)])
def test_auto_takes_mnist_when_it_is_there(real_mnist, no_proxy_needed, capsys, arguments):
    dataset = load(*arguments)
    shown = capsys.readouterr()
    assert dataset.name == "mnist"
    assert "Data in use: mnist (60,000 training images)." in shown.out
    assert 'load("digits")' in shown.out  # how to get the other
    assert shown.err == ""


@pytest.fixture
def no_proxy_needed(monkeypatch):
    """Whoever asks the network in this test is refused at once."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")


def check_fallback(shown: str, reason: str) -> None:
    assert "MNIST is not available" in shown
    assert reason in shown
    assert "Data in use: digits (1,197 training images)." in shown
    assert 'load("mnist")' in shown  # how to get the other


def test_auto_without_network(no_network, capsys):
    assert load().name == "digits"
    check_fallback(capsys.readouterr().out, "no network")


def test_auto_offline(no_network, monkeypatch, capsys):
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    assert load().name == "digits"
    check_fallback(capsys.readouterr().out, "TLCOURSE_OFFLINE is set")


def test_auto_with_damaged_files(real_mnist, no_network, monkeypatch, tmp_path, capsys):
    shutil.copytree(real_mnist / "mnist", tmp_path / "mnist")
    damaged = tmp_path / mnist.FILES[3].name
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:1000])
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path))
    assert load().name == "digits"
    check_fallback(capsys.readouterr().out, f"{damaged} is damaged")


def test_mnist_by_name_is_never_swapped(no_network, capsys):
    with pytest.raises(DataError, match="no network"):
        load("mnist")
    assert "Data in use" not in capsys.readouterr().out
