"""The glossary: in order, no term twice, and each term defined where it says."""

import functools
import re

import nbformat
import pytest
from notebook_rules import FOLDER

ENTRY = re.compile(r"^\*\*(?P<term>.+?)\*\* – .+ \[(?P<number>\d\d)\]\((?P<file>[^)]+)\)$")
LINES = (FOLDER / "glossary.md").read_text(encoding="utf-8").splitlines()
ENTRIES = [line for line in LINES if line.startswith("**")]
# What test_terms.py asks for in the place of the course's older words.
STANDARD = [
    *("training set", "validation set", "test set", "prediction", "hidden units", "activations"),
    *("regularisation", "ablation", "batch normalisation", "equivariance", "invariance"),
    *("labelled split", "seed", "confidence", "unsupervised pretraining", "self-taught learning"),
    *("fixmatch", "weakly augmented view", "strongly augmented view", "mean teacher", "ema"),
    *("label spreading", "label propagation", "class mismatch", "out-of-distribution classes"),
    *("domain discriminator", "domain accuracy", "proxy a-distance"),
    *("source-only", "target-only", "oracle"),
]


@functools.cache
def bold(file: str) -> set[str]:
    """Return what is printed bold in a notebook, in lower case."""
    cells = nbformat.read(FOLDER / file, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {found.lower().rstrip(".") for found in re.findall(r"\*\*(.+?)\*\*", text)}


@pytest.mark.parametrize("line", ENTRIES)
def test_a_term_is_defined_in_the_notebook_that_is_named(line):
    entry = ENTRY.match(line)
    assert entry, "an entry is: **term** – what it means. [NN](NN_name.ipynb)"
    assert entry["file"].startswith(entry["number"])
    assert entry["term"].lower() in bold(entry["file"])


def test_terms_are_in_order_and_there_once():
    terms = [ENTRY.match(line)["term"].lower() for line in ENTRIES]
    assert terms == sorted(set(terms))


@pytest.mark.parametrize("term", STANDARD)
def test_a_standard_term_of_the_field_is_an_entry(term):
    assert term in {ENTRY.match(line)["term"].lower() for line in ENTRIES}
