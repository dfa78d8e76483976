"""Code style, and which subpackage imports which: ruff and import-linter, as tests."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tlcourse.data.paths import REPOSITORY


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *command]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("check", [["check", "--no-fix"], ["format", "--check"]], ids=" ".join)
def test_ruff(check):
    done = run(REPOSITORY, "-m", "ruff", *check, "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    code = "import sys; from importlinter.cli import lint_imports_command as c; c(sys.argv[1:])"
    return run(folder, "-c", code, "--no-cache", "--no-logo")


def test_subpackages_import_one_way_only():
    done = lint_imports(REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("data/paths.py", "from tlcourse import experiment"),
        ("data/paths.py", "def later():\n    import keras"),
        ("newpackage.py", "import os"),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path, module, line):
    package = shutil.copytree(REPOSITORY / "tlcourse", tmp_path / "tlcourse")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    with (package / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert module.removesuffix(".py").replace("/", ".") in done.stdout


@pytest.mark.parametrize("path", ["course.py", "tlcourse/_environment.py"])
def test_loads_with_the_standard_library_alone(path):
    top = ast.parse((REPOSITORY / path).read_text(encoding="utf-8")).body
    names = {a.name for node in top if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in top if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
