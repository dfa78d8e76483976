"""``tlcourse doctor``: is everything there that the course needs, and if not, what helps.

``checks()`` looks and returns findings; ``report()`` prints them. Both work in a notebook too.
Each check asks the functions that the course itself uses, and loads what it needs itself, so that
a broken environment can still be looked at.
"""

import enum
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tlcourse._environment import REPOSITORY

_WIDTH = 88  # of printed lines, in characters; JupyterLab breaks longer ones within words
_AGAIN = (
    "Run make setup (or python course.py setup); with conda: conda env update -f environment.yml."
)
# A variable that a hired computer sets, what it is called, what is different there, what helps.
_PLACES = (
    (
        "COLAB_RELEASE_TAG",
        "Google Colab: it has packages of its own, shows widgets only when told to, and forgets "
        "your files when the session ends.",
        "If packages differ, run !pip install -e . in the folder of the course and restart the "
        "session. For widgets: from google.colab import output; "
        "output.enable_custom_widget_manager(). Download what you want to keep.",
    ),
    (
        "BINDER_SERVICE_HOST",
        "Binder: it is stopped when you pause, and forgets your files then.",
        "Download what you want to keep.",
    ),
    (
        "CODESPACE_NAME",
        "GitHub Codespaces: it keeps your files, and its hours are counted.",
        "Stop it when you pause.",
    ),
)
_TRY_TENSORFLOW = """
import json, tensorflow as tf
assert float(tf.reduce_sum(tf.ones((64, 64)) @ tf.ones((64, 64)))) == 64**3
print(json.dumps([tf.__version__, len(tf.config.list_physical_devices("GPU"))]))
"""


class Status(enum.StrEnum):
    """How a finding matters."""

    RIGHT = "right"
    NOTE = "worth knowing"  # the course runs, with a limit
    WRONG = "wrong"  # the course cannot run


class Finding(NamedTuple):
    """What one check found, and how to put it right (empty when the text says it, or all is well).

    The texts are plain, and each is a paragraph.
    """

    status: Status
    text: str
    fix: str = ""


def checks() -> list[Finding]:
    """Look at everything that the course needs; takes about ten seconds."""
    return [_safely(check) for check in CHECKS]


def can_run(findings: list[Finding]) -> bool:
    """Tell whether nothing is wrong; what is only worth knowing does not count."""
    return all(finding.status is not Status.WRONG for finding in findings)


def report(findings: list[Finding] | None = None) -> None:
    """Print findings, each with its fix below; by default those of now.

    The marks say what matters, and no colour, so that any screen and any reader shows it.
    """
    findings = checks() if findings is None else findings
    marks = {Status.RIGHT: "✓ ", Status.NOTE: "! ", Status.WRONG: "✗ "}
    for status, text, fix in findings:
        _print(text, marks[status])
        if fix:
            _print(fix, "  ")
    if can_run(findings):
        print("The course can run here.")
    else:
        print("The course cannot run here yet; each ✗ above says what helps.")


def _print(text: str, mark: str) -> None:
    # A path or command longer than a line stays whole: broken, it could not be copied.
    whole = {"break_long_words": False, "break_on_hyphens": False}
    print(textwrap.fill(text, _WIDTH, initial_indent=mark, subsequent_indent="  ", **whole))


def _safely(check) -> Finding:
    try:
        return check()
    except ImportError as error:
        return Finding(Status.WRONG, f"A package cannot be imported: {error}.", _AGAIN)
    except OSError as error:
        what = f"{error.filename or 'A file'} cannot be used ({error.strerror})."
        return Finding(Status.WRONG, what, "Look at its permissions and at the disk.")


# ------------------------------------------------------------------ the checks, in their order


def check_python() -> Finding:
    """Python is one of those that TensorFlow 2.21 has wheels for."""
    text = f"Python {platform.python_version()}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding(Status.RIGHT, text)
    return Finding(Status.WRONG, f"{text}; the course needs 3.11, 3.12 or 3.13.", _AGAIN)


def requirements() -> list[str]:
    """Return the direct dependencies of the course, as pyproject.toml states them."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["dependencies"]


def check_packages() -> Finding:
    """Every direct dependency is installed in a version that the course was made for."""
    from packaging.requirements import Requirement

    found, problems = {}, []
    for requirement in map(Requirement, requirements()):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        name = requirement.name
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            problems.append(f"{name} is missing (needed: {requirement.specifier})")
            continue
        if not requirement.specifier.contains(found[name], prereleases=True):
            problems.append(f"{name} is {found[name]} (needed: {requirement.specifier})")
    if problems:
        return Finding(Status.WRONG, f"Packages: {'; '.join(problems)}.", _AGAIN)
    shown = ", ".join(f"{name} {found[name]}" for name in ("keras", "numpy", "scikit-learn"))
    return Finding(Status.RIGHT, f"{len(found)} packages in the right versions ({shown} …)")


def check_tensorflow() -> Finding:
    """TensorFlow loads and computes: in a process of its own, since it can crash."""
    command = [sys.executable, "-c", _TRY_TENSORFLOW]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return Finding(Status.WRONG, "TensorFlow did not answer within 5 minutes.", _AGAIN)
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["it crashed"])[-1]
        return Finding(
            Status.WRONG,
            f"TensorFlow does not run: {reason} (exit code {run.returncode}).",
            f"{_AGAIN} On Windows, TensorFlow also needs the Microsoft Visual C++ Redistributable; "
            "on a PC, a processor with AVX.",
        )
    version, gpus = json.loads(run.stdout.splitlines()[-1])
    graphics = f"{gpus} GPU" if gpus else "no GPU, and none needed"
    return Finding(Status.RIGHT, f"TensorFlow {version} computes ({graphics})")


def check_place() -> Finding:
    """Computers that are hired by the hour have limits of their own."""
    for variable, text, fix in _PLACES:
        if os.environ.get(variable):
            return Finding(Status.NOTE, text, fix)
    return Finding(Status.RIGHT, f"{platform.system()} on {platform.machine()}")


def check_cores() -> Finding:
    """The measured times in the notebooks hold for two cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if cores and cores < 2:
        return Finding(
            Status.NOTE,
            "1 CPU core; the times that notebooks state are for 2.",
            "Expect them to take about twice as long.",
        )
    return Finding(Status.RIGHT, f"{cores} CPU cores")


def check_memory() -> Finding:
    """A notebook takes up to 2 GB."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    text = f"{free:.1f} GB of memory free"
    if free < 2:
        fix = "Close other programs and notebooks that you do not use."
        return Finding(Status.NOTE, f"{text}; a notebook takes up to 2 GB.", fix)
    return Finding(Status.RIGHT, text)


def check_disk() -> Finding:
    """There is room for what the course downloads and remembers."""
    from tlcourse.data.paths import cache_dir

    folder = cache_dir()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    text = f"{free:.1f} GB of disk free"
    if free < 1:
        fix = "Make room, or let TLCOURSE_CACHE_DIR name a folder on another disk."
        return Finding(Status.NOTE, f"{text}; the course keeps up to 1 GB.", fix)
    return Finding(Status.RIGHT, text)


def check_cache() -> Finding:
    """The cache can be written; without it the course runs, but remembers nothing."""
    from tlcourse.data.paths import cache_dir

    if why := _unwritable(cache_dir()):
        return Finding(
            Status.NOTE,
            f"The cache folder {cache_dir()} cannot be written ({why}): the course computes "
            "everything anew each time, and forgets your progress.",
            "Correct that, or let TLCOURSE_CACHE_DIR name a folder in which you may write.",
        )
    return Finding(Status.RIGHT, "Cache folder can be written")


def check_home() -> Finding:
    """The folders of the user can be written: JupyterLab does not start without."""
    from jupyter_core.paths import jupyter_runtime_dir

    folder = Path(jupyter_runtime_dir())
    if why := _unwritable(folder):
        return Finding(
            Status.WRONG,
            f"JupyterLab cannot start: its folder {folder} cannot be written ({why}).",
            "Correct that, or let HOME name a folder in which you may write.",
        )
    home = Path.home()
    if why := _unwritable(home) if home.is_dir() else "it is not there":
        return Finding(
            Status.NOTE,
            f"The home folder {home} cannot be written ({why}); some packages complain about it.",
            "Let HOME name a folder in which you may write.",
        )
    return Finding(Status.RIGHT, "Home folder can be written")


def _unwritable(folder: Path) -> str:
    """Say why a folder cannot be written; tried, since permissions alone do not tell."""
    from tlcourse.data.paths import atomic_write

    probe = folder / ".tlcourse-doctor"
    try:
        with atomic_write(probe) as part:
            part.write_bytes(bytes(1_000_000))
        probe.unlink()
    except OSError as error:
        return error.strerror
    return ""


def check_mnist() -> Finding:
    """The four files of MNIST are there and whole."""
    from urllib.parse import urlsplit

    from tlcourse.data.mnist import FILES
    from tlcourse.data.paths import data_dir

    hosts = ", ".join(urlsplit(url).netloc for url in FILES[0].urls)
    fix = (
        f'tlcourse.data.load("mnist") downloads it once (12 MB, from {hosts}), or let '
        "TLCOURSE_DATA_DIR name a folder that has it. Without it the course uses its own digits."
    )
    return _files("MNIST", FILES, data_dir(), fix)


def check_imagenet() -> Finding:
    """The ImageNet weights, for photographs and for parts of notebooks 05 and 06; optional."""
    from tlcourse.data.weights import IMAGENET_WEIGHTS, weights_folder

    fix = (
        "Photographs and parts of notebooks 05 and 06 need them. With a network, they are "
        "downloaded once (2 MB), without, the notebooks go on; KERAS_HOME can name another folder."
    )
    return _files("The ImageNet network", (IMAGENET_WEIGHTS,), weights_folder(), fix)


def _files(what: str, files: Sequence, folder: Path, fix: str) -> Finding:
    """Look at downloaded files as ``fetch`` does: at their content."""
    copies = {file: file.copies(folder) for file in files}
    whole = [file for file in files if any(map(file.matches, copies[file]))]
    if len(whole) == len(files):
        return Finding(Status.RIGHT, f"{what} is here and whole (SHA-256 checked)")
    damaged = [str(copies[file][0]) for file in files if copies[file] and file not in whole]
    if damaged:
        return Finding(Status.NOTE, f"{what} is damaged: {', '.join(damaged)}.", fix)
    return Finding(
        Status.NOTE, f"{what} is not in {folder} ({len(whole)} of {len(files)} files).", fix
    )


def check_letters_base() -> Finding:
    """The network pretrained on letters, which comes with the course, is as it was made."""
    from tlcourse.data.errors import DataError
    from tlcourse.data.weights import letters_weights

    try:
        letters_weights()
    except DataError as error:
        return Finding(Status.WRONG, str(error))
    return Finding(Status.RIGHT, "The network pretrained on letters is here and whole")


def check_jupyter() -> Finding:
    """JupyterLab is there, and its Python kernel is this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    version = importlib.metadata.version("jupyterlab")  # missing: an ImportError
    fix = "Run: python -m ipykernel install --sys-prefix"
    try:
        python = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(Status.WRONG, f"JupyterLab {version} has no Python kernel.", fix)
    if os.path.isabs(python) and not os.path.samefile(python, sys.executable):
        wrong = f"JupyterLab {version} runs notebooks with another Python, {python}."
        return Finding(Status.WRONG, wrong, fix)
    return Finding(Status.RIGHT, f"JupyterLab {version} with this Python as its kernel")


CHECKS = (
    check_place,
    check_python,
    check_packages,
    check_tensorflow,
    check_jupyter,
    check_cores,
    check_memory,
    check_disk,
    check_home,
    check_cache,
    check_letters_base,
    check_mnist,
    check_imagenet,
)
