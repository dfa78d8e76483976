"""Quiz: radio buttons under each question; whatever is chosen is explained at once."""

import html

import ipywidgets

from tlcourse.checks.quiz import Choice, answer, not_kept, questions
from tlcourse.widgets.box import AccessibleBox

_WIDE = {"width": "auto", "max_width": "100%"}


class Quiz(AccessibleBox):
    """The quiz of a notebook.

    Where no kernel runs, the questions are shown with their explanations folded up.

    Args:
        notebook: its number, like ``"06"``.

    Attributes:
        buttons: the radio buttons, one widget for each question.
        reasons: an HTML widget for each question: what was said about the last choice.

    Raises:
        DataError: that notebook has no quiz.
    """

    def __init__(self, notebook: str) -> None:
        self._notebook = notebook
        self._questions = questions(notebook)
        self.buttons, self.reasons, widgets = [], [], []
        for k, question in enumerate(self._questions):
            options = [(choice.text, i) for i, choice in enumerate(question.choices)]
            buttons = ipywidgets.RadioButtons(
                options=options,
                value=None,
                layout=_WIDE,
                tooltip=question.text,  # which names the group for screen readers
            )
            buttons.observe(lambda change, k=k: self._chosen(k, change["new"]), names="value")
            self.buttons.append(buttons)
            self.reasons.append(ipywidgets.HTML().add_class("tl-status"))
            heading = f"<p><b>{k + 1}.</b> {html.escape(question.text)}</p>"
            widgets += [ipywidgets.HTML(heading), buttons, self.reasons[-1]]
        super().__init__(*widgets)

    def _chosen(self, question: int, choice: int | None) -> None:
        if choice is None:
            return
        text = _explained(answer(self._notebook, question, choice))
        if not_kept():
            text += f"<p>{html.escape(not_kept())}</p>"
        self.reasons[question].value = text

    def __repr__(self) -> str:
        return f"Quiz {self._notebook}: {len(self._questions)} questions"

    def _repr_mimebundle_(self, **kwargs) -> dict:
        shown = "".join(
            f"<li><p>{html.escape(question.text)}</p>"
            + "".join(
                f"<details><summary>{html.escape(choice.text)}</summary>{_explained(choice)}"
                "</details>"
                for choice in question.choices
            )
            + "</li>"
            for question in self._questions
        )
        data = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self), "text/html": f"<ol>{shown}</ol>"}


def quiz(notebook: str) -> Quiz:
    """Return the quiz of a notebook, given its number, like ``"06"``.

    Raises:
        DataError: that notebook has no quiz.
    """
    return Quiz(notebook)


def _explained(choice: Choice) -> str:
    word = "✓ Right." if choice.right else "✗ Not this one."
    return f"<p><b>{word}</b> {html.escape(choice.reason)}</p>"
