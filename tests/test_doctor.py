"""The command tlcourse, and what its doctor says when something is really wrong."""

import hashlib
import json
import shutil
from pathlib import Path

import child_process
import pytest

import tlcourse
from tlcourse import cli, doctor, methods
from tlcourse.data import DataError, mnist, weights
from tlcourse.data.paths import REPOSITORY, cache_dir, data_dir
from tlcourse.doctor import Status


@pytest.fixture
def committed(tmp_path, monkeypatch) -> Path:
    """Return a stand-in for ``data/`` of the checkout, with a letters base that is whole."""
    folder = tmp_path / "committed"
    folder.mkdir()
    content = b"weights" * 1000
    (folder / weights.WEIGHTS_FILE).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / weights.PROVENANCE_FILE).write_text(json.dumps({"sha256": digest}))
    monkeypatch.setattr(weights, "repository_data", lambda name: folder / name)
    return folder


@pytest.fixture
def quick(committed, monkeypatch, tmp_path) -> None:
    """Leave out TensorFlow, which has tests of its own; start without data and weights."""
    kept = tuple(check for check in doctor.CHECKS if check is not doctor.check_tensorflow)
    monkeypatch.setattr(doctor, "CHECKS", kept)
    for name, folder in (("TLCOURSE_DATA_DIR", "data"), ("KERAS_HOME", "keras"), ("HOME", "home")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("JUPYTER_RUNTIME_DIR", raising=False)
    (tmp_path / "home").mkdir()


def doctor_says(capsys) -> tuple[int, str]:
    """Return the exit code, and the output with its lines joined again."""
    code = cli.main(["doctor"])
    return code, capsys.readouterr().out.replace("\n  ", " ")


def test_a_sound_environment_passes_even_without_data(quick, capsys):
    code, text = doctor_says(capsys)
    assert code == 0
    assert "✗" not in text
    assert "! MNIST is not in " in text
    assert "! The ImageNet network is not in " in text
    assert text.rstrip().endswith("The course can run here.")


def test_the_output_is_plain_text_that_wraps(capsys):
    findings = [
        doctor.Finding(Status.NOTE, "much to say " * 20, "and " * 40 + "x" * 100),
        doctor.Finding(Status.WRONG, "short", ""),
    ]
    doctor.report(findings)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("! much")
    assert lines[-2] == "✗ short"
    assert "cannot run here yet" in lines[-1]
    assert all(line.startswith("  ") for line in lines[1:-2])
    assert f"  {'x' * 100}" in lines  # whole, so that it can be copied
    assert max(len(line) for line in lines if "xxx" not in line) <= 88
    assert "\x1b" not in "".join(lines)


def test_the_folders_looked_at_are_left_as_they_were(quick, tmp_path):
    findings = doctor.checks()
    assert len(findings) == len(doctor.CHECKS)
    assert all(finding.fix for finding in findings if finding.status is not Status.RIGHT)
    assert list((tmp_path / "cache").iterdir()) == []
    assert not list((tmp_path / "home").rglob("*doctor*"))


@pytest.mark.parametrize(
    ("variable", "value", "status", "words"),
    [
        ("TLCOURSE_CACHE_DIR", "file/cache", Status.NOTE, "file/cache cannot be written"),
        ("JUPYTER_RUNTIME_DIR", "file/x", Status.WRONG, "JupyterLab cannot start: its folder"),
        ("HOME", "file/home", Status.WRONG, "JupyterLab cannot start: its folder"),
        ("HOME", "nowhere", Status.NOTE, "nowhere cannot be written (it is not there)"),
    ],
)
def test_folders_that_cannot_be_written(
    quick, monkeypatch, tmp_path, variable, value, status, words
):
    (tmp_path / "file").touch()
    if value == "nowhere":
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv(variable, str(tmp_path / value))
    check = doctor.check_cache if "CACHE" in variable else doctor.check_home
    found = check()
    assert found.status is status
    assert words in found.text.replace("\\", "/")
    assert variable.split("_")[0].replace("JUPYTER", "HOME") in found.fix


@pytest.mark.parametrize("variable", ["TLCOURSE_DATA_DIR", "TLCOURSE_CACHE_DIR"])
def test_a_relative_folder_starts_at_the_checkout_wherever_one_is(variable, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder = data_dir if "DATA" in variable else cache_dir
    for value, expected in (("here", REPOSITORY / "here"), ("~/here", tmp_path / "here")):
        monkeypatch.setenv(variable, value)
        assert folder() == expected


# ----------------------------------------------------------------------- weights and datasets


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (weights.WEIGHTS_FILE, None, "are missing"),
        (weights.WEIGHTS_FILE, "weights" * 999, "are damaged"),
        (weights.PROVENANCE_FILE, None, "cannot be read"),
        (weights.PROVENANCE_FILE, "[]", "cannot be read"),
    ],
)
def test_a_letters_base_that_the_course_would_refuse(
    quick, committed, capsys, name, content, words
):
    (committed / name).unlink()
    if content is not None:
        (committed / name).write_text(content)
    code, text = doctor_says(capsys)
    assert code == 1
    complaint = next(line for line in text.splitlines() if line.startswith("✗"))
    assert "learned from letters" in complaint
    assert words in complaint
    assert "tlcourse pretrain letters" in complaint


def test_mnist_is_looked_at(real_mnist, monkeypatch, tmp_path):
    assert doctor.check_mnist().status is Status.RIGHT
    shutil.copytree(real_mnist / "mnist", tmp_path / "mnist")
    damaged = tmp_path / mnist.FILES[1].name
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path))
    found = doctor.check_mnist()
    assert (found.status, found.text) == (Status.NOTE, f"MNIST is damaged: {damaged}.")


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", Status.NOTE, "is damaged"),
        (b"<html>Please log in</html>", Status.NOTE, "is damaged"),
        ("original", Status.RIGHT, "is here and whole"),
    ],
)
def test_imagenet_weights_are_looked_at(monkeypatch, tmp_path, content, status, words):
    name = weights.IMAGENET_WEIGHTS.name
    if content == "original":
        original = REPOSITORY.parent / "shared" / "keras" / "models" / name
        if not original.exists():
            pytest.skip("the ImageNet weights are not in ../shared/keras")
        content = original.read_bytes()
    (tmp_path / "k" / "models").mkdir(parents=True)
    (tmp_path / "k" / "models" / name).write_bytes(content)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/k")
    found = doctor.check_imagenet()
    assert found.status is status
    assert words in found.text


# ------------------------------------------------------------------------ packages and programs


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ("tlcourse-has-no-such-package>=1", "tlcourse-has-no-such-package is missing"),
        ("numpy>=99", "(needed: >=99)"),
        ("tlcourse-has-no-such-package ; sys_platform == 'plan9'", ""),
    ],
)
def test_packages(monkeypatch, requirement, complaint):
    here = doctor.requirements()
    monkeypatch.setattr(doctor, "requirements", lambda: [*here, requirement])
    found = doctor.check_packages()
    assert found.status is (Status.WRONG if complaint else Status.RIGHT)
    assert complaint in found.text
    assert ("make setup" in found.fix) == bool(complaint)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("COLAB_RELEASE_TAG", "enable_custom_widget_manager"),
        ("BINDER_SERVICE_HOST", "Download what you want to keep"),
        ("CODESPACE_NAME", "Stop it"),
    ],
)
def test_what_is_different_on_a_hired_computer_is_said(monkeypatch, variable, words):
    monkeypatch.setattr(doctor.os, "environ", {})
    assert doctor.check_place().status is Status.RIGHT
    monkeypatch.setattr(doctor.os, "environ", {variable: "1"})
    found = doctor.check_place()
    assert found.status is Status.NOTE
    assert words in found.fix


def test_a_package_that_cannot_be_imported_is_a_finding():
    code = """
import sys
sys.modules["numpy"] = None  # as if it were not installed
from tlcourse import cli, doctor
doctor.CHECKS = (doctor.check_python, doctor.check_packages, doctor.check_mnist)
sys.exit(cli.main(["doctor"]))
"""
    code, shown, complaints = child_process.run(code)
    assert (code, complaints) == (1, "")
    assert "✓ Python" in shown
    assert "packages in the right versions" in shown  # which needs no other package
    assert "✗ A package cannot be imported: " in shown


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (None, ""),
        ("raise ImportError('DLL load failed')", "ImportError: DLL load failed"),
        ("import os; os.abort()", "it crashed"),
    ],
)
def test_tensorflow_is_tried(monkeypatch, tmp_path, module, complaint):
    if module:
        (tmp_path / "tensorflow.py").write_text(module)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = doctor.check_tensorflow()
    assert found.status is (Status.WRONG if module else Status.RIGHT)
    assert (complaint or "TensorFlow 2.21") in found.text


def test_a_kernel_of_another_python_is_named(monkeypatch, tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    other = tmp_path / "other-python"
    other.touch()
    spec = {"argv": [str(other), "-m", "ipykernel_launcher"], "display_name": "x", "language": "x"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = doctor.check_jupyter()
    assert found.status is Status.WRONG
    assert str(other) in found.text


# ------------------------------------------------------------------------- the rest of the command


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DataError("The disk is full."), "The disk is full."),
        (OSError(30, "Read-only file system", "data/x"), "data/x cannot be used (Read-only file"),
        (ValueError("a fault in the course"), None),
        (OSError("a fault in the course"), None),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(monkeypatch, capsys, error, words):
    def fail():
        raise error

    monkeypatch.setattr(methods, "pretrain_letters", fail)
    if words is None:
        with pytest.raises(type(error), match="a fault"):
            cli.main(["pretrain", "letters"])
        return
    assert cli.main(["pretrain", "letters"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"tlcourse: {words}")
    assert shown.err.count("\n") == 1


def test_pretrain_says_what_it_wrote(monkeypatch, capsys):
    monkeypatch.setattr(methods, "pretrain_letters", lambda: Path("data/base.h5"))
    assert cli.main(["pretrain", "letters"]) == 0
    assert str(Path("data/base.h5")) in capsys.readouterr().out


def test_a_tilde_in_an_option_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    chosen = cli._parser().parse_args(["experiment", "run", "--out=~/table.csv"])
    assert chosen.out == tmp_path / "table.csv"


@pytest.mark.parametrize("arguments", [[], ["pretrain"], ["pretrain", "digits"], ["doktor"]])
def test_wrong_commands_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert "usage: tlcourse" in capsys.readouterr().err


def test_help_and_version_load_no_heavy_library():
    code = """
import sys
from tlcourse.cli import main
for option in ("--help", "--version"):
    try:
        main([option])
    except SystemExit:
        pass
print(sorted({"tensorflow", "keras", "numpy", "sklearn"} & set(sys.modules)))
"""
    _, shown, _ = child_process.run(code)
    assert "doctor" in shown
    assert f"tlcourse {tlcourse.__version__}" in shown
    assert shown.splitlines()[-1] == "[]"
