"""Submissions: the answers in a class's notebooks, which are only read here, and never run."""

import ast
import builtins
import hashlib
import json
import re
import stat
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcourse.checks.exercise import EXERCISES, Exercise
from tlcourse.data import DataError

_LARGEST, _MOST_CODE = 50_000_000, 1_000_000  # bytes of a notebook, and characters of its code
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
_ODD_NAMES = {"open", "eval", "exec", "compile", "globals", "vars", "setattr", "__import__"}
_USUAL = {"numpy", "pandas", "keras", "tensorflow", "sklearn", "scipy", "matplotlib", "tlcourse"}
_USUAL |= {"collections", "functools", "itertools", "math", "random", "seaborn", "statistics"}


@dataclass
class Row:
    """A line of the table.

    Attributes:
        learner: name of the submission's folder or file.
        exercise: its name; empty where a submission could not be read.
        result: right, wrong, empty, stopped, unreadable, or waiting.
        says: what the check said, or why there is none.
        read: what is unusual in an answer, so that somebody should read it; mostly empty.
        digest: of exercise and answer.
    """

    learner: str
    exercise: str
    result: str
    says: str
    read: str = ""
    digest: str = ""


def collect(
    folder: Path, names: Sequence[str] = ()
) -> tuple[list[Row], dict[str, tuple[Exercise, str]]]:
    """Return a row for each learner and exercise, and the answers to check by their digests.

    Args:
        folder: holds a notebook or a folder of notebooks for each learner.
        names: of notebooks or exercises, like ``"03"`` or ``"03.1"``; by default all of which
            somebody handed in a notebook.
    """
    rows, submissions, answers = [], {}, {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        learner = entry.stem if entry.suffix == ".ipynb" else entry.name
        given = submissions.setdefault(learner, {})
        try:
            for path in _notebooks(entry):
                for name, code in _answers(path):
                    if not given.get(name):  # of two notebooks, the one in which it is answered
                        given[name] = code
        except DataError as error:
            rows.append(Row(learner, "", "unreadable", str(error)))
    numbers = names or sorted({name[:2] for given in submissions.values() for name in given})
    for learner, given in submissions.items():
        for exercise in [e for e in EXERCISES.values() if among(e.name, numbers)]:
            code = given.get(exercise.name)
            row = Row(learner, exercise.name, "empty", "Not begun: the cell is as it was.")
            if code is None:
                row.says = f"No cell with the tag exercise-{exercise.name} was handed in."
            elif code:
                row.read = ", ".join(_unusual(exercise, code))
                row.digest = hashlib.sha256(f"{exercise}\n{code}".encode()).hexdigest()[:20]
                answers[row.digest] = exercise, code
            rows.append(row)
    return sorted(rows, key=lambda row: (row.learner, row.exercise)), answers


def among(exercise: str, names: Iterable[str]) -> bool:
    """Return whether an exercise is one of these, or in one of these notebooks."""
    return any(exercise == name or exercise[:2] == name for name in names)


def _notebooks(entry: Path) -> list[Path]:
    if not entry.is_dir():
        return [entry]
    inside = [path.relative_to(entry) for path in sorted(entry.rglob("*.ipynb"))]
    # Neither Jupyter's checkpoints nor the course's copies of before.
    found = [entry / p for p in inside if "earlier" not in p.parts and not str(p).startswith(".")]
    found = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    if not found:
        raise DataError(f"There is no notebook in {entry.name}; unpack it, if it is an archive.")
    return found


def _answers(path: Path) -> Iterator[tuple[str, str]]:
    """Give for each exercise in a notebook the code to check; an empty one for a mere stub."""
    cells = [
        (_tags(cell), _MAGIC.sub("", "".join(cell["source"])))
        for cell in _cells(path)
        if cell.get("cell_type") == "code"
    ]
    for exercise in EXERCISES.values():
        # Several cells have the tag where one was split or copied.
        places = [i for i, (tags, _) in enumerate(cells) if f"exercise-{exercise.name}" in tags]
        if places:
            code = "\n".join(cells[i][1] for i in places).strip()
            before = [source for _, source in cells[: places[-1]]]
            is_stub = code == exercise.stub.strip()
            yield exercise.name, "" if is_stub else _with_needs(code, before, exercise.setup)


def _tags(cell: dict) -> list:
    return cell.get("metadata", {}).get("tags", [])


def _cells(path: Path) -> list[dict]:
    """Return the cells of a notebook.

    Raises:
        DataError: it is no notebook, or cannot be read.
    """
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST or path.suffix != ".ipynb":
            raise ValueError("no notebook file of at most 50 MB")
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
        if sum(map(len, code)) > _MOST_CODE or not all(isinstance(_tags(c), list) for c in cells):
            raise ValueError("far too much code, or tags of another form")
        return cells
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path.name} is no notebook that can be read ({type(error).__name__}); ask for it "
            "again, saved in JupyterLab."
        ) from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from error


# ------------------------------------------------------------------------------- what code uses


def _with_needs(code: str, before: Iterable[str], setup: str) -> str:
    """Return code after those statements before it in the notebook that define what it uses."""
    tree = parse(code)
    known = {*dir(builtins), *_bound(parse(setup))}
    missing, needed = _used(tree) - _bound(tree) - known, []
    for source in reversed(list(before)):
        for statement in reversed(parse(source).body):
            module = ast.Module([statement], [])
            if missing & _bound(module):
                first = min([statement, *getattr(statement, "decorator_list", [])], key=_line)
                lines = source.splitlines()[_line(first) - 1 : statement.end_lineno]
                needed.insert(0, textwrap.dedent("\n".join(lines)))
                missing = (missing - _bound(module)) | (_used(module) - _bound(module) - known)
    return "\n".join([*needed, code])


def _line(node: ast.AST) -> int:
    return node.lineno


def parse(code: str) -> ast.Module:
    """Return the syntax tree of code; an empty one if it has none."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _used(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _bound(tree: ast.AST) -> set[str]:
    """Return the names that code gives something to: also those within its functions."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
    return names


def _unusual(exercise: Exercise, code: str) -> list[str]:
    """Return what an honest answer seldom uses: no proof of anything, but a reason to read it."""
    odd, modules = set(), _bound(parse("\n".join(re.findall("(?m)^ *import .*", exercise.setup))))
    for node in ast.walk(parse(code)):
        if isinstance(node, ast.Import):
            odd |= {alias.name for alias in node.names if alias.name.split(".")[0] not in _USUAL}
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] not in _USUAL:
            odd.add(str(node.module))
        elif isinstance(node, ast.Attribute):
            if node.attr == "checks" or (node.attr[:2] == "__" and node.attr != "__init__"):
                odd.add(node.attr)
            owner = node.value
            while isinstance(owner, ast.Attribute):
                owner = owner.value
            if isinstance(node.ctx, ast.Store) and getattr(owner, "id", "") in modules:
                odd.add(f"another {node.attr} for {owner.id}")
        elif isinstance(node, ast.Name) and node.id in _ODD_NAMES:
            odd.add(node.id)
    if "tlcourse.checks" in code:
        odd.add("tlcourse.checks")
    return sorted(odd)
