"""Where a table of results comes from, in a JSON file beside it, kept up to date by the run."""

import hashlib
import json
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from tlcourse.data.paths import atomic_write


class Provenance:
    """The JSON file beside a table of results.

    A run may have been stopped, or killed, and continued: each sitting counts from its start to
    the last cell that it saved, so that no time is lost and none is counted twice.

    Args:
        table_path: the CSV file; the JSON file has the same name but for its end.
        story: its first entries: ``what``, ``command``, ``profile`` ...
    """

    def __init__(self, table_path: Path, story: dict):
        self.cells = 0  # finished in this sitting
        self._table_path, self._path = table_path, table_path.with_suffix(".json")
        self._story = story

    def start(self) -> None:
        """Begin a sitting; those before it are read from the file."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            self._earlier = list(told["sittings"])
        except (OSError, ValueError, KeyError, TypeError):
            self._earlier = []
        self._clock, self._started, self._commit = time.perf_counter(), _now(), _commit()

    def save(self, table: pd.DataFrame) -> None:
        """Write the file.

        Args:
            table: what the CSV file holds.

        Raises:
            OSError: it cannot be written; the old one stays.
        """
        import psutil

        sitting = {
            "started": self._started,
            "finished": _now(),
            "seconds": round(time.perf_counter() - self._clock, 1),
            "cells": self.cells,
            "git_commit": self._commit,
        }
        sittings = [*self._earlier, sitting]
        told = self._story | {
            "cells": len(table),
            "failed": int((table["error"] != "").sum()),
            "versions": sorted(set(table["versions"]) - {""}),
            "cpu": processor(),
            "cores": psutil.cpu_count(logical=False),
            "started": sittings[0]["started"],
            "finished": sittings[-1]["finished"],
            "total_seconds": round(sum(sitting["seconds"] for sitting in sittings), 1),
            "cell_seconds": round(float(table["seconds"].sum()), 1),
            "cell_cpu_seconds": round(float(table["cpu_seconds"].sum()), 1),
            "sittings": sittings,
            "git_commit": self._commit,
            "sha256": hashlib.sha256(self._table_path.read_bytes()).hexdigest(),
        }
        with atomic_write(self._path) as part:
            part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str:
    """Return the commit of the checkout, and say where the code differs from it."""
    git = ["git", "-C", str(Path(__file__).resolve().parents[2])]
    commands = ["rev-parse", "HEAD"], ["status", "--porcelain", "--", "tlcourse"]
    try:
        commit, changes = (
            subprocess.run([*git, *command], capture_output=True, text=True, check=True).stdout
            for command in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.strip() + (" with changes" if changes else "")


def processor() -> str:
    """Return the name of the processor, as well as this system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
