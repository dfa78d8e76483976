"""The small memory between notebooks: two writers, damaged files, a full disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlcourse.data import store

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def child(code: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", "from tlcourse.data import DataError, store\n" + code],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_there_yet(cache):
    assert store.read("progress", {"done": []}) == {"done": []}
    assert not cache.exists()


def test_remembers(cache):
    assert store.update("progress", lambda old: [*old, "é"], []) == ["é"]
    assert store.update("progress", lambda old: [*old, 2], []) == ["é", 2]
    assert store.read("progress", None) == ["é", 2]
    assert store.read("other", None) is None


def test_a_failing_change_changes_nothing(cache):
    store.update("progress", lambda old: [1], [])
    with pytest.raises(ZeroDivisionError):
        store.update("progress", lambda old: 1 / 0, [])
    with pytest.raises(TypeError):
        store.update("progress", lambda old: {1, 2}, [])  # not for JSON
    assert store.read("progress", None) == [1]
    assert visible(cache) == ["progress.json"]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_two_processes_at_once_lose_nothing():
    code = """
print("ready")
input()
for number in range(100):
    store.update("numbers", lambda old: [*old, [NAME, number]], [])
"""
    processes = [child(code.replace("NAME", str(name))) for name in (1, 2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
    seen = store.read("numbers", [])
    assert sorted(seen) == [[name, number] for name in (1, 2) for number in range(100)]


@pytest.mark.parametrize("content", [b'[{"method": "scr', b"", b"\xff\xfe\x00"])
def test_a_damaged_file_is_kept_aside(cache, content, capsys):
    cache.mkdir()
    (cache / "scores.json").write_bytes(content)
    assert store.read("scores", ["default"]) == ["default"]
    shown = capsys.readouterr().out
    aside = cache / "scores.json.damaged"
    assert "scores.json cannot be read" in shown
    assert str(aside) in shown
    assert aside.read_bytes() == content
    assert store.update("scores", lambda old: [*old, "new"], []) == ["new"]
    assert aside.read_bytes() == content
    assert capsys.readouterr().out == ""


def test_killed_while_writing(cache):
    store.update("scores", lambda old: [1], [])
    code = """
import json
def half(value, **_):
    print("writing")
    input()
json.dumps = half
store.update("scores", lambda old: [2], [])
"""
    process = child(code)
    assert process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    assert store.read("scores", None) == [1]
    assert store.update("scores", lambda old: [*old, 3], []) == [1, 3]  # and no lock is left


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_disk(cache):
    store.update("scores", lambda old: [1], [])
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    store.update("scores", lambda old: ["x" * 10_000], [])
except DataError as error:
    print(error)
"""
    shown, complaints = child(code).communicate(timeout=60)
    assert complaints == ""
    assert "TLCOURSE_CACHE_DIR" in shown
    assert json.loads((cache / "scores.json").read_text()) == [1]
    assert visible(cache) == ["scores.json"]
