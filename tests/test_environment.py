"""The two commands and what they stand on: course.py, the lock, environment.yml."""

import ast
import contextlib
import functools
import importlib.metadata
import importlib.util
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tlcourse.data.paths import REPOSITORY as ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DIRECT = PROJECT["project"]["dependencies"]
GROUPS = PROJECT["dependency-groups"]

needs_sh = pytest.mark.skipif(os.name == "nt", reason="uses small shell scripts")


# ------------------------------------------- environment.yml, pyproject.toml, requirements.lock

SYSTEMS = {
    "Linux x86_64": ("linux", "Linux", "posix", "x86_64"),
    "Linux aarch64": ("linux", "Linux", "posix", "aarch64"),
    "macOS arm64": ("darwin", "Darwin", "posix", "arm64"),
    "Windows": ("win32", "Windows", "nt", "AMD64"),
}
PYTHONS = ("3.11", "3.12", "3.13")


def on(system: str, python: str) -> dict[str, str]:
    platform, name, os_name, machine = SYSTEMS[system]
    return {
        "sys_platform": platform,
        "platform_system": name,
        "os_name": os_name,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def applies(requirement: Requirement, environment: dict[str, str], extra: str = "") -> bool:
    return not requirement.marker or requirement.marker.evaluate({**environment, "extra": extra})


@functools.cache
def locked() -> list[tuple[Requirement, list[str]]]:
    """Return each entry of the lock with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="ascii")
    entries = re.split(r"\n(?=\S)", text.strip())
    parts = (entry.replace("\\\n", "").split("--hash=") for entry in entries)
    return [(Requirement(first), [h.strip() for h in hashes]) for first, *hashes in parts]


def test_environment_yml_lists_what_pyproject_lists_and_says_what_for():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    conda = yaml.safe_load(text)["dependencies"]
    assert "python=3.11" in conda
    *packages, course = conda[-1]["pip"]
    assert course == "-e ."
    assert sorted(map(str, map(Requirement, packages))) == sorted(
        map(str, map(Requirement, DIRECT))
    )
    dependencies = text[text.index("\ndependencies:") :].splitlines()[2:]
    bare = [line for line in dependencies if not re.search(r"\S  # \w.+", line)]
    assert bare == ["  - pip:"]


def test_lock_pins_by_hash_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text(encoding="ascii")
    assert not re.search(r"://|index-url|find-links|trusted-host|^-e", text, re.MULTILINE)
    for requirement, hashes in locked():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_lock_is_complete_on(system, python):
    """Every package has one version, and so has all that it needs there."""
    environment = on(system, python)
    versions = {}
    for requirement, _ in locked():
        if applies(requirement, environment):
            assert requirement.name not in versions, "two versions of one package"
            versions[requirement.name] = str(requirement.specifier).removeprefix("==")

    wanted = [Requirement(text) for text in itertools.chain(DIRECT, *GROUPS.values())]
    seen = set()
    while wanted:
        requirement = wanted.pop()
        if not any(applies(requirement, environment, e) for e in ("", *requirement.extras)):
            continue
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{requirement} is not locked"
        assert requirement.specifier.contains(versions[name], prereleases=True), requirement
        if (name, *requirement.extras) in seen:
            continue
        seen.add((name, *requirement.extras))
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # belongs to another system; what it needs cannot be looked up here
        for need in map(Requirement, needs):
            if any(applies(need, environment, extra) for extra in ("", *requirement.extras)):
                need.marker = None
                wanted.append(need)
    assert ("tensorflow" in versions) != ("tensorflow-cpu" in versions)


# ------------------------------------------------------------------------------------ course.py


@pytest.fixture
def course(tmp_path):
    """Return course.py as a module that works in an empty folder, with a lock of its own."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "requirements.lock").write_text("nothing==1\n")
    (folder / "pyproject.toml").write_text("")
    shutil.copy(ROOT / "course.py", folder)
    spec = importlib.util.spec_from_file_location("course", folder / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_environment(course) -> None:
    command = [sys.executable, "-m", "venv", "--without-pip", course.VENV]
    subprocess.run(command, check=True)


@pytest.fixture
def ready(course):
    small_environment(course)
    Path(course.STAMP).write_text(json.dumps(course.wanted()))
    assert course.is_ready()
    return course


def test_old_pythons_understand_course_py():
    ast.parse((ROOT / "course.py").read_text(encoding="ascii"), feature_version=(3, 6))


def test_an_unsuitable_python_says_so_in_a_sentence(course, monkeypatch):
    monkeypatch.setattr(course, "PYTHONS", ((3, 99),))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11, 3\.12 or 3\.13; this is Python 3\."):
        course.main(["lab"])


@needs_sh
def test_an_unsuitable_python_goes_on_with_a_suitable_one(course, tmp_path):
    fakes = {
        # A shim of a version manager, for a Python that is not installed.
        "python3.99": "#!/bin/sh\necho not installed >&2; exit 127\n",
        "python3.98": '#!/bin/sh\n[ "$1" = -S ] && { echo "$0"; echo 3.98; } || echo "got $*"\n',
    }
    for name, script in fakes.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    code = (
        "import sys, course; course.PYTHONS = ((3, 99), (3, 98)); "
        "sys.exit(course.main(['lab', '--port', '1']))"
    )
    env = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=course.ROOT, env=env, capture_output=True, text=True)
    assert f"going on with {tmp_path}/python3.98" in run.stdout
    assert f"got {course.ROOT}/course.py lab --port 1" in run.stdout
    assert run.returncode == 0


def test_a_machine_without_tensorflow_says_so(course, monkeypatch):
    monkeypatch.setattr(course.platform, "machine", lambda: "riscv64")
    with pytest.raises(SystemExit, match=r"TensorFlow 2\.21 cannot be installed here"):
        course.set_up()


def test_what_makes_a_set_up_due(ready):
    stamp = Path(ready.STAMP)
    good = stamp.read_text()
    moved = json.dumps({**json.loads(good), "folder": "somewhere else"})
    for content in ("", "{", "[]", '{"folder": 1}', moved):
        stamp.write_text(content)
        assert not ready.is_intact(), content
    stamp.write_text(good)
    for name in ("requirements.lock", "pyproject.toml"):  # an update in place
        path = Path(ready.ROOT) / name
        before = path.read_text()
        path.write_text("changed")
        assert ready.is_intact()
        assert not ready.is_ready()
        path.write_text(before)
    assert ready.is_ready()
    Path(ready.PYTHON).unlink()
    assert not ready.is_intact()


def test_an_interrupted_set_up_heals(course, monkeypatch, capsys):
    made = Path(course.VENV) / "made by the first set-up"

    def interrupted():
        made.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "create_environment", lambda: small_environment(course))
    monkeypatch.setattr(course, "install_packages", interrupted)
    monkeypatch.setattr(course, "install_course", lambda: None)
    assert course.main(["setup"]) == 130
    assert "Stopped" in capsys.readouterr().out
    assert made.exists()
    assert not course.is_ready()

    monkeypatch.setattr(course, "install_packages", lambda: None)
    assert course.main(["setup"]) == 0
    assert "unfinished" in capsys.readouterr().out
    assert not made.exists()
    assert course.is_ready()

    Path(course.LOCK).write_text("other==2\n")
    monkeypatch.setattr(course, "install_packages", interrupted)
    assert course.main(["setup"]) == 130
    assert not course.is_intact()


def test_a_set_up_that_is_ready_does_nothing(ready, monkeypatch, capsys):
    monkeypatch.setattr(ready, "install_packages", lambda: pytest.fail("installs again"))
    assert ready.main(["setup"]) == 0
    assert "[" not in capsys.readouterr().out


def test_without_a_network_the_set_up_ends_with_a_sentence(course, monkeypatch, capfd):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(course, "PYTHON", sys.executable)
    Path(course.LOCK).write_text(f"uv==0.0.0.1 \\\n    --hash=sha256:{'0' * 64}\nother==1\n")
    with pytest.raises(SystemExit, match="check the network") as end:
        course.install_packages()
    assert "\n" not in end.value.code
    assert "[2 of 4]" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("kind", "output", "sentence"),
    [
        ("packages", "ERROR: [Errno 28] No space left on device", "The disk is full"),
        ("venv", "... because ensurepip is not\navailable ...", "python3-venv|-venv"),
        ("packages", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "DO NOT MATCH THE HASHES"),
    ],
)
def test_a_failed_step_explains(course, kind, output, sentence):
    assert re.search(sentence, course.explain(kind, output))


def test_progress_of_a_download(course):
    lines = [
        b"Resolved 150 packages in 1s",
        b"Downloading a (16.5MiB)",
        b"Downloading b (100MiB)",
        b" Downloaded a",
    ]
    assert course.downloaded(lines[:1]) == ""
    assert course.downloaded(lines) == ", 16 of 116 MB here"
    assert course.downloaded([*lines, b" Downloaded b"]) == ", unpacking"


@pytest.mark.parametrize(
    ("command", "started"),
    [
        (["test"], ["pytest"]),
        (["test", "-k", "a b"], ["pytest", "-k", "a b"]),
        (["bench", "grid"], ["benchmarks", "grid"]),
        (["timings", "06"], ["benchmarks.timings", "06"]),
        (["claims", "06", "--store"], ["benchmarks.claims", "06", "--store"]),
    ],
)
def test_what_a_command_starts(course, monkeypatch, command, started):
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "become", lambda command: command)
    assert course.main(command) == [course.PYTHON, "-m", *started]


@needs_sh
def test_keras_alone_says_at_most_that_it_uses_onednn(ready, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    code = "import keras; keras.ops.ones(3)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=ready.environment(), capture_output=True, text=True)
    assert run.returncode == 0
    # What some processors make TensorFlow say about oneDNN, tlcourse alone can hold back.
    said = [line for line in run.stderr.splitlines() if "oneDNN" not in line]
    assert not [line for line in said if "InitializeLog" not in line]


def test_a_started_program_takes_over(ready, tmp_path):
    """It runs in the checkout, with the environment's programs first, and its exit code counts."""
    code = (
        "import os, sys; print(os.getcwd(), os.environ['PATH'].split(os.pathsep)[0], sep='|'); "
        "sys.exit(7)"
    )
    script = f"import course; course.become([course.PYTHON, '-c', {code!r}])"
    env = {**os.environ, "PYTHONPATH": ready.ROOT}
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == (f"{ready.ROOT}|{ready.BIN}\n", 7)


def test_an_unknown_command_shows_the_commands(course, capsys):
    assert course.main(["labb"]) == 2
    assert "python course.py lab" in capsys.readouterr().out


def test_makefile_offers_the_commands_of_course_py(course, capsys):
    course.main(["--help"])
    commands = re.findall(r"^ +python course\.py ([\w-]+)", capsys.readouterr().out, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^COMMANDS = (.*)$", makefile, re.MULTILINE)[1].split() == commands


def test_jupyterlab_asks_about_no_news(course, monkeypatch):
    from jupyterlab.commands import get_app_dir
    from jupyterlab_server.settings_utils import get_settings

    small_environment(course)
    monkeypatch.setattr(course, "step", lambda *title: contextlib.nullcontext(lambda command: None))
    course.install_course()
    settings, _ = get_settings(
        str(Path(course.JUPYTERLAB).parent),
        str(Path(get_app_dir()) / "schemas"),
        "",
        schema_name=course.NEWS,
    )
    properties = settings["schema"]["properties"]
    assert {name: properties[name]["default"] for name in ("checkForUpdates", "fetchNews")} == {
        "checkForUpdates": False,
        "fetchNews": "false",
    }
