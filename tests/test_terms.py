"""The field's words: none of the terms that the course once made up comes back.

Read are the notebooks with what they show, the glossary and the README.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from notebook_rules import FOLDER, NOTEBOOKS, Notebook, _all_texts

from tlcourse.data.paths import REPOSITORY


class Old(NamedTuple):
    """A term that is not the field's.

    Attributes:
        pattern: finds it; upper and lower case alike.
        instead: what the field says.
        unless: a text in which this is found may use it.
        found: a sentence in which it must be found.
        fine: a sentence in which it must not.
    """

    pattern: str
    instead: str
    found: str
    fine: str
    unless: str = "(?!)"  # nothing


OLD = [
    Old(
        r"\b(training|test|validation)[ -]parts?\b",
        "training set, test set, validation set",
        "Tested on the test part.",
        "The test partly failed.",
    ),
    Old(
        r"\b(network|model|head)(s|'s|s')? (guess|answer)(es|s)?\b"
        r"|\b(guess|answer)(es|s)? of (the|a|an|each|every|both|all|its|two) (network|model|head)"
        r"|\bguesses\b",
        "prediction",
        "The network's answers are wrong.",
        "Your guess is kept; answer the quiz.",
    ),
    Old(r"\bhidden numbers?\b", "hidden units", "64 hidden numbers", "hidden units"),
    Old(r"\bremed(y|ies)\b", "regularisation technique", "six remedies", "remedial"),
    Old(
        r"\b(the|a|an|its|this|each|every|one|second|domain) judges?\b|^\*\*judge",
        "domain discriminator",
        "The judge gets its gradient.",
        "We judge methods by their mean.",
    ),
    Old(r"\btold[ -]apart\b", "domain accuracy", "81 % told apart", "tells both apart"),
    Old(
        r"(?<!np\.)(?<!math\.)\b(floor|ceiling)s?\b",
        "source-only, target-only (oracle)",
        "between floor and ceiling",
        "np.floor(x)",
    ),
    Old(
        r"\bforeign[ _]class(es)?\b",
        "out-of-distribution classes, class mismatch",
        "tl.plots.foreign_classes(table)",
        "a foreign word",
    ),
    Old(
        r"(?<!make )(?<!makes )(?<!be )(?<!for )\bsure(r|st|ness)?\b",
        "confident, confidence",
        "99 % sure",
        "To be sure, make sure.",
    ),
    Old(
        r"\b(the|frozen|learning) norms\b|\bnorms (frozen|learn)",
        "batch normalisation layers",
        "training mode, norms frozen",
        "norms of the gradients",
    ),
    Old(
        r"(?<![\"'“‘])\bunsupervised transfer\b",  # in quotes it is the article's word
        "unsupervised pretraining",
        "Unsupervised transfer helps.",
        'called "unsupervised transfer learning" there',
    ),
    Old(
        r"\bgraph propagation\b|\b(?<!label )(?<!forward )propagation\b",
        "label spreading",
        "letters, propagation",
        "backpropagation and forward propagation",
    ),
    Old(
        r"\blabel propagation\b",
        "label spreading",
        "label propagation: 89 %",
        "label propagation (Zhu and Ghahramani, 2002)",
        unless="Zhu|Iscen",
    ),
    Old(
        r"\bteachers?\b|(?<!make )\bstudents?\b(?! edition|('|&#x27;)s t\b)",
        "FixMatch's weakly and strongly augmented view; mean teacher",
        "The teacher labels, the student learns.",
        "A mean teacher has its student; high-school students",
        unless=r"\bEMA\b|[Mm]ean teacher|\bviews?\b|[Dd]istillation|school",
    ),
    Old(
        r"\bconsistency (training|method)|\bletters, (graph and )?consistency\b"
        r"|\bconsistency, from scratch\b",
        "FixMatch",
        "letters, consistency",
        "consistency regularisation",
    ),
    Old(
        r"\bdraws? of (the |\w+ )?(labels|labelled)\b|\bdraw (by|to) draw\b"
        r"|\b(labelled|label) draws?\b|\bdraw \d",
        "labelled split, seed",
        "three draws of ten labels",
        "to draw labels at random",
    ),
    Old(
        r"^#+ .*\bwhat (helps|does not help)\b",
        "ablation",
        "## 4 · What helps",
        "What helps against that?",
    ),
    Old(
        r"\bshifts with the (image|input)\b",
        "equivariance",
        "a map that shifts with the image",
        "shifts with the image (equivariance)",
        unless="equivarian",
    ),
    Old(r"\brooms?\b", "subpackage", "its rooms import one way only", "headroom"),
]


def old_terms(text: str) -> Iterator[str]:
    """Give the old terms in a text, each with the words around it and what to say instead."""
    for old in OLD:
        if re.search(old.unless, text):
            continue
        for found in re.finditer(old.pattern, text, re.IGNORECASE | re.MULTILINE):
            around = text[max(0, found.start() - 30) : found.end() + 30].replace("\n", " ")
            yield f"'…{around}…': the field says {old.instead}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_the_fields_terms(path):
    faults = {
        f"{place}: {fault}": None
        for place, text in _all_texts(Notebook(path))
        for fault in old_terms(re.sub(r"base64,[\w+/=]+", "", text))
    }
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "path", [FOLDER / "glossary.md", REPOSITORY / "README.md"], ids=lambda path: path.stem
)
def test_glossary_and_readme_use_the_fields_terms(path):
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    faults = [fault for text in paragraphs for fault in old_terms(text)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.instead)
def test_an_old_term_is_found_and_no_other(old):
    assert any(old.instead in fault for fault in old_terms(old.found))
    assert not any(old.instead in fault for fault in old_terms(old.fine))
