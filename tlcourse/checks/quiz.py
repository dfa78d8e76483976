"""Quizzes: questions that catch usual misunderstandings, and why each choice is right or wrong.

Those of notebook NN stand in ``notebook_NN.toml``, beside its exercises.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcourse.checks.exercise import FILES
from tlcourse.data import DataError, store
from tlcourse.data.validation import check_choice

_PROGRESS = "quizzes"


@dataclass(frozen=True)
class Choice:
    """One answer to choose.

    Attributes:
        text: the answer.
        reason: why it is right, or what is wrong about it; shown once it is chosen.
        right: whether it is the right one.
    """

    text: str
    reason: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with its choices, exactly one of which is right; checked when made.

    Raises:
        DataError: not exactly one right choice, fewer than two choices, or two alike.
    """

    text: str
    choices: Sequence[Choice]

    def __post_init__(self) -> None:
        texts = [choice.text for choice in self.choices]
        right = sum(choice.right for choice in self.choices)
        if right != 1 or len(texts) < 2 or len(set(texts)) < len(texts):
            raise DataError(
                f"The question {self.text!r} needs two different choices at least, one of them "
                f"right; it has {len(texts)}, {len(set(texts))} different and {right} right."
            )


def _read(path: Path) -> tuple[Question, ...]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Question(entry["question"], [Choice(**choice) for choice in entry["choice"]])
        for entry in content.get("quiz", [])
    )


# By the notebook's number, like "06".
QUIZZES = {path.stem[-2:]: _read(path) for path in FILES}


def questions(notebook: str) -> tuple[Question, ...]:
    """Return the questions of a notebook's quiz.

    Raises:
        DataError: that notebook has none.
    """
    return QUIZZES[check_choice(notebook, QUIZZES, "quiz")]


def answer(notebook: str, question: int, choice: int) -> Choice:
    """Return what was chosen, and remember the question if that is right (see ``not_kept``).

    Args:
        notebook: its number.
        question: place of the question in the quiz, from 0 on.
        choice: place of the answer in the question, from 0 on.

    Raises:
        DataError: there is no such quiz.
    """
    chosen = questions(notebook)[question].choices[choice]
    if chosen.right:
        name = f"{notebook}.{question + 1}"
        store.update(_PROGRESS, lambda known: sorted({*known, name}), [])
    return chosen


def not_kept() -> str:
    """Return why the last right answer reached no file; an empty text if it did."""
    return store.not_kept(_PROGRESS)


def answered() -> list[str]:
    """Return which questions were answered rightly so far, like ``"06.1"``."""
    return store.read(_PROGRESS, [])


def forget() -> None:
    """Forget which questions were answered."""
    store.update(_PROGRESS, lambda known: [], [])
