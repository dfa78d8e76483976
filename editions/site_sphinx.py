"""What the site adds to Sphinx: links from terms to the glossary, and formulas without a script."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

_ENTRY = re.compile(r"\*\*(.+?)\*\* – (.+) (\[\d\d\]\([^)]+\))")
# Where a link would be wrong, or distract.
_LEFT_ALONE = (nodes.title, nodes.reference, pending_xref, nodes.literal, nodes.math, nodes.raw)


def read_glossary(path: Path) -> dict[str, tuple[str, str]]:
    """Return the terms of ``glossary.md``, each with its definition and its notebook's link."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {found[1]: (found[2], found[3]) for line in lines if (found := _ENTRY.match(line))}


def glossary_page(glossary: dict[str, tuple[str, str]]) -> str:
    """Return the page of all terms, as MyST Markdown."""
    entries = (f"{term}\n  {meaning} {link}\n" for term, (meaning, link) in glossary.items())
    return "# Glossary\n\n:::{glossary}\n" + "\n".join(entries) + ":::\n"


class LinkTerms(SphinxTransform):
    """Links each term to the glossary, once in a section, in running text only."""

    default_priority = 700  # after references are known as such

    def apply(self) -> None:
        """Replace the first use of each term by a reference to it."""
        glossary = self.config.course_glossary
        if self.env.docname in ("index", "glossary") or not glossary:
            return
        # Longer terms first: "label spreading" before "label".
        words = "|".join(re.escape(term) for term in sorted(glossary, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w-])({words})(?:s|es)?(?![\w-])", re.IGNORECASE)
        by_lower = {term.lower(): term for term in glossary}
        used = {}  # by section
        for paragraph in list(self.document.findall(nodes.paragraph)):
            known = used.setdefault(_section(paragraph), set())
            for text in list(paragraph.findall(nodes.Text)):
                if not any(isinstance(node, _LEFT_ALONE) for node in _above(text, paragraph)):
                    text.parent.replace(text, list(_linked(text, pattern, by_lower, known)))


def write_definitions(app: Sphinx, error: Exception | None) -> None:
    """Write the definitions for the pop-ups as a script, which pages in a folder may load."""
    if error:
        return
    definitions = {
        anchor: app.config.course_glossary[term][0].replace("`", "")
        for term, _, kind, _, anchor, _ in app.env.get_domain("std").get_objects()
        if kind == "term"
    }
    script = f"window.courseTerms = {json.dumps(definitions, ensure_ascii=False)};\n"
    (Path(app.outdir) / "_static" / "terms.js").write_text(script, encoding="utf-8")


def _above(node: nodes.Node, top: nodes.Element) -> Iterator[nodes.Element]:
    while node is not top:
        node = node.parent
        yield node


def _section(node: nodes.Node) -> int:
    while not isinstance(node, nodes.section | nodes.document):
        node = node.parent
    return id(node)


def _linked(
    text: nodes.Text, pattern: re.Pattern, by_lower: dict[str, str], known: set[str]
) -> Iterator[nodes.Node]:
    """Give a text in parts, terms that are not yet known as references."""
    end = 0
    for found in pattern.finditer(text):
        term = by_lower[found[1].lower()]
        if term in known:
            continue
        known.add(term)
        yield nodes.Text(text[end : found.start()])
        reference = pending_xref(refdomain="std", reftype="term", reftarget=term, refwarn=True)
        reference += nodes.inline("", found[0], classes=["course-term"])
        yield reference
        end = found.end()
    yield nodes.Text(text[end:])


def _formula(self: HTML5Translator, node: nodes.Element) -> None:
    # As MathML, which browsers show and read out by themselves.
    tex = node.astext().replace(r"\dots", r"\ldots")
    self.body.append(tex2mathml(tex, as_block=isinstance(node, nodes.math_block)))
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Add all of it to Sphinx, which calls this by its name."""
    app.add_config_value("course_glossary", {}, "env")
    app.add_transform(LinkTerms)
    app.add_html_math_renderer("mathml", (_formula, None), (_formula, None))
    app.connect("build-finished", write_definitions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
