"""Progress: what a learner has done so far, in all notebooks, and a fresh start."""

from tlcourse.checks import exercise, quiz


def progress() -> None:
    """Print for each notebook how many of its exercises and questions are done."""
    done = {*exercise.done(), *(f"quiz {name}" for name in quiz.answered())}
    tasks: dict[str, list[bool]] = {}
    for name in exercise.EXERCISES:
        tasks.setdefault(name[:2], []).append(name in done)
    for notebook, asked in quiz.QUIZZES.items():
        answered = [f"quiz {notebook}.{k}" in done for k in range(1, len(asked) + 1)]
        tasks.setdefault(notebook, []).extend(answered)
    for notebook, marks in sorted(tasks.items()):
        bar = "■" * sum(marks) + "□" * (len(marks) - sum(marks))
        print(f"notebook {notebook}  {bar:10} {sum(marks)} of {len(marks)}")


def reset() -> None:
    """Forget which exercises were solved and which questions answered."""
    exercise.forget()
    quiz.forget()
