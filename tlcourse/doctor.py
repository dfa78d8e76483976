"""``tlcourse doctor``: is everything there that the course needs, and if not, what helps.

``checks()`` looks and returns findings; ``report()`` prints them. Both work in a notebook too.
Each check loads what it needs itself, so that a broken environment can still be looked at.
"""

import enum
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

_CHECKOUT = Path(__file__).resolve().parents[1]
_AGAIN = (
    "Run make setup (or python course.py setup); with conda: conda env update -f environment.yml."
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
    """What one check found, and how to put it right (empty when nothing is to be done)."""

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
    """Print findings in colour, one to a line with its fix below; by default those of now."""
    findings = checks() if findings is None else findings
    if can_run(findings):
        last = "The course can run here."
    else:
        last = "The course cannot run here yet; each ✗ above says what helps."
    style = {Status.RIGHT: ("✓", "green"), Status.NOTE: ("!", "yellow"), Status.WRONG: ("✗", "red")}
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:  # this, too, is to be reported
        for status, text, fix in findings:
            print(style[status][0], text, fix and f"\n  {fix}")
        print(last)
        return
    lines = Table.grid(padding=(0, 1))
    for status, text, fix in findings:
        mark, colour = style[status]
        lines.add_row(Text(mark, f"bold {colour}"), Text(text))
        if fix:
            lines.add_row("", Text(fix, colour))
    console = Console(highlight=False)
    console.print(lines)
    console.print(last, style="bold")


def _safely(check) -> Finding:
    try:
        return check()
    except ImportError as error:
        return Finding(Status.WRONG, f"A package cannot be imported: {error}.", _AGAIN)
    except OSError as error:
        what = f"{error.filename} cannot be used ({error.strerror})."
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
    project = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
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
    """A notebook takes up to 1.5 GB."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    text = f"{free:.1f} GB of memory free"
    if free < 2:
        fix = "Close other programs and notebooks that you do not use."
        return Finding(Status.NOTE, f"{text}; a notebook takes up to 1.5 GB.", fix)
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
    """The cache can be written: tried, since permissions alone do not tell."""
    from tlcourse.data.paths import atomic_write, cache_dir

    probe = cache_dir() / "doctor"
    try:
        with atomic_write(probe) as part:
            part.write_bytes(bytes(1_000_000))
        probe.unlink()
    except OSError as error:
        return Finding(
            Status.WRONG,
            f"The cache folder {cache_dir()} cannot be written ({error.strerror}).",
            "Correct that, or let TLCOURSE_CACHE_DIR name a folder in which you may write.",
        )
    return Finding(Status.RIGHT, "Cache folder can be written")


def check_mnist() -> Finding:
    """The four files of MNIST are there and whole."""
    from urllib.parse import urlsplit

    from tlcourse.data.mnist import FILES
    from tlcourse.data.paths import data_dir

    folder = data_dir()
    copies = {file: file.copies(folder) for file in FILES}
    whole = [file for file in FILES if any(map(file.matches, copies[file]))]
    if len(whole) == len(FILES):
        return Finding(Status.RIGHT, "MNIST is here and whole (SHA-256 checked)")
    hosts = ", ".join(urlsplit(url).netloc for url in FILES[0].urls)
    fix = (
        f'tlcourse.data.load("mnist") downloads it once (12 MB, from {hosts}), or let '
        "TLCOURSE_DATA_DIR name a folder that has it. Without it the course uses its own digits."
    )
    damaged = [str(copies[file][0]) for file in FILES if copies[file] and file not in whole]
    if damaged:
        return Finding(Status.NOTE, f"MNIST is damaged: {', '.join(damaged)}.", fix)
    return Finding(Status.NOTE, f"MNIST is not here ({len(whole)} of 4 files).", fix)


def check_letters_base() -> Finding:
    """The network pretrained on letters, which comes with the course, is as it was made."""
    from tlcourse.data.paths import repository_data

    weights, provenance = (
        repository_data("letters_base.weights.h5"),
        repository_data("letters_base.json"),
    )
    fix = (
        f"Bring them back with git checkout data/{weights.name} data/{provenance.name}, or make "
        "them again with tlcourse pretrain letters."
    )
    for path in (weights, provenance):
        if not path.is_file():
            return Finding(Status.WRONG, f"data/{path.name} is missing.", fix)
    try:
        expected = json.loads(provenance.read_text(encoding="utf-8"))["sha256"]
    except (ValueError, KeyError, TypeError):
        return Finding(Status.WRONG, f"data/{provenance.name} is damaged.", fix)
    if hashlib.sha256(weights.read_bytes()).hexdigest() != expected:
        wrong = f"data/{weights.name} is damaged (its SHA-256 is not the one in {provenance.name})."
        return Finding(Status.WRONG, wrong, fix)
    return Finding(Status.RIGHT, "Network pretrained on letters is here and whole")


def check_imagenet() -> Finding:
    """The ImageNet weights that one part of notebook 06 compares with; optional."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    if any((home / "models").glob("mobilenet_v2_weights_*_0.35_*_no_top.h5")):
        return Finding(Status.RIGHT, "ImageNet weights of MobileNetV2 are here")
    return Finding(
        Status.NOTE,
        "ImageNet weights of MobileNetV2 are not here; only one part of notebook 06 uses them.",
        "With a network, that notebook downloads them once (2 MB); without, it goes on.",
    )


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
    check_python,
    check_packages,
    check_tensorflow,
    check_jupyter,
    check_cores,
    check_memory,
    check_disk,
    check_cache,
    check_letters_base,
    check_mnist,
    check_imagenet,
)
