"""Checks: the exercises and quizzes of every notebook, how answers are checked, and progress."""

from tlcourse.checks.exercise import EXERCISES, Exercise, check, done, solution
from tlcourse.checks.progress import progress, reset

__all__ = ["EXERCISES", "Exercise", "check", "done", "progress", "reset", "solution"]
