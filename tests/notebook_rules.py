"""What every notebook must be like: one function for each rule, which yields what breaks it."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

import tlcourse as tl
from tlcourse.data.paths import REPOSITORY
from tlcourse.report import WIDGET_VIEW

FOLDER = REPOSITORY / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

MAX_LINES, MEDIAN_LINES = 25, 8
MAX_BYTES = 3_000_000
OPENING = ["What you will be able to do", "What you need first"]
CLOSING = ["Exercises", "Summary", "What comes next"]
COMPARED = "nbval-check-output"  # a tag; as a comment it would stand in the way of reading

_TIME = re.compile(
    r"\*\*Time:\*\* reading \d+ minutes?; "
    r"running \d+ seconds? on two cores \((?:MNIST\), \d+ seconds? \(digits|"
    r"ants and bees\), \d+ seconds? \(tiles)\)"
)
_MACHINE = re.compile(
    r"/(?:home|root|tmp|work(?:space)?|Users|var/folders)/|\b[A-Z]:\\|site-packages"
)
_IMAGE_DATA = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+")
_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_EMPTY_HEADER = re.compile(r"<th\b[^>]*>(\s|&nbsp;)*</th>", re.IGNORECASE)
_ALT = re.compile(r"""\balt=(["'])(.*?)\1""", re.DOTALL)


@dataclass(frozen=True)
class Notebook:
    """A notebook file, as the rules look at it."""

    path: Path

    @cached_property
    def content(self) -> nbformat.NotebookNode:
        # Not nbformat.read, which repairs some faults before a rule can see them.
        return nbformat.v4.reads(self.path.read_text(encoding="utf-8"))

    @property
    def number(self) -> str:
        """The number that its file name begins with."""
        return self.path.stem[:2]

    def cells(self, kind: str) -> Iterator[tuple[str, nbformat.NotebookNode]]:
        """Give the cells of one kind, each after what to call it in a message."""
        for i, cell in enumerate(self.content.cells):
            if cell.cell_type == kind:
                yield f"cell {i} ({cell.get('id')})", cell

    def outputs(self) -> Iterator[tuple[str, nbformat.NotebookNode]]:
        for place, cell in self.cells("code"):
            for output in cell.outputs:
                yield place, output

    def headings(self) -> list[tuple[int, str]]:
        """Return level and text of all headings."""
        return [pair for _, cell in self.cells("markdown") for pair in _headings(cell.source)]

    def section(self, title: str) -> str:
        """Return the Markdown of the section of that title."""
        inside, texts = False, []
        for _, cell in self.cells("markdown"):
            for level, text in _headings(cell.source):
                if level <= 2:
                    inside = text == title
            if inside:
                texts.append(cell.source)
        return "\n\n".join(texts)


RULES: dict[str, Callable[[Notebook], Iterator[str]]] = {}


def rule(function: Callable[[Notebook], Iterator[str]]) -> Callable[[Notebook], Iterator[str]]:
    RULES[function.__name__] = function
    return function


# ---------------------------------------------------------------------------------- the file


@rule
def is_small(notebook: Notebook) -> Iterator[str]:
    size = notebook.path.stat().st_size
    if size > MAX_BYTES:
        yield f"the file has {size:,} bytes; at most {MAX_BYTES:,}"


@rule
def is_valid(notebook: Notebook) -> Iterator[str]:
    ids = [cell.get("id") for cell in notebook.content.cells]
    if len(set(ids)) < len(ids) or None in ids:
        yield "every cell needs an id of its own"
        return
    try:
        nbformat.validate(notebook.content)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {error.message}"


@rule
def runs_with_the_usual_kernel(notebook: Notebook) -> Iterator[str]:
    kernel = notebook.content.metadata.get("kernelspec", {})
    if (kernel.get("name"), kernel.get("language", "python")) != ("python3", "python"):
        yield f"the kernel must be python3; it is {dict(kernel)}"


# ------------------------------------------------------------------------------- the outputs


@rule
def has_no_errors(notebook: Notebook) -> Iterator[str]:
    for place, output in notebook.outputs():
        if output.output_type == "error":
            yield f"{place} ends with {output.ename}: {output.evalue}"
        elif output.get("name") == "stderr":
            yield f"{place} writes to stderr: {output.text[:200]!r}"


@rule
def is_executed_in_order(notebook: Notebook) -> Iterator[str]:
    expected = 1
    for place, cell in notebook.cells("code"):
        if cell.execution_count != expected:
            yield f"{place} has the execution count {cell.execution_count} instead of {expected}"
            return
        expected += 1


@rule
def is_run_on_mnist(notebook: Notebook) -> Iterator[str]:
    text = "".join(output.get("text", "") for _, output in notebook.outputs())
    if not re.search("Data in use: mnist|Photographs in use: ants_bees", text):
        yield "no output says 'Data in use: mnist'; run it on the real MNIST before committing"


@rule
def names_no_machine(notebook: Notebook) -> Iterator[str]:
    for place, text in _all_texts(notebook):
        for found in set(_MACHINE.findall(_IMAGE_DATA.sub("", text))):
            yield f"{place} holds a path of one computer ({found})"


@rule
def has_no_progress_noise(notebook: Notebook) -> Iterator[str]:
    for place, output in notebook.outputs():
        for kind, text in _texts_by_kind(output):
            if kind == "text/plain" and "text/html" in output.get("data", {}):
                continue  # never shown; rich puts its colours there as terminal codes
            if re.search(r"[\r\x1b█]|it/s\]", text):
                yield f"{place} stores a progress bar or terminal codes: {text[:80]!r}"


@rule
def stores_no_times_of_execution(notebook: Notebook) -> Iterator[str]:
    for place, cell in notebook.cells("code"):
        if "execution" in cell.metadata:
            yield f"{place} stores when it was executed (metadata 'execution')"


@rule
def has_compared_outputs(notebook: Notebook) -> Iterator[str]:
    compared = 0
    for place, cell in notebook.cells("code"):
        if "NBVAL_CHECK_OUTPUT" in cell.source:
            yield f"{place} needs the tag {COMPARED} in the place of its comment"
        if COMPARED not in cell.metadata.get("tags", []):
            continue
        if any(not _IMG.search(text) for output in cell.outputs for text in _texts_of(output)):
            compared += 1
        else:
            yield f"{place} is to be compared but has no text as its output"
    if compared < 2:
        yield f"{compared} cells have a compared output (tag {COMPARED}); at least 2"


# ------------------------------------------------------------------------ figures and widgets


@rule
def has_alt_texts(notebook: Notebook) -> Iterator[str]:
    for place, output in notebook.outputs():
        data = output.get("data", {})
        images = [kind for kind in data if kind.startswith("image/")]
        if images and not _IMG.search(data.get("text/html", "")):
            yield f"{place} shows a bare {images[0]}, whose alt text no page shows; use AltFigure"
    for place, cell in notebook.cells("markdown"):
        for token in _inline(cell.source):
            if token.type == "image" and not _says_something(token.content):
                yield f"{place} shows an image without alt text"
    for place, text in _all_texts(notebook):
        for tag in _IMG.findall(text):
            alt = _ALT.search(tag)
            if not alt or not _says_something(html.unescape(alt[2])):
                yield f"{place} holds an <img> without alt text"


@rule
def has_no_empty_table_headers(notebook: Notebook) -> Iterator[str]:
    for place, text in _all_texts(notebook):
        if _EMPTY_HEADER.search(text):
            yield (
                f"{place} shows a table with an empty header; the index's name fits there: "
                ".rename_axis(index=None, columns=...)"
            )


@rule
def has_a_widget(notebook: Notebook) -> Iterator[str]:
    views = 0
    for place, output in notebook.outputs():
        if WIDGET_VIEW in output.get("data", {}) or "widgets" in notebook.content.metadata:
            yield f"{place}: a widget is stored that needs a kernel; run: make claims --store"
        if output.get("metadata", {}).get("widget"):
            views += 1
            if "text/html" not in output.data:
                yield f"{place}: its widget shows nothing where no kernel runs; use Explorer"
    if not views:
        yield "no cell shows a widget"


# ------------------------------------------------------------------------------ cells, sections


@rule
def has_short_cells(notebook: Notebook) -> Iterator[str]:
    for kind in ("code", "markdown"):
        for place, cell in notebook.cells(kind):
            lines = len(cell.source.splitlines())
            if lines > MAX_LINES:
                yield f"{place} has {lines} lines; at most {MAX_LINES}"
    middle = median(len(cell.source.splitlines()) for _, cell in notebook.cells("code"))
    if middle > MEDIAN_LINES:
        yield f"half of the code cells have {middle} lines or more; at most {MEDIAN_LINES}"


@rule
def has_the_sections(notebook: Notebook) -> Iterator[str]:
    headings = notebook.headings()
    titles = [text for level, text in headings if level == 1]
    if len(titles) != 1 or not re.fullmatch(rf"{notebook.number} · \S.*", titles[0]):
        yield f"needs one title '# {notebook.number} · ...'; it has {titles}"
    sections = [text for level, text in headings if level == 2]
    inner = sections[len(OPENING) : -len(CLOSING)]
    if sections[: len(OPENING)] != OPENING or sections[-len(CLOSING) :] != CLOSING or not inner:
        yield f"needs the sections {OPENING}, numbered ones, and {CLOSING}; it has {sections}"
    for k, text in enumerate(inner, start=1):
        if not re.fullmatch(rf"{k} · \S.*", text):
            yield f"the section {text!r} should be called '{k} · ...'"
    last = 0
    for level, text in headings:
        if level > last + 1:
            yield f"the heading {text!r} jumps from level {last} to {level}"
        last = level


@rule
def opens_with_a_paragraph(notebook: Notebook) -> Iterator[str]:
    first = notebook.content.cells[0]
    if first.cell_type != "markdown" or not re.match(r"# .+\n\n\w", first.source):
        yield "the first cell must hold the title and a paragraph"


@rule
def tells_measured_times(notebook: Notebook) -> Iterator[str]:
    if not _TIME.search(notebook.section(OPENING[1])):
        yield (
            f"'{OPENING[1]}' needs the line '**Time:** reading R minutes; running S seconds on "
            "two cores (MNIST), T seconds (digits)'"
        )


@rule
def has_exercises(notebook: Notebook) -> Iterator[str]:
    named = exercises(notebook)
    if len(named) < 2:
        yield f"{len(named)} cells are tagged as an exercise; at least 2"
    if [*named] != [f"{notebook.number}.{k}" for k in range(1, len(named) + 1)]:
        yield f"the exercises must be numbered {notebook.number}.1, ...; they are {[*named]}"
    known = {name for name in tl.checks.EXERCISES if name.startswith(f"{notebook.number}.")}
    if known != set(named):
        yield f"tlcourse.checks has the exercises {sorted(known)}, the notebook {sorted(named)}"
    headings = [text for level, text in notebook.headings() if level == 3]
    cells = notebook.content.cells
    for name, i in named.items():
        if not any(text.startswith(f"Exercise {name} · ") for text in headings):
            yield f"needs a heading '### Exercise {name} · ...'"
        if name in known and cells[i].source != tl.checks.EXERCISES[name].stub:
            yield f"cell {i}: the code differs from the stub of exercise {name}"
        check, solution = [*(cell.source for cell in cells[i + 1 : i + 3]), "", ""][:2]
        if not check.startswith(f'tl.checks.check("{name}", '):
            yield f'cell {i + 1} must be tl.checks.check("{name}", ...)'
        elif "not yet" not in str(cells[i + 1].outputs):
            yield f"cell {i + 1} must show that the stub does not solve exercise {name} yet"
        if solution != f'tl.checks.solution("{name}")':
            yield f'cell {i + 2} must be tl.checks.solution("{name}")'


@rule
def has_a_quiz(notebook: Notebook) -> Iterator[str]:
    asked = f'tl.widgets.quiz("{notebook.number}")'
    if asked not in [cell.source for _, cell in notebook.cells("code")]:
        yield f"has no cell {asked}"


@rule
def has_links_that_lead_somewhere(notebook: Notebook) -> Iterator[str]:
    for place, cell in notebook.cells("markdown"):
        for target in _links(cell.source):
            file = target.partition("#")[0]
            outside = re.match(r"[a-z]+:", target)
            if file and not outside and not (notebook.path.parent / file).exists():
                yield f"{place} links to {target}, which does not exist"


@rule
def links_to_its_neighbours(notebook: Notebook) -> Iterator[str]:
    paths = sorted(notebook.path.parent.glob("*.ipynb"))
    here = paths.index(notebook.path)
    links = _links(notebook.section("What comes next"))
    for which, path in (("previous", paths[:here][-1:]), ("next", paths[here + 1 :][:1])):
        if path and path[0].name not in links:
            yield f"'What comes next' needs a link to the {which} notebook, {path[0].name}"


# ------------------------------------------------------------------------------------ helpers


def exercises(notebook: Notebook) -> dict[str, int]:
    """Return where the stub of each exercise stands: name -> index of its cell."""
    return {
        tag.removeprefix("exercise-"): i
        for i, cell in enumerate(notebook.content.cells)
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("exercise-")
    }


def _headings(source: str) -> list[tuple[int, str]]:
    tokens = MarkdownIt().parse(source)
    return [
        (int(tokens[i].tag[1]), tokens[i + 1].content)
        for i in range(len(tokens))
        if tokens[i].type == "heading_open"
    ]


def _inline(source: str) -> Iterator[Token]:
    for token in MarkdownIt().parse(source):
        yield from token.children or []


def _links(source: str) -> list[str]:
    return [str(token.attrs["href"]) for token in _inline(source) if token.type == "link_open"]


def _texts_by_kind(output: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    if "text" in output:
        yield output.name, output.text
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str) and not kind.startswith("image/"):
            yield kind, value


def _texts_of(output: nbformat.NotebookNode) -> Iterator[str]:
    for _, text in _texts_by_kind(output):
        yield text


def _all_texts(notebook: Notebook) -> Iterator[tuple[str, str]]:
    """Give every text that a reader may see: sources, outputs, alt texts and widgets."""
    for kind in ("markdown", "code"):
        for place, cell in notebook.cells(kind):
            yield place, cell.source
    for place, output in notebook.outputs():
        for text in _texts_of(output):
            yield place, text
        for about in output.get("metadata", {}).values():
            yield place, str(about)


def _says_something(alt: str | None) -> bool:
    return bool(alt) and len(alt.split()) >= 3
