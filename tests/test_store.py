"""The small memory between notebooks: two writers, damaged files, disks that cannot be written."""

import sys
from pathlib import Path

import child_process
import pytest

from tlcourse.data import store

IMPORT = "from tlcourse.data import store\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_remembers(cache):
    assert store.read("progress", {"done": []}) == {"done": []}
    assert not cache.exists()
    assert store.update("progress", lambda old: [*old, "é"], []) == ["é"]
    assert store.update("progress", lambda old: [*old, 2], []) == ["é", 2]
    assert store.read("progress", None) == ["é", 2]
    assert store.read("other", None) is None
    assert store.not_kept("progress") == ""


def test_a_failing_change_changes_nothing(cache):
    store.update("progress", lambda old: [1], [])
    with pytest.raises(ZeroDivisionError):
        store.update("progress", lambda old: 1 / 0, [])
    with pytest.raises(TypeError):
        store.update("progress", lambda old: {1, 2}, [])  # not for JSON
    assert store.read("progress", None) == [1]
    assert visible(cache) == ["progress.json"]


def test_two_processes_at_once_lose_nothing():
    code = """
import sys
print("ready")
input()
for number in range(50):
    store.update("numbers", lambda old: [*old, [sys.argv[1], number]], [])
"""
    processes = [child_process.start(IMPORT + code, name) for name in "ab"]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
    seen = store.read("numbers", [])
    assert sorted(seen) == [[name, number] for name in "ab" for number in range(50)]


@pytest.mark.parametrize("content", [b'[{"method": "scr', b"", b"\xff\xfe\x00"])
def test_every_damaged_file_is_kept_aside(cache, content, capsys):
    cache.mkdir()
    for number, more in (("", b""), ("2", b"{")):
        (cache / "scores.json").write_bytes(content + more)
        assert store.read("scores", ["default"]) == ["default"]
        aside = cache / f"scores.json.damaged{number}"
        shown = capsys.readouterr().out
        assert "scores.json cannot be read" in shown
        assert f"{aside}." in shown
    assert store.update("scores", lambda old: [*old, "new"], []) == ["new"]
    assert (cache / "scores.json.damaged").read_bytes() == content
    assert aside.read_bytes() == content + b"{"
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
    process = child_process.start(IMPORT + code)
    assert process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    assert store.read("scores", None) == [1]
    assert store.update("scores", lambda old: [*old, 3], []) == [1, 3]  # and no lock is left


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_on_a_full_disk_it_is_remembered_by_the_kernel_alone(cache):
    store.update("scores", lambda old: [1], [])
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for number in (2, 3):
    store.update("scores", lambda old: [*old, number, "x" * 10_000], [])
print([x for x in store.read("scores", []) if isinstance(x, int)])
"""
    code, shown, complaints = child_process.run(IMPORT + code)
    assert (code, complaints) == (0, "")
    assert shown.count("TLCOURSE_CACHE_DIR") == 1  # once is enough
    assert shown.endswith("[1, 2, 3]\n")
    assert store.read("scores", None) == [1]
    assert visible(cache) == ["scores.json"]


def test_a_cache_that_cannot_be_made(cache, capsys):
    cache.write_text("in the way")
    assert store.read("scores", []) == []
    assert store.update("scores", lambda old: [*old, 1], []) == [1]
    assert capsys.readouterr().out.strip() == store.not_kept("scores")
    assert "remembered only until this kernel ends" in store.not_kept("scores")
    assert store.update("scores", lambda old: [*old, 2], []) == store.read("scores", []) == [1, 2]
    cache.unlink()  # the reason is gone
    assert store.update("scores", lambda old: [*old, 3], []) == [1, 2, 3]
    assert store.not_kept("scores") == ""
    assert visible(cache) == ["scores.json"]


def test_a_file_that_may_not_be_read_is_neither_damaged_nor_replaced(cache, capsys, monkeypatch):
    store.update("scores", lambda old: [1], [])

    def refused(*_, **__):  # root, as in a container, may read everything
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refused)
        assert store.read("scores", ["default"]) == ["default"]
        assert "cannot be read (Permission denied)" in capsys.readouterr().out
        assert store.update("scores", lambda old: [*old, 2], []) == [2]
    assert (cache / "scores.json").read_text() == "[\n 1\n]"
    assert visible(cache) == ["scores.json"]
