"""``make slides``: each notebook as a deck that a browser shows from a folder, without a network.

The slides are made from the notebook's own sections, as it is stored; nothing is executed. What
they leave out, and the instructor's page on the notebook, are the speaker's notes (key S).
"""

import argparse
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path

import jinja2
from pygments.formatters import HtmlFormatter

from editions.folders import replaced
from editions.slide_cells import sections_of
from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY

NOTEBOOKS = REPOSITORY / "notebooks"
INSTRUCTORS = REPOSITORY / "instructors"
HERE = Path(__file__).with_name("slides")
LAB = "http://localhost:8888"  # where `make lab` serves JupyterLab
REVEAL = files("sphinx_revealjs") / "_static" / "revealjs"  # this package carries reveal.js
REVEAL_FILES = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
STYLES = {"light": "a11y-high-contrast-light", "dark": "a11y-high-contrast-dark"}  # of code


def main(arguments: list[str] | None = None) -> int:
    """Make the decks, say where they are; return 0, or 1 if they cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m editions.slides", description=__doc__)
    default = REPOSITORY / "build" / "slides"
    parser.add_argument("--out", type=Path, default=default, help="folder of the decks")
    parser.add_argument("--lab", default=LAB, help=f"address of JupyterLab, for links ({LAB})")
    given = parser.parse_args(arguments)
    out = given.out.resolve()
    try:
        build(out, lab=given.lab)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The decks are ready; open them in a browser: {(out / 'index.html').as_uri()}")
    return 0


def build(
    out: Path, notebooks: Path = NOTEBOOKS, instructors: Path = INSTRUCTORS, lab: str = LAB
) -> None:
    """Make a deck for each notebook, and an index, in the place of earlier ones.

    Args:
        out: their folder. It appears when all are complete; until then, an older one stays.
        notebooks: the folder of the notebooks.
        instructors: the folder of the instructor's pages; that on notebook NN is ``NN.md``.
        lab: the address of JupyterLab, for the links to cells.

    Raises:
        DataError: ``out`` holds something else, or there are no notebooks.
    """
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise DataError(f"There are no notebooks in {notebooks}; the slides are made of them.")
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)
    with replaced(out, "reveal", "folder of slides of the course") as made:
        (made / "pictures").mkdir()
        decks = []
        for path in paths:
            sections = sections_of(path, made / "pictures", instructors / f"{path.stem[:2]}.md")
            deck = {"name": path.stem, "title": sections[0][0].title, "sections": sections}
            page = templates.get_template("deck.html").render(deck, lab=lab.rstrip("/"))
            (made / f"{path.stem}.html").write_text(page, encoding="utf-8")
            decks.append(deck)
        page = templates.get_template("index.html").render(decks=decks)
        (made / "index.html").write_text(page, encoding="utf-8")
        _copy_files(made)


def _copy_files(made: Path) -> None:
    (made / "reveal").mkdir()
    for name in REVEAL_FILES:
        with as_file(REVEAL / name) as path:
            shutil.copy(path, made / "reveal")
    shutil.copy(HERE / "deck.js", made)
    colours = [
        HtmlFormatter(style=style).get_style_defs(f"[data-theme={theme}] .highlight")
        for theme, style in STYLES.items()
    ]
    style = (HERE / "deck.css").read_text(encoding="utf-8")
    (made / "deck.css").write_text("\n".join([style, *colours, ""]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
