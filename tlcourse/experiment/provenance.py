"""Where a table of results comes from, in a JSON file beside it, kept up to date by the run."""

import functools
import hashlib
import json
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY, atomic_write


class Provenance:
    """The JSON file beside a table of results.

    A run may have been stopped, or killed, and continued: each of these runs counts from its start
    to the last cell that it saved, so that no time is lost and none is counted twice.

    Args:
        table_path: the CSV file; the JSON file has the same name but for its end.
        metadata: its first entries: ``what``, ``command``, ``profile`` ...
    """

    def __init__(self, table_path: Path, metadata: dict):
        self.cells = 0  # finished in this run
        self._table_path, self._path = table_path, table_path.with_suffix(".json")
        self._metadata = metadata

    def start(self) -> None:
        """Begin a run; those before it are read from the file.

        Raises:
            DataError: there is such a file, and no run wrote it.
            OSError: it cannot be read.
        """
        document = {}
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            self._earlier = list(document.pop("runs", None) or document.pop("sittings"))
        except FileNotFoundError:
            self._earlier = []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{self._path} is not what a run wrote about {self._table_path.name}, or it is "
                "damaged, and the run would replace it. Move it away, or name another table."
            ) from error
        self._metadata = document | self._metadata
        self._clock, self._started, self._commit = time.perf_counter(), _now(), commit()

    def save(self, table: pd.DataFrame) -> None:
        """Write the file.

        Args:
            table: what the CSV file holds.

        Raises:
            OSError: it cannot be written; the old one stays.
        """
        import psutil

        run = {
            "started": self._started,
            "finished": _now(),
            "seconds": round(time.perf_counter() - self._clock, 1),
            "cells": self.cells,
            "git_commit": self._commit,
        }
        runs = [*self._earlier, run]
        document = self._metadata | {
            "cells": len(table),
            "failed": int((table["error"] != "").sum()),
            "versions": sorted(set(table["versions"]) - {""}),
            "cpu": processor(),
            "cores": psutil.cpu_count(logical=False),
            "started": runs[0]["started"],
            "finished": runs[-1]["finished"],
            "total_seconds": round(sum(run["seconds"] for run in runs), 1),
            "cell_seconds": round(float(table["seconds"].sum()), 1),
            "cell_cpu_seconds": round(float(table["cpu_seconds"].sum()), 1),
            "runs": runs,
            "git_commit": self._commit,
            "sha256": hashlib.sha256(self._table_path.read_bytes()).hexdigest(),
        }
        with atomic_write(self._path) as part:
            part.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@functools.cache
def commit() -> str:
    """Return the commit of the checkout, and say where the code differs from it."""
    git = ["git", "-C", str(REPOSITORY)]
    commands = ["rev-parse", "HEAD"], ["status", "--porcelain", "--", "tlcourse"]
    try:
        head, changes = (
            subprocess.run([*git, *command], capture_output=True, text=True, check=True).stdout
            for command in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.strip() + (" with changes" if changes else "")


def processor() -> str:
    """Return the name of the processor, as well as this system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
