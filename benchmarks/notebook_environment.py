"""Where tests, claims and timings execute a notebook: on one kind of data, without a network."""

import os
import re
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tlcourse.data.paths import REPOSITORY, data_dir

DATA = ("MNIST", "digits")
SHARED = REPOSITORY.parent / "shared"

# Nothing listens at port 9: whoever asks the network is refused at once.
NO_NETWORK = {
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9"),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1"),
}


def mnist_folder() -> Path | None:
    """Return the data folder that holds MNIST, or None where it is not on this computer."""
    for folder in (data_dir(), SHARED / "data"):
        if any((folder / "mnist").glob("t10k-labels*")):
            return folder.resolve()
    return None


def notebook_environment(data: str, folder: Path) -> dict[str, str]:
    """Return the variables of an environment in which a notebook is executed.

    Args:
        data: ``"MNIST"``, with ants and bees and the ImageNet weights if they are on this computer;
            or ``"digits"``, with nothing but what comes with the course.
        folder: an empty folder, for whatever the notebook writes.

    Raises:
        FileNotFoundError: MNIST is not on this computer.
    """
    datasets, keras = folder / "data", folder / "keras"
    if data == "MNIST":
        datasets = mnist_folder()
        if datasets is None:
            raise FileNotFoundError("MNIST is not on this computer")
        home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
        for weights in (SHARED / "keras" / "models", home / "models"):
            if weights.is_dir():
                shutil.copytree(weights, keras / "models")  # Keras writes into its folder
                break
    return {
        **NO_NETWORK,
        "TLCOURSE_OFFLINE": "",
        "TLCOURSE_DATA_DIR": str(datasets),
        "TLCOURSE_CACHE_DIR": str(folder / "cache"),
        "KERAS_HOME": str(keras),
        "IPYTHONDIR": str(folder / "ipython"),
    }


_RANDOM_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[_\W])")  # of a styled table, drawn at each execution


def steady(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with its random ids numbered in order, so that a rerun changes none."""
    numbers: dict[str, str] = {}

    def number(found: re.Match) -> str:
        return numbers.setdefault(found[0], f"T_{len(numbers):05x}")

    return nbformat.reads(_RANDOM_ID.sub(number, nbformat.writes(notebook)), as_version=4)


async def execute(path: Path, env: dict[str, str] | None = None) -> nbformat.NotebookNode:
    """Execute a notebook in its own folder, in an environment of these variables; return it."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": path.parent}}
    quiet = ["--IPKernelApp.log_level=ERROR"]  # it warns of TCP on one machine
    options = {"timeout": 600, "record_timing": False, "extra_arguments": quiet}
    client = NotebookClient(notebook, resources=place, **options)
    await client.async_execute(**({"env": env} if env else {}))
    return notebook
