"""What becomes of a notebook's cells on slides: what is shown, and what only the speaker sees."""

import ast
import copy
import html
import re
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path

import nbformat
from docutils.utils.math.latex2mathml import tex2mathml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from editions.site_cells import CHECK, QUIZ, make_still
from tlcourse.checks.exercise import EXERCISES
from tlcourse.checks.quiz import Question, questions

CODE_LINES = 15  # of a slide, so that the last row can read them; longer cells are divided
BESIDE = 18  # lines of code and text output together that still share a slide
BESIDE_PICTURE = 4  # lines of code that still share a slide with a picture
LEAD, ITEM = 260, 150  # letters of the first sentences of a section, and of an item of a list

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”)*_]*\s+(?=[\"“(*`_]*[A-Z])(?<!al\. )")
_NOTEBOOK = re.compile(r'href="([^":/]+)\.ipynb')
_LINKS = re.compile(r"(?:\[[^\]]+\]\([^)]+\)[ ·]*)+")  # a paragraph of links, to other notebooks
_ANSI = re.compile(r"\x1b\[[\d;]*m")
_BLOCKS = ("table", "bullet_list", "ordered_list", "fence", "code_block", "math_block")


@dataclass
class Slide:
    """One slide.

    Attributes:
        kind: ``title``, ``text``, ``exercise``, ``question``, ``code`` or ``output``; where its
            output is a picture, ``picture``.
        title: its heading, as HTML.
        body: what it shows, as HTML.
        cell: the identifier of the code cell that it comes from, if it does.
        notes: what the speaker sees, in parts, as HTML.
    """

    kind: str
    title: str
    body: str
    cell: str = ""
    notes: list[str] = field(default_factory=list)


def formula(tex: str, options: dict) -> str:
    """Return a formula as MathML, which browsers show and read out by themselves."""
    return tex2mathml(tex.replace(r"\dots", r"\ldots"), as_block=options["display_mode"])


MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula)


def sections_of(notebook: Path, pictures: Path, page: Path) -> list[list[Slide]]:
    """Return the slides of a notebook, a list for each of its sections.

    Args:
        notebook: the file; it is only read.
        pictures: a folder for its figures; the deck will find it beside itself.
        page: the instructor's page on it, for the notes of the first slide. It may be missing.
    """
    sections: list[list[Slide]] = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown":
            _add_text(sections, cell.source)
        elif found := QUIZ.fullmatch(cell.source):
            title = sections[-1][-1].title
            sections[-1] += [_question(title, k, q) for k, q in enumerate(questions(found[1]), 1)]
        elif found := CHECK.match(cell.source):
            if found[1] == "check":
                hint = html.escape(EXERCISES[found[2]].hint)
                sections[-1][-1].notes.append(f"<p><b>Hint.</b> {hint}</p>")
        else:
            _add_code(sections[-1], cell, pictures, f"{notebook.stem[:2]}-{cell.id}")
    if page.exists():
        text = page.read_text(encoding="utf-8")
        sections[0][0].notes.insert(0, MARKDOWN.render(text))
    return sections


# ---------------------------------------------------------------------------------------- text


def _add_text(sections: list[list[Slide]], source: str) -> None:
    """Add the slides of a Markdown cell: one for each heading, and for what is no running text."""
    tokens = MARKDOWN.parse(source)
    starts = [k for k, token in enumerate(tokens) if token.type == "heading_open"]
    if not starts or starts[0] > 0:
        before = tokens[: starts[0] if starts else None]
        if any(token.type.removesuffix("_open") in _BLOCKS for token in before):
            shown = Slide("text", sections[-1][-1].title, _brief(before))
            sections[-1].append(shown)
        sections[-1][-1].notes.append(_render(before))
    for start, end in pairwise([*starts, None]):
        level, heading = int(tokens[start].tag[1]), tokens[start + 1].content
        blocks = tokens[start + 3 : end]
        if level < 3:
            sections.append([])
        if not blocks and end is not None:
            continue  # a heading right above another one
        kind = "title" if level == 1 else "text"
        slide = Slide(kind, MARKDOWN.renderInline(heading), _brief(blocks))
        if heading.startswith("Exercise "):
            slide.kind, slide.body = "exercise", _render(blocks)
        elif blocks:
            slide.notes.append(_render(blocks))
        sections[-1].append(slide)


def _brief(blocks: list[Token]) -> str:
    """Render what a slide shows of a text: first sentences, lists, tables, formulas, links."""
    shown, lead, inside = [], True, False
    for token in copy.deepcopy(blocks):
        if token.level == 0 and token.type == "paragraph_open":
            inside = True
        elif token.type == "inline" and inside and token.level == 1:
            is_links = _LINKS.fullmatch(token.content)
            if lead or is_links:
                text = token.content if is_links else first_sentences(token.content, LEAD)
                shown += MARKDOWN.parse(text)
                lead = lead and is_links
        elif token.level == 0 and token.type == "paragraph_close":
            inside = False
        else:
            if token.type == "inline" and token.level > 1 and not _in_table(shown):
                text = first_sentences(token.content, ITEM)
                token.children = MARKDOWN.parseInline(text)[0].children
            shown.append(token)
    return _render(shown)


def _in_table(tokens: list[Token]) -> bool:
    return tokens[-1].type in ("th_open", "td_open")


def first_sentences(text: str, limit: int) -> str:
    """Return the sentences that a text begins with: one, and more while they fit the limit."""
    end = 0
    for found in [*_SENTENCE_END.finditer(text), None]:
        stop = found.end() if found else len(text)
        if end and len(text[:stop].rstrip()) > limit:
            break
        end = stop
    return text[:end].rstrip()


def _render(tokens: list[Token]) -> str:
    page = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return _NOTEBOOK.sub(r'href="\1.html', page)


def _question(title: str, number: int, question: Question) -> Slide:
    choices = "".join(f"<li>{html.escape(choice.text)}</li>" for choice in question.choices)
    body = f'<p>{number}. {html.escape(question.text)}</p><ol type="a">{choices}</ol>'
    answers = "".join(
        f"<li>{'<b>✓ Right:</b>' if choice.right else '✗'} {html.escape(choice.text)} "
        f"<i>{html.escape(choice.reason)}</i></li>"
        for choice in question.choices
    )
    return Slide("question", title, body, notes=[f'<ol type="a">{answers}</ol>'])


# ---------------------------------------------------------------------------- code and outputs


def _add_code(section: list[Slide], cell: nbformat.NotebookNode, pictures: Path, name: str) -> None:
    title = section[-1].title
    parts = divided(cell.source)
    if section[-1].kind == "exercise" and not section[-1].cell:
        section[-1].body += "".join(map(_code, parts))
        section[-1].cell = cell.id
    else:
        section += [Slide("code", title, _code(part), cell.id) for part in parts]
    shown = [_output(output, pictures, f"{name}-{k}.png") for k, output in enumerate(cell.outputs)]
    for is_picture, bodies in groupby(filter(None, shown), lambda body: "<img" in body):
        if is_picture:
            bodies = list(bodies)
            if section[-1].kind == "code" and cell.source.count("\n") < BESIDE_PICTURE:
                bodies[0] = section.pop().body + bodies[0]
            section += [Slide("picture", title, body, cell.id) for body in bodies]
            continue
        body = '<div class="output">' + "\n".join(bodies).replace("</pre>\n<pre>", "") + "</div>"
        last = section[-1]
        n_lines = body.count("\n") + body.count("<tr") + last.body.count("\n")
        if last.kind == "code" and last.cell == cell.id and n_lines <= BESIDE:
            last.body += body
        else:
            section.append(Slide("output", title, body, cell.id))


def divided(source: str) -> list[str]:
    """Divide code into parts of at most ``CODE_LINES`` lines where it can be done.

    It is divided between two statements, at an empty line if there is one near the middle; a long
    statement, or what is not Python, stays in one part.
    """
    source = source.strip("\n")
    lines = source.split("\n")
    n_parts = -(-len(lines) // CODE_LINES)
    try:
        statements = ast.parse(source).body if n_parts > 1 else []
    except SyntaxError:
        statements = []
    places = []
    for node in statements[1:]:
        place = min(part.lineno for part in [node, *getattr(node, "decorator_list", [])]) - 1
        while lines[place - 1].startswith("#"):
            place -= 1
        places.append(place)
    if not places:
        return [source]

    def cost(place: int) -> float:
        return abs(place - len(lines) / n_parts) + 4 * bool(lines[place - 1].strip())

    place = min(places, key=cost)
    rest = "\n".join(lines[place:])
    return ["\n".join(lines[:place]).rstrip("\n"), *divided(rest)]


def _code(source: str) -> str:
    lines = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).splitlines()
    spans = "".join(f'<span class="line">{line}\n</span>' for line in lines)
    return f'<div class="highlight"><pre><code>{spans}</code></pre></div>'


def _output(output: nbformat.NotebookNode, pictures: Path, name: str) -> str:
    """Return an output as HTML that needs no kernel."""
    if output.output_type == "stream":
        return f"<pre>{html.escape(_ANSI.sub('', output.text))}</pre>"
    if output.output_type == "error":
        return f"<pre>{html.escape(f'{output.ename}: {output.evalue}')}</pre>"
    make_still(output, pictures, name)
    text = _ANSI.sub("", output.data.get("text/plain", ""))
    return output.data.get("text/html") or f"<pre>{html.escape(text)}\n</pre>"
