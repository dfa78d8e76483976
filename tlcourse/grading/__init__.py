"""``tlcourse grade``: the answers of a class, each checked in a confined process, in one table.

Of a notebook only the cells tagged ``exercise-NN.K`` count, with those statements before them that
define what they use; the checks are those of this course, whatever a submission holds. The table
is also the memory of what is graded: the same answer to the same exercise is never run twice, in no
run of the command. Delete its row to have it run again.
"""

import ast
import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, fields
from pathlib import Path

from tlcourse.checks.exercise import EXERCISES, Exercise
from tlcourse.data import DataError
from tlcourse.data.paths import atomic_write
from tlcourse.experiment.worker import ONE_THREAD
from tlcourse.grading import confined
from tlcourse.grading.submissions import Row, among, collect, parse

MARKS = {"right": "✓", "wrong": "·", "empty": "–", "stopped": "!", "unreadable": "!"}
WAITING = "waiting"  # the result of what was not run before the command was stopped
_QUOTED = re.compile("^'(?=[=+@-])")  # what spreadsheets would take for a formula
LIMITS = confined.Limits(seconds=120, memory=2e9)


def grade(
    folder: Path,
    table: Path,
    *,
    names: Sequence[str] = (),
    limits: confined.Limits = LIMITS,
    workers: int | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Row]:
    """Grade the submissions in a folder; what the table holds already is not run again.

    Args:
        folder: holds a notebook or a folder of notebooks for each learner.
        table: a CSV file, written after each answer.
        names: of notebooks or exercises, like ``"03"`` or ``"03.1"``; by default all of which
            somebody handed in a notebook.
        limits: of each answer.
        workers: how many answers are run at a time; by default one on each core.
        progress: is told of each answer that was run, and before that which protections lack.

    Returns:
        The rows of these submissions; the table keeps what it holds of others, too.

    Raises:
        DataError: the folder, the table or a name cannot be used.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give the one that holds the submissions.")
    unknown = [name for name in names if not any(among(known, [name]) for known in EXERCISES)]
    if unknown:
        raise DataError(f"There is no exercise {unknown[0]}; write it like 03 or 03.1.")
    graded = [row for row in read_table(table) if row.digest and row.result != WAITING]
    known = {row.digest: row for row in graded}
    rows, answers = collect(folder, names)
    if not rows:
        raise DataError(f"{folder} holds no submissions: a notebook or a folder for each learner.")
    waiting: dict[str, tuple[Exercise, str]] = {}
    here = {(row.learner, row.exercise) for row in rows}
    others = [row for row in graded if (row.learner, row.exercise) not in here]
    for row in rows:
        if row.digest in known:
            row.result, row.says = known[row.digest].result, known[row.digest].says
        elif row.digest:
            waiting[row.digest] = answers[row.digest]
            row.result, row.says = WAITING, "Not graded yet: the command was stopped."
    os.environ.update(ONE_THREAD)
    confined.prepare(sorted({m for exercise, _ in waiting.values() for m in _modules(exercise)}))
    if waiting and (missing := confined.missing_protections()):
        progress(f"On this computer, answers could {', or '.join(missing)}: use Linux for a class.")
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        runs = {
            pool.submit(confined.run, judge, exercise.name, code, limits=limits): digest
            for digest, (exercise, code) in waiting.items()
        }
        for number, run in enumerate(as_completed(runs), 1):
            digest, (result, why) = runs[run], run.result()
            for row in rows:
                if row.digest == digest:
                    row.result, row.says = _verdict(result, why)
            write_table(table, [*rows, *others])
            progress(f"{number} of {len(runs)} answers")
    finally:
        pool.shutdown(cancel_futures=True)
    write_table(table, [*rows, *others])
    return rows


def _verdict(result: object, why: str) -> tuple[str, str]:
    """Return result and sentence of what came from a process that may be hostile."""
    if isinstance(result, list) and [type(x) for x in result] == [bool, str]:
        kind, says = "right" if result[0] else "wrong", result[1]
    else:
        kind, says = "stopped", str(why) or "It ended without an answer."
    return kind, " ".join("".join(c if c.isprintable() else " " for c in says).split())[:500]


def _modules(exercise: Exercise) -> Iterator[str]:
    """Give the names of the modules that an exercise imports, to be loaded once for all."""
    for node in ast.walk(parse(exercise.setup)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
    if "keras" in exercise.setup or "import tlcourse as tl" in exercise.setup:
        yield "tlcourse.models"


# ---------------------------------------------------------------------------- in a confined process


def judge(name: str, code: str) -> list:
    """Return whether an answer is right, and what the check says; called by ``confined.run``."""
    exercise = EXERCISES[name]
    EXERCISES.clear()  # no answer is to look up a solution in it
    try:
        answer = exercise.run(code)
    except BaseException as error:
        if isinstance(error, KeyError) and error.args == (exercise.answer,):
            return [False, f"The cell does not define {exercise.answer}."]
        return [False, f"The cell raises {type(error).__name__}: {error}"]
    try:
        fault = exercise.fault(answer)
    except BaseException as error:
        fault = f"The answer could not be checked ({type(error).__name__}: {error})."
    if fault:
        return [False, fault]
    # An answer that has changed what judges it is found out by wrong answers that pass.
    wrong = [exercise.stub, *(m.code for m in exercise.mistakes if exercise.cases)]
    if not all(exercise.fault(exercise.run(other)) for other in wrong):
        return [False, "With this answer, wrong answers pass the check, too: it changes the check."]
    return [True, exercise.praise]


# -------------------------------------------------------------------------------------- the table


def read_table(table: Path) -> list[Row]:
    """Return the rows of a table; none if there is no such file.

    Raises:
        DataError: the file holds something else.
    """
    if not table.exists():
        return []
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != [field.name for field in fields(Row)]:
            raise DataError(f"{table} is no table of this command; give another name with --out.")
        return [Row(**{key: _QUOTED.sub("", str(v)) for key, v in line.items()}) for line in lines]


def write_table(table: Path, rows: Iterable[Row]) -> None:
    """Write a table that spreadsheets open, and in which they take nothing for a formula."""
    with atomic_write(table) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(field.name for field in fields(Row))
        for row in rows:
            values = asdict(row).values()
            lines.writerow(f"'{v}" if v.startswith(("=", "+", "-", "@")) else v for v in values)


def summary(rows: Sequence[Row]) -> str:
    """Return a line of marks for each learner, and what somebody should look at."""
    learners = sorted({row.learner for row in rows})
    notebooks = sorted({row.exercise[:2] for row in rows if row.exercise})
    width = max(map(len, [*learners, "learner"]))
    lines = [f"{'learner':{width}}  {'  '.join(f'{n:4}' for n in notebooks)}"]
    for learner in learners:
        own = [row for row in rows if row.learner == learner and row.exercise]
        marks = ["".join(MARKS[r.result] for r in own if r.exercise[:2] == n) for n in notebooks]
        right = sum(row.result == "right" for row in own)
        cells = "  ".join(f"{m:4}" for m in marks)
        lines.append(f"{learner:{width}}  {cells}  {right} of {len(own)}")
    lines += ["", "✓ right   · not yet   – not begun   ! stopped, or could not be read"]
    for row in rows:
        where = f"{row.learner} {row.exercise}".strip()
        if MARKS[row.result] == "!":
            lines.append(f"{where}: {row.says}")
        if row.read:
            lines.append(f"{where}: read this answer; it uses {row.read}.")
    return "\n".join(lines)
