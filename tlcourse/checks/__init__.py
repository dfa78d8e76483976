"""Checks: the exercises of every notebook, and how a learner's answer is judged."""

from tlcourse.checks import nb00, nb06, nb07, nb11  # noqa: F401  they register their exercises
from tlcourse.checks.exercise import EXERCISES, Exercise, check, done, reset, solution

__all__ = ["EXERCISES", "Exercise", "check", "done", "reset", "solution"]
