"""Python processes that can import the course, for tests that limit, kill or break them."""

import os
import subprocess
import sys
from pathlib import Path

from tlcourse.data.paths import REPOSITORY


def start(code: str, *arguments: object, path: tuple[Path, ...] = (), **env: str):
    """Start ``code`` with arguments; ``path`` comes first where it looks for modules."""
    places = os.pathsep.join(map(str, (*path, REPOSITORY)))
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": places, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(code: str, *arguments: object, **options) -> tuple[int, str, str]:
    """Run ``code`` to its end; return its exit code and what it wrote to stdout and stderr."""
    process = start(code, *arguments, **options)
    output, errors = process.communicate(timeout=300)
    return process.returncode, output, errors
