"""``make student``: the course without its solutions, in a folder to give to students.

    python -m editions.student                       solutions open with a key, which is printed
    python -m editions.student --key WORD            ... with this key
    python -m editions.student --release 2027-02-01  ... with the key, or by themselves from then on

What a student finds in the folder: the notebooks, their exercises without stored outputs; the
package, whose checks work as before. Of a solution that is a function it holds only what it returns
in the cases that are checked; its code is encrypted. An answer that is a value (a list of words,
say), and whatever a check looks for, cannot be left out: these are packed, so that nobody reads
them by accident, but who takes the package apart can. A date is a courtesy as well: the key is in
the folder, and a computer's clock can be set. Only a key that is not given out keeps a secret.
"""

import argparse
import json
import secrets
import shutil
import sys
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from editions.offline_kit import LEFT_OUT
from tlcourse.checks import EXERCISES, Exercise
from tlcourse.checks.exercise import FILES
from tlcourse.checks.sealed import FILE, pack, record, seal
from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY

TARGET = REPOSITORY / "build" / "student"
NOT_FOR_STUDENTS = ("tests", "benchmarks", "instructors", "editions", ".ci", ".github")
_SEALED = FILE.relative_to(REPOSITORY)


def main(arguments: list[str] | None = None) -> int:
    """Make the folder; return 0, or 1 if that is not possible."""
    parser = argparse.ArgumentParser(
        prog="python -m editions.student",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=TARGET, help="folder of the edition")
    parser.add_argument(
        "--release", type=date.fromisoformat, metavar="YYYY-MM-DD", help="when solutions open"
    )
    parser.add_argument("--key", help="what opens them at any time; default: a new one")
    given = parser.parse_args(arguments)
    key = given.key or secrets.token_urlsafe(9)
    try:
        make(given.out, key, given.release)
    except DataError as error:
        print(f"The edition was not made: {error}", file=sys.stderr)
        return 1
    opens = f"from {given.release} on, or before that " if given.release else ""
    print(f"The edition for students is in {given.out}.")
    print(f"Its solutions open {opens}with the key {key} (write it down; it is not stored here).")
    return 0


def make(out: Path, key: str, release: date | None = None) -> None:
    """Make the folder anew; what students of it made themselves (``my``, ``.venv``) stays.

    Args:
        out: the folder.
        key: what opens the solutions.
        release: from when on they are open without it.

    Raises:
        DataError: the folder holds something else, or this course is a student edition itself.
    """
    if FILE.exists():
        raise DataError("this is a student edition itself; make it from the instructor's course.")
    if out.exists() and any(out.iterdir()) and not (out / _SEALED).exists():
        raise DataError(f"{out} holds something else; choose a new folder, or empty it.")
    for folder in (out / "notebooks", out / "tlcourse"):
        shutil.rmtree(folder, ignore_errors=True)  # what the course has no more

    def ignore(folder: str, names: list[str]) -> set[str]:
        top = NOT_FOR_STUDENTS if Path(folder) == REPOSITORY else ()
        return {*LEFT_OUT(folder, names), *top}

    (out / _SEALED).parent.mkdir(parents=True)
    content = {
        "opens": release.isoformat() if release else None,
        "key": pack(key) if release else None,
        "solutions": {name: seal(e.solution, key) for name, e in EXERCISES.items()},
    }
    # The first file, so that an edition that was interrupted can be made anew.
    (out / _SEALED).write_text(json.dumps(content, indent=1), encoding="utf-8")
    shutil.copytree(REPOSITORY, out, ignore=ignore, dirs_exist_ok=True)
    for path in FILES:
        text = as_toml(without_solutions(tomllib.loads(path.read_text(encoding="utf-8"))))
        (out / path.relative_to(REPOSITORY)).write_text(text, encoding="utf-8")
    for path in sorted((out / "notebooks").glob("*.ipynb")):
        notebook = without_answers(json.loads(path.read_text(encoding="utf-8")))
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


# ----------------------------------------------------------------------------------- notebooks


def without_answers(notebook: dict) -> dict:
    """Return a notebook whose exercises, their checks and solutions have no stored outputs."""
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        asks = "".join(cell["source"]).startswith(("tl.checks.check(", "tl.checks.solution("))
        if cell["cell_type"] == "code" and (asks or any(t.startswith("exercise-") for t in tags)):
            cell |= {"outputs": [], "execution_count": None}
    return notebook


# ----------------------------------------------------------------------------- data of exercises


def without_solutions(content: dict) -> dict:
    """Return the content of a ``notebook_NN.toml``, its code packed, its solutions left out."""
    exercises = []
    for entry in content.get("exercise", []):
        exercise = EXERCISES[entry["name"]]
        cases = exercise.run(f"cases = {exercise.cases}", "cases") if exercise.cases else None
        entry = {**entry, "solution": _in_place_of(exercise, exercise.solution, cases)}
        # They are compared with only where no check decides alone.
        mistakes = entry.pop("mistake", []) if cases or not exercise.check else []
        entry["mistake"] = [
            {**mistake, "code": _in_place_of(exercise, mistake["code"], cases)}
            for mistake in mistakes
        ]
        for key in {"setup", "check"} & entry.keys():
            entry[key] = f'exec(unpack("{pack(entry[key])}"))'
        if cases:
            entry["cases"] = f'eval(unpack("{pack(entry["cases"].strip())}"))'
        exercises.append(entry)
    setup = f'exec(unpack("{pack(content.get("setup", ""))}"))'
    setup = f"from tlcourse.checks.sealed import replay, unpack\n{setup}"
    return {**content, "setup": setup, "exercise": exercises}


def _in_place_of(exercise: Exercise, code: str, cases: list[tuple] | None) -> str:
    """Return code that a check can use in the place of a solution's or a mistake's."""
    answer = exercise.run(code)
    if callable(answer):
        results = record(answer, cases or [])
        return f'{exercise.answer} = replay("{results}")'
    if exercise.check and not cases:
        return f"{exercise.answer} = ..."  # the check decides without it
    return f'{exercise.answer} = unpack("{pack(answer)}")'


def as_toml(table: dict[str, Any], name: str = "") -> str:
    """Return a table as TOML: texts, truth values, and lists of tables."""
    return "\n".join(_lines(table, name))


def _lines(table: dict[str, Any], name: str) -> Iterable[str]:
    if name:
        yield f"[[{name}]]"
    for key, value in table.items():
        if not isinstance(value, list):  # all that JSON has in common with TOML
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, rows in table.items():
        for row in rows if isinstance(rows, list) else []:
            yield from _lines(row, f"{name}.{key}" if name else key)


if __name__ == "__main__":
    sys.exit(main())
