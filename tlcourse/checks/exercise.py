"""Exercises: read from data, checked by what an answer does, and how a notebook uses them.

The exercises of notebook NN stand in ``notebook_NN.toml``. Each has a stub, a hint, a solution,
praise, and a list of usual mistakes: code of a wrong answer, and the sentence that meets it. An
answer is right if it gives what the solution gives, case by case; where there is no one right
answer (a network, a comparison) a function ``check`` in the data says what is wrong with it.
"""

import copy
import html
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import HTML

from tlcourse.checks import sealed
from tlcourse.data import store
from tlcourse.data.validation import check_choice

_PROGRESS = "exercises"
_WIDTH = 88  # of printed lines, in characters; JupyterLab breaks longer ones within words


class CheckFailed(Exception):
    """What about an answer is not right yet."""


@dataclass(frozen=True)
class Mistake:
    """A usual wrong answer.

    Attributes:
        code: may stand in the place of the solution.
        says: the sentence that meets it; where ``check`` of the exercise finds it, a part of what
            that says.
    """

    code: str
    says: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes:
        name: number of the notebook and of the exercise in it, like ``"06.1"``.
        answer: what the code calls the answer: the name of a function or of a value.
        stub: the code cell as the learner finds it; it must run, and must fail the check.
        hint: shown when the check fails.
        solution: code that may stand in the stub's place; it must pass the check.
        praise: what a right answer shows.
        setup: code that runs before all other code of the exercise.
        cases: code of a list of tuples: the arguments with which a function is called. Without it
            the answer itself is compared with the solution's.
        check: code of a function ``check(answer)``, which returns a sentence about what is wrong,
            or None. It comes before the cases; where there are none it decides alone.
        mistakes: usual wrong answers.
    """

    name: str
    answer: str
    stub: str
    hint: str
    solution: str
    praise: str
    setup: str = ""
    cases: str = ""
    check: str = ""
    mistakes: tuple[Mistake, ...] = field(default=())

    def run(self, code: str, name: str | None = None) -> Any:
        """Return what ``code`` calls ``name`` (else: the answer), run after the setup."""
        space = {"__name__": f"exercise {self.name}"}
        exec(f"{self.setup}\n{code}", space)
        return space[name or self.answer]

    def fault(self, answer: Any) -> str | None:
        """Return a sentence about what is wrong with an answer; None for a right one."""
        expected = self.run(self.solution)
        if answer is None:
            return f"{self.answer} is still None."
        if callable(expected) and not callable(answer):
            return f"Expected a function, got {type(answer).__name__}."
        if self.check:
            fault = self.run(self.check, "check")(answer)
            if fault or not self.cases:
                return fault
        cases = self.run(f"cases = {self.cases}", "cases") if self.cases else [None]
        try:
            for case in cases:
                _compare(self.answer, answer, expected, case)
        except CheckFailed as reason:
            return self._known(answer, cases) or str(reason)
        return None

    def _known(self, answer: Any, cases: list) -> str | None:
        for mistake in self.mistakes:
            wrong = self.run(mistake.code)
            if callable(answer) != callable(wrong):
                continue
            if all(_same(_result(answer, case), _result(wrong, case)) for case in cases):
                return mistake.says
        return None


def _read(path: Path) -> Iterator[Exercise]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for entry in content.get("exercise", []):
        mistakes = tuple(Mistake(**mistake) for mistake in entry.pop("mistake", []))
        setup = "\n".join([content.get("setup", ""), entry.pop("setup", "")])
        code = {key: entry.pop(key).strip("\n") for key in ("stub", "solution")}
        yield Exercise(**entry, **code, setup=setup, mistakes=mistakes)


FILES = sorted(Path(__file__).parent.glob("notebook_*.toml"))
EXERCISES = {exercise.name: exercise for path in FILES for exercise in _read(path)}


def check(name: str, answer: Any) -> None:
    """Say whether ``answer`` solves the exercise; if so, remember it, and if not, give a hint.

    Where no file can be written, it is remembered until the kernel ends, and that is said.

    Raises:
        DataError: there is no exercise of that name.
    """
    exercise = EXERCISES[check_choice(name, EXERCISES, "exercise")]
    try:
        fault = exercise.fault(answer)
    except Exception as error:  # an answer of a form that the check did not foresee
        fault = f"The answer could not be checked ({type(error).__name__}: {error})."
    if fault:
        _say(f"Exercise {name}: not yet. {fault}", f"Hint: {exercise.hint}")
    else:
        store.update(_PROGRESS, lambda done: sorted({*done, name}), [])
        _say(f"✓ Exercise {name}: right. {exercise.praise}")


def solution(name: str, key: str | None = None) -> HTML:
    """Return a solution of the exercise, folded up until the learner opens it.

    Args:
        name: of the exercise.
        key: needed in the edition for students only, where the instructor gives it out.

    Raises:
        DataError: there is no exercise of that name, or the key does not fit.
    """
    exercise = EXERCISES[check_choice(name, EXERCISES, "exercise")]
    code = html.escape((sealed.solution(name, key) or exercise.solution).strip())
    return HTML(
        f"<details><summary>A solution of exercise {name} (click to show)</summary>"
        f"<pre>{code}</pre></details>"
    )


def done() -> list[str]:
    """Return the names of the exercises solved so far."""
    return store.read(_PROGRESS, [])


def forget() -> None:
    """Forget which exercises were solved."""
    store.update(_PROGRESS, lambda done: [], [])


# ---------------------------------------------------------------------------------- comparing


class _Raised(tuple):
    """What a function raised, in the place of a result."""


def _result(answer: Any, case: tuple | None, *, keep: bool = True) -> Any:
    """Return the answer, or what it returns for (a copy of) a case's arguments, or raises."""
    if case is None:
        return answer
    try:
        return answer(*(copy.deepcopy(case) if keep else case))
    except Exception as error:
        return _Raised((type(error).__name__, str(error)))


def _compare(name: str, answer: Any, solution: Any, case: tuple | None) -> None:
    """Raise CheckFailed, with what differs, unless answer and solution give the same."""
    right, given = _result(solution, case), copy.deepcopy(case)
    got = _result(answer, case) if case is None else _result(answer, given, keep=False)
    called = name if case is None else f"{name}({', '.join(map(_short, case))})"
    if isinstance(got, _Raised):
        raise CheckFailed(f"{called} raises {got[0]}: {got[1]}")
    if got is None and right is not None:
        raise CheckFailed(f"{called} returns None.")
    if _same(got, right):
        if not _same(given, case):
            raise CheckFailed("The function changes what it is given; let it work on a copy.")
        return
    pair = got, right
    if isinstance(right, tuple):
        if not isinstance(got, tuple) or len(got) != len(right):
            raise CheckFailed(
                f"Expected {len(right)} values, separated by commas; got {_short(got)}."
            )
        if any(x is None for x in got):
            raise CheckFailed(f"One of the {len(right)} values is still None.")
        pair = next((a, b) for a, b in zip(got, right, strict=True) if not _same(a, b))
    forms = [_form(x) for x in pair]
    if forms[0] != forms[1]:
        raise CheckFailed(f"Expected {forms[1]}, got {forms[0]}.")
    raise CheckFailed(f"{called} should be {_short(right)}; yours is {_short(got)}.")


def _same(one: Any, other: Any) -> bool:
    """Return whether two results are the same, numbers up to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if one is None or other is None or isinstance(one, str) or isinstance(other, str):
        return one is other or (isinstance(one, str) and isinstance(other, str) and one == other)
    if isinstance(one, _Raised) or isinstance(other, _Raised):
        return False
    try:
        one, other = np.asarray(one), np.asarray(other)
        if one.shape != other.shape:
            return False
        if one.dtype.kind in "biufc" and other.dtype.kind in "biufc":
            return np.allclose(one, other, rtol=1e-4, atol=1e-9, equal_nan=True)
        return bool(np.array_equal(one, other))
    except ValueError:
        return False


def _form(value: Any) -> str:
    """Return what form a result has, in words."""
    if isinstance(value, str | dict | None):
        return "nothing (None)" if value is None else f"a {type(value).__name__}"
    if np.shape(value):
        return f"an array of shape {np.shape(value)}"
    return "one number" if np.asarray(value).dtype.kind in "biufc" else f"a {type(value).__name__}"


def _short(value: Any) -> str:
    """Return a value in few characters, for a sentence."""
    if hasattr(value, "numpy"):  # a tensor
        value = value.numpy()
    if hasattr(value, "to_dict"):  # from pandas
        value = value.to_dict()
    if isinstance(value, np.ndarray) and value.size > 20:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray):
        return " ".join(np.array2string(value, precision=3, separator=", ").split())
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, tuple | list):
        inner = ", ".join(map(_short, value[:10])) + ", …" * (len(value) > 10)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    return textwrap.shorten(repr(value), 120)


def _say(*paragraphs: str) -> None:
    """Print paragraphs in lines of a width that fits a notebook beside its file list."""
    for paragraph in paragraphs:
        for line in paragraph.splitlines():
            print(textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False))
