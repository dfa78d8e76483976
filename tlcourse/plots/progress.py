"""Progress: which exercises are solved and which questions answered, notebook by notebook."""

from collections.abc import Iterable

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import Box, boxes


def progress(exercises: Iterable[str], questions: Iterable[str], done: Iterable[str]) -> AltFigure:
    """Show a box for each exercise and each question, filled if it is done.

    Args:
        exercises: all their names, like ``"06.1"``.
        questions: all names of questions, like ``"quiz 06.1"``.
        done: the names, of both kinds, of what is done.
    """
    every, done = [*exercises, *questions], set(done)
    rows = sorted({_notebook(name) for name in every})
    widths = {row: sum(_notebook(name) == row for name in every) for row in rows}
    fields, last = {}, dict.fromkeys(rows, 0)
    for name in every:
        row = _notebook(name)
        kind = "question" if name.startswith("quiz") else "exercise"
        text = f"{kind} {name.rpartition('.')[2]}"
        colour, hatch = (PALETTE[2], "//") if name in done else ("white", None)
        mark = "✓ " if name in done else ""
        fields[rows.index(row), last[row]] = Box(mark + text, colour, hatch)
        last[row] += 1
    columns = [""] * max(widths.values(), default=1)
    with subplots(size=(8, 0.5 + 0.4 * len(rows))) as (figure, axes):
        boxes(axes, [f"notebook {row}" for row in rows], columns, fields, size=8)
    counts = "; ".join(
        f"notebook {row}: {sum(_notebook(name) == row for name in done)} of {widths[row]}"
        for row in rows
    )
    return AltFigure(figure, f"Exercises solved and questions answered. {counts}.")


def _notebook(name: str) -> str:
    return name.split()[-1].partition(".")[0]
