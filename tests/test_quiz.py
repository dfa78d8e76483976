"""Quizzes: what a choice says, what is remembered, what is shown without a kernel."""

import pytest
from notebook_rules import NOTEBOOKS

import tlcourse as tl
from tlcourse.checks import quiz
from tlcourse.checks.quiz import QUIZZES, Choice, Question
from tlcourse.data import DataError

ALL = dict(QUIZZES)  # those of the course; the fixture below hides them
RIGHT = Choice("a base", "It turns an image into features.", right=True)
WRONG = Choice("a <head>", "A head turns features into an answer.")


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path):
    """Return a quiz of two questions about notebook 98, in a course without any other."""
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path))  # where answers are kept
    questions = Question("What is frozen?", [WRONG, RIGHT]), Question("2?", [RIGHT, WRONG])
    monkeypatch.setattr(quiz, "QUIZZES", {"98": questions})
    return tl.widgets.quiz("98")


def test_every_notebook_has_a_short_quiz_that_explains_every_choice():
    assert sorted(ALL) == [path.stem[:2] for path in NOTEBOOKS]
    for notebook, questions in ALL.items():
        assert 3 <= len(questions) <= 4, notebook
        for question in questions:
            reasons = [choice.reason for choice in question.choices]
            assert len(set(reasons)) == len(reasons) >= 2
            assert all(len(reason.split()) > 5 for reason in reasons), question.text


def test_a_right_choice_is_explained_and_remembered(asked):
    asked.buttons[0].value = 1
    assert "✓ Right." in asked.reasons[0].value
    assert RIGHT.reason in asked.reasons[0].value
    assert asked.reasons[1].value == ""
    assert quiz.answered() == ["98.1"]


def test_a_wrong_choice_is_explained_and_not_remembered(asked):
    asked.buttons[0].value = 0
    assert "✗" in asked.reasons[0].value
    assert WRONG.reason in asked.reasons[0].value
    assert quiz.answered() == []


def test_a_change_of_mind(asked):
    asked.buttons[1].value = 1
    asked.buttons[1].value = 0
    assert RIGHT.reason in asked.reasons[1].value
    assert WRONG.reason not in asked.reasons[1].value
    asked.buttons[1].value = 1
    assert quiz.answered() == ["98.2"], "what was right once stays so"


def test_reset_forgets_answers(asked):
    asked.buttons[0].value = 1
    tl.checks.reset()
    assert quiz.answered() == []


def test_nothing_is_chosen_at_first_nor_remembered_by_the_notebook(asked):
    assert [buttons.value for buttons in asked.buttons] == [None, None]
    asked.buttons[0].value = 1
    assert repr(asked) == "Quiz 98: 2 questions"


def test_without_a_kernel_every_choice_has_its_reason(asked):
    shown = asked._repr_mimebundle_()["text/html"]
    assert shown.count("<details>") == 4
    assert shown.count(WRONG.reason) == 2
    assert "a &lt;head&gt;" in shown, "a choice is text, not HTML"


def test_an_answer_that_cannot_be_kept_is_explained_all_the_same(asked, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLCOURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    asked.buttons[0].value = 1
    assert RIGHT.reason in asked.reasons[0].value
    assert "remembered only until this kernel ends" in asked.reasons[0].value
    assert quiz.answered() == ["98.1"]


@pytest.mark.parametrize("choices", [[RIGHT], [WRONG, Choice("b", "")], [RIGHT, RIGHT]])
def test_a_question_without_one_right_choice_is_refused(choices):
    with pytest.raises(DataError, match="one of them right"):
        Question("Which?", choices)


def test_an_unknown_quiz():
    with pytest.raises(DataError, match="no quiz named '97'; choose from 98"):
        tl.widgets.quiz("97")


def test_progress_counts_exercises_and_questions(asked, monkeypatch, capsys):
    exercise = tl.checks.Exercise("98.1", "one", "", "", "one = 1", "Well done.")
    monkeypatch.setattr("tlcourse.checks.exercise.EXERCISES", {"98.1": exercise})
    tl.checks.progress()
    assert capsys.readouterr().out == "notebook 98  □□□        0 of 3\n"
    tl.checks.check("98.1", 1)
    asked.buttons[0].value = 1
    tl.checks.progress()
    assert capsys.readouterr().out.endswith("notebook 98  ■■□        2 of 3\n")
