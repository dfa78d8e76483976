"""Instructors' pages: the generated ones are those of now, and every notebook has its notes."""

import re

import pytest
from notebook_rules import NOTEBOOKS

from editions import instructors
from tlcourse.checks import EXERCISES

HEADINGS = ["What learners ask", "Usual wrong answers", "Show live", "Stop here", "Skip"]


@pytest.mark.parametrize("name", instructors.pages())
def test_the_generated_pages_are_those_of_now(name):
    stored = (instructors.FOLDER / name).read_text(encoding="utf-8")
    assert stored == instructors.pages()[name], "run: make instructors"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_its_page_of_notes(path):
    text = (instructors.FOLDER / f"{path.stem[:2]}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert min(map(len, text.split("\n## ")[1:])) > 20
    title = path.read_text(encoding="utf-8").split(f"# {path.stem[:2]} · ")[1]
    assert title.startswith(text.split(" · ")[1].split(":")[0])


def test_all_exercises_stand_on_one_page_with_what_meets_a_wrong_answer():
    page = instructors.solutions()
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == list(EXERCISES)
    for exercise in EXERCISES.values():
        assert exercise.solution.strip() in page
        assert all(" ".join(mistake.says.split()) in page for mistake in exercise.mistakes)


def test_no_route_is_longer_than_ninety_minutes_without_a_break():
    for title, route in instructors.ROUTES.items():
        if not isinstance(route, dict):
            continue
        section = instructors.schedule().split(f"## {title}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| \d+ \| (.*?) \| (\d+)", section, re.MULTILINE)
        assert sum(int(n) for what, n in rows if what != "break") == sum(route.values())
        since = 0
        for what, n in rows:
            since = 0 if what == "break" else since + int(n)
            assert since <= instructors.LONGEST


def test_the_classes_of_a_semester_take_every_notebook_once():
    taken = [name for names in instructors.FIFTEEN_CLASSES for name in names]
    assert sorted(taken) == sorted(path.stem[:2] for path in NOTEBOOKS)
