"""Exercises: one source for stub, hint, solution and check; and how a notebook uses them."""

import html
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.display import HTML

from tlcourse.data import store
from tlcourse.data.validation import check_choice

_PROGRESS = "exercises"
_WIDTH = 88  # of printed lines, in characters; JupyterLab breaks longer ones within words


class CheckFailed(Exception):
    """Raised by an exercise's check; says what about the answer is not right yet."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes:
        name: number of the notebook and of the exercise in it, like ``"06.1"``.
        stub: the code cell as the learner finds it; it must run, and must fail the check.
        hint: shown when the check fails.
        solution: code that may stand in the stub's place; it must pass the check.
        check: called with the learner's answer; raises CheckFailed if it is not right, and returns
            a sentence about what the answer shows if it is.
    """

    name: str
    stub: str
    hint: str
    solution: str
    check: Callable[[Any], str]


EXERCISES: dict[str, Exercise] = {}


def register(exercise: Exercise) -> None:
    """Make an exercise known by its name."""
    EXERCISES[exercise.name] = exercise


def check(name: str, answer: Any) -> None:
    """Say whether ``answer`` solves the exercise; if so, remember it, and if not, give a hint.

    Where no file can be written, it is remembered until the kernel ends, and that is said.

    Raises:
        DataError: there is no exercise of that name.
    """
    exercise = EXERCISES[check_choice(name, EXERCISES, "exercise")]
    try:
        praise = exercise.check(answer)
    except CheckFailed as reason:
        _say(f"Exercise {name}: not yet. {reason}", f"Hint: {exercise.hint}")
    except Exception as error:  # an answer of a form that the check did not foresee
        _say(
            f"Exercise {name}: not yet. The answer could not be checked "
            f"({type(error).__name__}: {error}).",
            f"Hint: {exercise.hint}",
        )
    else:
        store.update(_PROGRESS, lambda done: sorted({*done, name}), [])
        _say(f"✓ Exercise {name}: right. {praise}")


def solution(name: str) -> HTML:
    """Return a solution of the exercise, folded up until the learner opens it.

    Raises:
        DataError: there is no exercise of that name.
    """
    code = html.escape(EXERCISES[check_choice(name, EXERCISES, "exercise")].solution)
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


def _say(*paragraphs: str) -> None:
    """Print paragraphs in lines of a width that fits a notebook beside its file list."""
    for paragraph in paragraphs:
        for line in paragraph.splitlines():
            print(textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False))
