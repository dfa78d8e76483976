"""``make instructors``: the generated pages of ``instructors/``: solutions, and a schedule.

What is written by hand there are ``README.md`` and a page of notes for each notebook, ``NN.md``.
"""

import json
import re
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import nbformat

from tlcourse.checks import EXERCISES
from tlcourse.data.paths import REPOSITORY, atomic_write

FOLDER = REPOSITORY / "instructors"
NOTEBOOKS = REPOSITORY / "notebooks"
PER_EXERCISE = 8  # minutes, with talking about the usual mistakes; an estimate
LONGEST = 90  # minutes between two breaks
BREAK = 15  # minutes

# The notebooks of a term's classes, in an order in which each has what it needs.
FIFTEEN_CLASSES = [
    *[("00", "01"), ("02",), ("03",), ("04",), ("05", "06"), ("07",), ("08",), ("09", "15")],
    *[("10",), ("11",), ("12",), ("13", "14"), ("16", "17"), ("18", "19"), ("20", "21")],
]
# Which notebooks, and for how long: minutes for the parts of a notebook that its page of notes
# names first; or classes, each with the notebooks that it takes in full.
ROUTES = {
    "One class of 90 minutes: what is transfer, and what is it worth?": {"00": 35, "06": 55},
    "A day: from ten labels to the best that there is": {
        **{"00": 45, "05": 45, "06": 45, "07": 45, "09": 60, "11": 30},
    },
    "An afternoon: to your own photographs": {"00": 30, "06": 45, "07": 45, "12": 75, "13": 60},
    "A day: self-supervised, and few labels": {
        **{"00": 30, "06": 45, "09": 50, "15": 40, "16": 60, "21": 30},
    },
    "An afternoon: to small devices": {"00": 30, "02": 60, "06": 45, "09": 45, "17": 75},
    "A semester of fifteen weekly classes": FIFTEEN_CLASSES,
    "A notebook a week": None,  # all notebooks, one after the other
}
_TIME = re.compile(r"\*\*Time:\*\* reading (\d+) minutes?")


def main() -> int:
    """Write the generated pages."""
    for name, text in pages().items():
        with atomic_write(FOLDER / name) as part:
            part.write_text(text, encoding="utf-8")
        print(FOLDER / name)
    return 0


def pages() -> dict[str, str]:
    """Return the generated pages by name."""
    return {"schedule.md": schedule(), "solutions.md": solutions()}


# ------------------------------------------------------------------------------------ schedule


def schedule() -> str:
    """Return minutes for each notebook, and the routes through the course, with breaks."""
    minutes = {path.stem[:2]: minutes_of(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    lines = [
        "# Schedule",
        "",
        "Made by `make instructors`. *Reading* is what the notebook says, *running* was measured "
        f"on two cores, on MNIST (photographs: on ants and bees), and {PER_EXERCISE} minutes for "
        "an exercise are an estimate: measure it with your class. A notebook takes longer the "
        "first time it is taught.",
        "",
        "| notebook | reading | running | exercises | together |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| [{name}]({name}.md) | {a} | {b} | {c} | {a + b + c} |"
        for name, (a, b, c) in minutes.items()
    ]
    for title, route in ROUTES.items():
        lines += ["", f"## {title}", ""]
        if isinstance(route, dict):
            lines += _table(route)
        else:
            lines += _classes(minutes, route or [(name,) for name in minutes])
    return "\n".join([*lines, ""])


def minutes_of(path: Path) -> tuple[int, int, int]:
    """Return the minutes for reading, running and exercises of a notebook."""
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    measured = json.loads((REPOSITORY / "benchmarks" / "timings.json").read_text(encoding="utf-8"))
    runs = measured.get(path.stem, {})
    seconds = runs.get("MNIST", runs.get("digits", {"seconds": 60}))["seconds"]
    exercises = sum(name.startswith(f"{path.stem[:2]}.") for name in EXERCISES)
    return int(_TIME.search(text)[1]), round(seconds / 60 + 0.5), PER_EXERCISE * exercises


def _table(route: dict[str, int]) -> list[str]:
    lines, clock, since = ["| from minute | what | minutes |", "| ---: | --- | ---: |"], 0, 0
    for name, minutes in route.items():
        if since and since + minutes > LONGEST:
            lines.append(f"| {clock} | break | {BREAK} |")
            clock, since = clock + BREAK, 0
        lines.append(f"| {clock} | notebook [{name}]({name}.md) | {minutes} |")
        clock, since = clock + minutes, since + minutes
    return [*lines, f"| {clock} | end | |"]


def _classes(minutes: dict[str, Sequence[int]], classes: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| class | notebook | in class | at home |", "| ---: | --- | ---: | ---: |"]
    for number, names in enumerate(classes, 1):
        together = sum(sum(minutes[name]) for name in names)
        in_class = min(LONGEST, together)
        links = ", ".join(f"[{name}]({name}.md)" for name in names)
        lines.append(f"| {number} | {links} | {in_class} | {together - in_class or '–'} |")
    return lines


# ----------------------------------------------------------------------------------- solutions


def solutions() -> str:
    """Return all exercises on one page: a solution, usual wrong answers, what meets them."""
    lines = ["# Solutions", "", "Made by `make instructors` from the exercises' data.", ""]
    by_notebook = groupby(EXERCISES.values(), lambda exercise: exercise.name[:2])
    for number, exercises in by_notebook:
        lines += [f"## Notebook {number}", ""]
        for exercise in exercises:
            lines += [f"### {exercise.name}", "", *_code(exercise.solution)]
            lines += [f"*Hint:* {_line(exercise.hint)}", ""]
            if exercise.mistakes:
                lines += ["Usual wrong answers, and what the learner is told:", ""]
            for mistake in exercise.mistakes:
                lines += [*_code(mistake.code), f"> {_line(mistake.says)}", ""]
    return "\n".join(lines)


def _code(code: str) -> list[str]:
    return ["```python", code.strip("\n"), "```", ""]


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
