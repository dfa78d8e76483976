"""The command tlcourse, and what its doctor says when something is really wrong."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tlcourse
from tlcourse import cli, doctor, methods
from tlcourse.data import DataError, mnist, paths
from tlcourse.doctor import Status

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def repository_data(tmp_path, monkeypatch) -> Path:
    """Return a stand-in for ``data/`` of the checkout, with a letters base that is whole."""
    folder = tmp_path / "committed"
    folder.mkdir()
    weights = b"weights" * 1000
    (folder / "letters_base.weights.h5").write_bytes(weights)
    digest = hashlib.sha256(weights).hexdigest()
    (folder / "letters_base.json").write_text(json.dumps({"sha256": digest}))
    monkeypatch.setattr(paths, "repository_data", lambda name: folder / name)
    return folder


@pytest.fixture
def quick(committed, monkeypatch, tmp_path) -> None:
    """Leave out TensorFlow, which has tests of its own; start without data and weights."""
    kept = tuple(check for check in doctor.CHECKS if check is not doctor.check_tensorflow)
    monkeypatch.setattr(doctor, "CHECKS", kept)
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("COLUMNS", "300")


def doctor_says(capsys) -> tuple[int, str]:
    code = cli.main(["doctor"])
    return code, capsys.readouterr().out


def test_a_sound_environment_passes_even_without_data(quick, capsys):
    code, text = doctor_says(capsys)
    assert code == 0
    assert "✗" not in text
    assert "! MNIST is not here" in text
    assert "! ImageNet weights of MobileNetV2 are not here" in text
    assert text.rstrip().endswith("The course can run here.")


def test_every_problem_says_how_to_fix_it(quick):
    findings = doctor.checks()
    assert len(findings) == len(doctor.CHECKS)
    assert all(finding.fix for finding in findings if finding.status is not Status.RIGHT)


def test_cache_below_a_file(quick, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    code, text = doctor_says(capsys)
    assert code == 1
    assert "✗ The cache folder" in text
    assert "TLCOURSE_CACHE_DIR" in text
    assert "cannot run here yet" in text


def test_the_cache_is_left_as_it_was(quick, tmp_path):
    assert doctor.check_cache().status is Status.RIGHT
    assert list((tmp_path / "cache").iterdir()) == []


def test_damaged_letters_base(quick, committed, capsys):
    weights = committed / "letters_base.weights.h5"
    content = bytearray(weights.read_bytes())
    content[100] ^= 1
    weights.write_bytes(content)
    code, text = doctor_says(capsys)
    assert code == 1
    assert "✗ data/letters_base.weights.h5 is damaged" in text
    assert "tlcourse pretrain letters" in text


@pytest.mark.parametrize("name", ["letters_base.weights.h5", "letters_base.json"])
def test_missing_letters_base(committed, name):
    (committed / name).unlink()
    found = doctor.check_letters_base()
    assert (found.status, found.text) == (Status.WRONG, f"data/{name} is missing.")


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_damaged_provenance(committed, content):
    (committed / "letters_base.json").write_text(content)
    found = doctor.check_letters_base()
    assert (found.status, found.text) == (Status.WRONG, "data/letters_base.json is damaged.")


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ("tlcourse-has-no-such-package>=1", "tlcourse-has-no-such-package is missing"),
        ("numpy>=99", "(needed: >=99)"),
    ],
)
def test_wrong_packages(quick, capsys, monkeypatch, requirement, complaint):
    monkeypatch.setattr(doctor, "requirements", lambda: [requirement])
    code, text = doctor_says(capsys)
    assert code == 1
    assert f"✗ Packages: {requirement.split('>')[0]}" in text
    assert complaint in text
    assert "make setup" in text


def test_packages_of_other_systems_do_not_count(monkeypatch):
    here = doctor.requirements()
    elsewhere = "tlcourse-has-no-such-package ; sys_platform == 'plan9'"
    monkeypatch.setattr(doctor, "requirements", lambda: [*here, elsewhere])
    assert doctor.check_packages().status is Status.RIGHT


def in_a_new_process(code: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_package_that_cannot_be_imported_is_a_finding(quick):
    code = """
import sys
sys.modules["numpy"] = sys.modules["rich"] = None  # as if they were not installed
from tlcourse import cli, doctor
doctor.CHECKS = (doctor.check_python, doctor.check_mnist)
sys.exit(cli.main(["doctor"]))
"""
    run = in_a_new_process(code)
    assert run.returncode == 1
    assert "✓ Python" in run.stdout
    assert "✗ A package cannot be imported: " in run.stdout
    assert run.stderr == ""


def test_tensorflow_computes():
    found = doctor.check_tensorflow()
    assert found.status is Status.RIGHT
    assert "TensorFlow 2.21" in found.text


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        ("raise ImportError('DLL load failed')", "ImportError: DLL load failed"),
        ("import os; os.abort()", "it crashed"),
    ],
)
def test_tensorflow_that_fails(monkeypatch, tmp_path, module, complaint):
    (tmp_path / "tensorflow.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = doctor.check_tensorflow()
    assert found.status is Status.WRONG
    assert complaint in found.text


def test_whole_mnist(real_mnist):
    assert doctor.check_mnist().status is Status.RIGHT


def test_damaged_mnist_is_named(real_mnist, monkeypatch, tmp_path):
    shutil.copytree(real_mnist / "mnist", tmp_path / "mnist")
    damaged = tmp_path / mnist.FILES[1].name
    os.chmod(damaged, 0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    monkeypatch.setenv("TLCOURSE_DATA_DIR", str(tmp_path))
    found = doctor.check_mnist()
    assert (found.status, found.text) == (Status.NOTE, f"MNIST is damaged: {damaged}.")


def test_imagenet_weights_are_seen(monkeypatch, tmp_path):
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / name).touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert doctor.check_imagenet().status is Status.RIGHT


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


def test_colour_only_where_it_is_wanted(quick, capsys, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[" not in doctor_says(capsys)[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;32m✓" in doctor_says(capsys)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;32m✓" not in doctor_says(capsys)[1]


# ------------------------------------------------------------------------- the rest of the command


def test_a_data_error_is_one_sentence(monkeypatch, capsys):
    def fail():
        raise DataError("The disk is full.")

    monkeypatch.setattr(methods, "pretrain_letters", fail)
    assert cli.main(["pretrain", "letters"]) == 1
    assert capsys.readouterr() == ("", "tlcourse: The disk is full.\n")


def test_other_errors_are_not_hidden(monkeypatch):
    def fail():
        raise ValueError("a fault in the course")

    monkeypatch.setattr(methods, "pretrain_letters", fail)
    with pytest.raises(ValueError, match="a fault"):
        cli.main(["pretrain", "letters"])


def test_pretrain_says_what_it_wrote(monkeypatch, capsys):
    monkeypatch.setattr(methods, "pretrain_letters", lambda: Path("data/base.h5"))
    assert cli.main(["pretrain", "letters"]) == 0
    assert str(Path("data/base.h5")) in capsys.readouterr().out


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
print(sorted({"tensorflow", "keras", "numpy", "rich", "sklearn"} & set(sys.modules)))
"""
    run = in_a_new_process(code)
    assert "doctor" in run.stdout
    assert f"tlcourse {tlcourse.__version__}" in run.stdout
    assert run.stdout.splitlines()[-1] == "[]"
