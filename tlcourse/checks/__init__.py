"""Checks: the exercises and quizzes of every notebook, how answers are checked, and progress."""

from tlcourse.checks import (  # noqa: F401  they register their exercises and quizzes
    nb00,
    nb01,
    nb02,
    nb03,
    nb04,
    nb05,
    nb06,
    nb07,
    nb08,
    nb09,
    nb10,
    nb11,
)
from tlcourse.checks.exercise import EXERCISES, Exercise, check, done, solution
from tlcourse.checks.progress import progress, reset

__all__ = ["EXERCISES", "Exercise", "check", "done", "progress", "reset", "solution"]
