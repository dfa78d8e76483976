"""``python -m benchmarks``: run benchmarks, each in its own process, and write one table."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import NAMES
from tlcourse.data.paths import REPOSITORY, atomic_write

FOLDER = REPOSITORY / "benchmarks"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that are asked for; return 1 if one of them failed.

    TensorFlow is not imported here: the children inherit this process's peak of memory.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--data", default="mnist", choices=("mnist", "digits"))
    parser.add_argument("--smoke", action="store_true", help="tiny settings; nothing is stored")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the two result files")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; choose from {NAMES}")

    stored = given.out / "results.json"
    keep = stored.exists() and not given.smoke
    results = json.loads(stored.read_text(encoding="utf-8")) if keep else {}
    failed = []
    for name in given.names or NAMES:
        print(f"{name} ...", flush=True)
        found = run(name, data=given.data, smoke=given.smoke)
        if found is None:
            failed.append(name)
            continue
        results[name] = found
        if not given.smoke:  # at once, so that a later failure loses nothing
            write(results, given.out)
    print(table(results))
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, *, data: str, smoke: bool) -> dict | None:
    """Run one benchmark in a fresh process; return its rows and machine, or None if it failed."""
    with tempfile.TemporaryDirectory(prefix="tlcourse-") as folder:
        rows = Path(folder) / "rows.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--data", data, "--rows", str(rows)]
        done = subprocess.run(command + ["--smoke"] * smoke, cwd=REPOSITORY)
        return json.loads(rows.read_text(encoding="utf-8")) if done.returncode == 0 else None


def write(results: dict[str, dict], folder: Path) -> None:
    """Write the raw rows as ``results.json`` and the table as ``results.md``."""
    ordered = {name: results[name] for name in NAMES if name in results}
    with atomic_write(folder / "results.json") as part:
        text = json.dumps(ordered, indent=1, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")
    with atomic_write(folder / "results.md") as part:
        part.write_text(table(ordered) + "\n", encoding="utf-8")


def table(results: dict[str, dict]) -> str:
    """Return the results as Markdown: a table, the notes below it, and the machines."""
    lines = [
        "| | what | ours | the usual way | | times better | wanted |",
        "| ---: | --- | ---: | ---: | --- | ---: | --- |",
    ]
    notes, machines = [], {}
    for name, found in results.items():
        machines.setdefault(_machine(found), []).append(name)
        for row in found["rows"]:
            notes.append(f"{len(notes) + 1}. {row['notes']}")
            judged = {None: "", True: ": yes", False: ": **no**"}[row["met"]]
            cells = (
                str(len(notes)),
                row["name"],
                f"{row['ours']:,.4g}",
                f"{row['other']:,.4g}",
                row["unit"],
                f"{row['ratio']:.2f}×",
                f"{row['wanted']}{judged}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    which = [
        text if len(machines) == 1 else f"{', '.join(names)}: {text}"
        for text, names in machines.items()
    ]
    return "\n".join([*lines, "", *notes, "", *which])


def _machine(found: dict) -> str:
    machine = found["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"Measured on {machine['cpu']}, {machine['cores']} cores "
        f"({machine['hardware threads']} hardware threads), {machine['memory_gb']} GB, "
        f"{machine['system']}; {versions}; data: {found['data']}."
    )


if __name__ == "__main__":
    sys.exit(main())
