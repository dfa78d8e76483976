"""What becomes of a notebook's cells on a page of the site, where no kernel runs."""

import base64
import html
import io
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell
from PIL import Image

from tlcourse.checks.exercise import EXERCISES, Exercise
from tlcourse.checks.quiz import Question, questions

QUIZ = re.compile(r'tl\.widgets\.quiz\("(\d\d)"\)')
CHECK = re.compile(r'tl\.checks\.(check|solution)\("(\d\d\.\d+)"')
_IMAGE = re.compile(r'src="data:image/png;base64,([^"]+)"')
_COLOUR = re.compile(r"(?<![-\w])color: *#\w+;? *")
_STILL = '<p class="still">A still picture: in JupyterLab, this can be worked.</p>'


def write_page(notebook: Path, folder: Path, pictures: Path) -> None:
    """Write a notebook as the source of a page, its pictures as files.

    Quizzes and the hints and solutions of exercises become HTML that needs no kernel; of a widget
    its picture stays.

    Args:
        notebook: the file; it is only read.
        folder: where the source goes, under the same name.
        pictures: a folder; pages will find it beside them.
    """
    content = nbformat.read(notebook, as_version=4)
    content.metadata = {"language_info": {"name": "python"}}
    cells = []
    for cell in content.cells:
        if cell.cell_type != "code":
            cells.append(cell)
        elif found := QUIZ.fullmatch(cell.source):
            cells.append(new_markdown_cell(quiz_html(found[1], questions(found[1]))))
        elif found := CHECK.match(cell.source):
            name = found[2]
            text = solution_text if found[1] == "solution" else hint_html
            cells.append(new_markdown_cell(text(EXERCISES[name])))
        else:
            for k, output in enumerate(cell.outputs):
                make_still(output, pictures, f"{notebook.stem[:2]}-{cell.id}-{k}.png")
            cells.append(cell)
    content.cells = cells
    nbformat.write(content, folder / notebook.name)


def make_still(output: nbformat.NotebookNode, pictures: Path, name: str) -> None:
    """Leave of an output what a page without a kernel shows; write its pictures to files."""
    data = output.get("data", {})
    text = data.get("text/html")
    if not text:
        return

    def save(found: re.Match) -> str:
        png = base64.b64decode(found[1])
        (pictures / name).write_bytes(png)
        width, height = Image.open(io.BytesIO(png)).size  # so that it has its place before it comes
        size = f'width="{width}" height="{height}"'
        return f'loading="lazy" {size} src="{pictures.name}/{name}"'

    text = _IMAGE.sub(save, text)
    # Colours of text were chosen for a light page; this one may be dark.
    text = _COLOUR.sub("", text)
    was_widget = output.metadata.pop("widget", False)
    data["text/html"] = f"{text}\n{_STILL}" if was_widget else text


def quiz_html(number: str, asked: tuple[Question, ...]) -> str:
    """Return a quiz as a form; ``site.js`` says what is right about each choice."""
    fields = []
    for k, question in enumerate(asked, start=1):
        choices = "".join(
            f'<label data-reason="{html.escape(choice.reason)}"{" data-right" * choice.right}>'
            f'<input type="radio" name="quiz-{number}-{k}"> <span>{html.escape(choice.text)}</span>'
            "</label>"
            for choice in question.choices
        )
        legend = f"{k}. {html.escape(question.text)}"
        fields.append(
            f'<fieldset><legend>{legend}</legend>{choices}<p role="status"></p></fieldset>'
        )
    return f'<form class="quiz">{"".join(fields)}</form>'


def hint_html(exercise: Exercise) -> str:
    """Return the hint of an exercise, folded up."""
    return (
        f"<details><summary>A hint for exercise {exercise.name}</summary>"
        f"<p>{html.escape(exercise.hint)}</p></details>"
    )


def solution_text(exercise: Exercise) -> str:
    """Return the solution of an exercise as Markdown, folded up."""
    return (
        f"<details><summary>A solution of exercise {exercise.name}</summary>\n\n"
        f"```python\n{exercise.solution}\n```\n\n</details>"
    )
