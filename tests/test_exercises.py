"""All exercises of the course: solutions pass, stubs do not, every mistake gets its sentence."""

import re

import pytest
from notebook_rules import NOTEBOOKS

from tlcourse.checks import EXERCISES

MISTAKES = [
    pytest.param(exercise, mistake, id=f"{name}: {mistake.says[:50]}")
    for name, exercise in EXERCISES.items()
    for mistake in exercise.mistakes
]


def test_every_notebook_has_exercises_with_mistakes():
    assert {name[:2] for name in EXERCISES} == {path.stem[:2] for path in NOTEBOOKS}
    assert [name for name, exercise in EXERCISES.items() if len(exercise.mistakes) < 2] == []


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_the_solution_passes_and_the_stub_does_not(exercise):
    assert exercise.fault(exercise.run(exercise.solution)) is None
    assert exercise.fault(exercise.run(exercise.stub)), "the stub must not pass"


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_gets_its_sentence(exercise, mistake):
    fault = exercise.fault(exercise.run(mistake.code))
    assert fault, "it passes"
    assert mistake.says in fault


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_what_is_said_is_a_sentence(exercise):
    for text in (exercise.hint, exercise.praise, *(m.says for m in exercise.mistakes)):
        assert not re.search(r"TODO|\s{2}", text), text
    assert exercise.praise.endswith((".", "!", "?"))
