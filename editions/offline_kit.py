"""``make offline-kit``: the course in one folder that needs no network, for a stick.

The folder holds a copy of the course, the packages for computers like this one (system, processor
and version of Python), MNIST, ants and bees, and the weights. ``python course.py lab`` in a copy of
it sets the course up from these. What is in the folder already is taken over, so an interrupted
command goes on.
"""

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tlcourse.data import DataError, imagenet_weights, load, photo_folder
from tlcourse.data.paths import REPOSITORY, data_dir

TARGET = REPOSITORY / "build" / "offline-kit"
# What a computer makes for itself; everything else in the folder of the course is copied.
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", "build", "my", "cache", "mnist", "photos", "wheels", "*.egg-info"),
    *("__pycache__", ".*_cache", ".ipynb_checkpoints", ".*.lock", ".course.json"),
)
README = """This folder is the whole course on transfer learning, to be used without a network.

1. Copy it to the computer ({system}, {machine}, Python {version}).
2. In the copy: python course.py lab      (or: make lab)

The packages are in the folder wheels, data and weights in the folder data.
"""


def main(arguments: list[str] | None = None) -> int:
    """Make the folder; return 0, or 1 if something cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m editions.offline_kit", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help="folder of the kit")
    given = parser.parse_args(arguments)
    try:
        make(given.out)
    except DataError as error:
        print(f"The kit is not complete: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in given.out.rglob("*") if path.is_file())
    print(f"The kit is in {given.out} ({size / 1e9:.1f} GB). Copy the whole folder.")
    return 0


def make(out: Path) -> None:
    """Fill the folder of the kit.

    Raises:
        DataError: packages, data or weights cannot be had.
    """
    shutil.copytree(REPOSITORY, out, ignore=LEFT_OUT, dirs_exist_ok=True)
    copy_data(out / "data")
    download_wheels(out / "wheels")
    text = README.format(
        system=platform.system(), machine=platform.machine(), version=platform.python_version()
    )
    (out / "README-offline.txt").write_text(text, encoding="utf-8")


def copy_data(target: Path) -> None:
    """Copy MNIST, ants and bees, and the ImageNet weights to where the course looks for them."""
    load("mnist")
    photo_folder("ants_bees")
    for name in ("mnist", "photos"):
        shutil.copytree(data_dir() / name, target / name, ignore=LEFT_OUT, dirs_exist_ok=True)
    weights = target / "keras" / "models"
    weights.mkdir(parents=True, exist_ok=True)
    shutil.copy2(imagenet_weights(), weights)


def download_wheels(folder: Path) -> None:
    """Download all packages of the lock, and compare their hashes.

    Raises:
        DataError: pip cannot download them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as elsewhere:  # where no file of the course is in the way
        command = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps"]
        command += ["--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
        command += ["--find-links", str(folder), "-r", str(REPOSITORY / "requirements.lock")]
        done = subprocess.run([*command, "--dest", str(folder)], cwd=elsewhere)
    if done.returncode:
        raise DataError(
            "pip could not download all packages (its message is above). Check the network, and "
            "run the same command again; what is there is kept."
        )


if __name__ == "__main__":
    sys.exit(main())
