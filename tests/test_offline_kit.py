"""The offline kit: what is in the folder, and that a set-up from it asks no network."""

import subprocess
import sys
from pathlib import Path

import pytest
from test_environment import course  # noqa: F401  a fixture

from editions import offline_kit
from tlcourse.data import DataError
from tlcourse.data.weights import weights_folder


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """Return a small course, with data, in a folder of its own."""
    folder = tmp_path / "course"
    for name in (
        "course.py",
        "notebooks/00_start_here.ipynb",
        "data/letters_base.json",
        ".venv/bin/python",
        "my/00_start_here.ipynb",
        "data/cache/features.npy",
        "data/mnist/images.gz",
        "data/mnist/.download.lock",
        "data/photos/hymenoptera/train/ants/1.jpg",
        "keras/mobilenet.h5",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    monkeypatch.setattr(offline_kit, "REPOSITORY", folder)
    monkeypatch.setattr(offline_kit, "data_dir", lambda: folder / "data")
    monkeypatch.setattr(offline_kit, "imagenet_weights", lambda: folder / "keras/mobilenet.h5")
    monkeypatch.setattr(offline_kit, "load", lambda name: None)
    monkeypatch.setattr(offline_kit, "photo_folder", lambda name: None)
    return folder


def test_a_kit_holds_the_course_and_its_data_and_nothing_of_the_instructors(
    repository, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(offline_kit, "download_wheels", lambda folder: folder.mkdir())
    out = tmp_path / "kit"
    assert offline_kit.main(["--out", str(out)]) == 0
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert files == {
        "README-offline.txt",
        "course.py",
        "notebooks/00_start_here.ipynb",
        "data/letters_base.json",
        "data/mnist/images.gz",
        "data/photos/hymenoptera/train/ants/1.jpg",
        "data/keras/models/mobilenet.h5",
        "keras/mobilenet.h5",
    }
    assert str(out) in capsys.readouterr().out
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(out / "data"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert weights_folder() == out / "data" / "keras" / "models"
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "mine"))
    assert weights_folder() == tmp_path / "mine" / "models"


def test_what_cannot_be_downloaded_ends_with_a_sentence(repository, tmp_path, monkeypatch, capsys):
    done = subprocess.CompletedProcess([], returncode=1)
    monkeypatch.setattr(offline_kit.subprocess, "run", lambda *given, **options: done)
    with pytest.raises(DataError, match="Check the network"):
        offline_kit.download_wheels(tmp_path / "wheels")
    assert offline_kit.main(["--out", str(tmp_path / "kit")]) == 1
    assert "The kit is not complete: pip could not" in capsys.readouterr().err


def test_a_set_up_from_a_kit_asks_no_network(course, monkeypatch):  # noqa: F811
    asked = []

    class Done:
        returncode, stdout = 0, ()

        def __init__(self, command, **options):
            asked.append(command)

        def __enter__(self):
            return self

        def __exit__(self, *reason):
            return None

    Path(course.LOCK).write_text(f"uv==0.0.0.1 \\\n    --hash=sha256:{'0' * 64}\nother==1\n")
    monkeypatch.setattr(course.subprocess, "Popen", Done)
    monkeypatch.setattr(course, "PYTHON", sys.executable)
    course.install_packages()
    assert not any("--no-index" in command for command in asked)
    asked.clear()
    Path(course.WHEELS).mkdir()
    course.install_packages()
    assert len(asked) == 2
    for command in asked:
        assert command[command.index("--no-index") :][:3] == [
            *("--no-index", "--find-links"),
            course.WHEELS,
        ]
