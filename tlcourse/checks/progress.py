"""Progress: what a learner has done so far, in all notebooks, and a fresh start."""

from typing import TYPE_CHECKING

from tlcourse.checks import exercise, quiz

if TYPE_CHECKING:
    from tlcourse.plots import AltFigure


def progress() -> "AltFigure":
    """Return a picture of all exercises and questions, those that are done filled."""
    from tlcourse.plots.progress import progress as drawn  # plots wait for TensorFlow

    questions = [
        f"quiz {notebook}.{k}"
        for notebook, asked in quiz.QUIZZES.items()
        for k in range(1, len(asked) + 1)
    ]
    done = [*exercise.done(), *(f"quiz {name}" for name in quiz.answered())]
    return drawn(exercise.EXERCISES, questions, done)


def reset() -> None:
    """Forget which exercises were solved and which questions answered."""
    exercise.forget()
    quiz.forget()
