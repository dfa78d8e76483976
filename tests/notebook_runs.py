"""Every notebook, run by nbval once on each kind of data; the last ones on one kind.

Each cell is a test: it must end without an error and write nothing to stderr; where it has the tag
``nbval-check-output``, it must show what is stored; a claim must have the verdict that the table of
claims has (``make claims``); and the check of a stub must give its hint. At the end comes a look at
every figure of the page, and on the digits, which are always there, at every explorer moved to
its ends. (That solutions pass, stands in ``test_exercises.py``.)
"""

import functools
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell, IPyNbFile, find_metadata_tags
from notebook_rules import NOTEBOOKS, Notebook, exercises
from warm_kernel import start_kernel

import tlcourse as tl
from benchmarks import claims
from benchmarks.notebook_environment import DATA, mnist_folder, notebook_environment
from tlcourse.data.paths import cache_dir

# Runs after the last cell, with everything that the notebook showed still there.
FIGURES = f"""
import gc
import sys

sys.path.insert(0, {str(Path(__file__).parent)!r})
import figure_checks

explorers, pictures, others = [], [], []
for thing in gc.get_objects():  # by its type: isinstance would ask weak references, maybe dead
    if issubclass(type(thing), tl.widgets.Explorer):
        explorers.append(thing)
    elif issubclass(type(thing), tl.plots.AltFigure):
        pictures.append(thing)
    elif issubclass(type(thing), tl.widgets.PhotoClassifier):
        others.append(thing)
"""
EXPLORERS = """
assert explorers or others, "there is no explorer on this page"
for explorer in explorers:
    pictures += figure_checks.move_to_ends(explorer)
"""
FAULTS = """
faults = {fault for picture in pictures for fault in figure_checks.faults(picture)}
assert not faults, "\\n".join(sorted(faults))
"""


class Step(NamedTuple):
    """A cell to run: its place in the notebook, its name, and what is wrong with its text."""

    place: int
    name: str
    cell: nbformat.NotebookNode
    fault: Callable[[str], str | None] = lambda text: None


def steps(notebook: Notebook, data: str) -> Iterator[Step]:
    """Give the cells of a notebook, and what is checked at its end."""
    stubs = {place: name for name, place in exercises(notebook).items()}
    for i, cell in enumerate(notebook.content.cells):
        if cell.cell_type != "code":
            continue
        if i - 1 in stubs:  # this cell checks what the stub before it left
            name = stubs[i - 1]
            exercise = tl.checks.EXERCISES[name]
            hinted = functools.partial(no_hint, exercise)
            yield Step(i, f"cell {i}, stub of {name}", cell, hinted)
        else:
            yield Step(i, f"cell {i}", cell)
    if data == "digits":
        yield Step(i, "explorers at their ends", new_code_cell(FIGURES + EXPLORERS + FAULTS))
    else:
        yield Step(i, "figures", new_code_cell(FIGURES + FAULTS))


def no_hint(exercise: tl.checks.Exercise, text: str) -> str | None:
    """Return what is wrong with the answer to a stub, or None."""
    text, hint = " ".join(text.split()), " ".join(exercise.hint.split())
    if "could not be checked" in text:
        return f"The check should foresee the stub; it says: {text}"
    if not text.startswith(f"Exercise {exercise.name}: not yet. "):
        return f"The stub must not pass; the check says: {text}"
    return None if text.endswith(f"Hint: {hint}") else f"The hint is missing: {text}"


class NotebookRun(IPyNbFile):
    """A notebook on one kind of data, in a kernel and with folders of its own."""

    data: str
    failed = ""  # the cell that stopped it

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, data: str) -> "NotebookRun":
        name = f"{path.stem}-{data}"
        run = cls.from_parent(parent, path=path, name=name, nodeid=f"{parent.nodeid}::{name}")
        run.data = data
        return run

    def collect(self) -> Iterator["Cell"]:
        if self.data == "MNIST" and mnist_folder() is None:
            pytest.skip("MNIST is not on this computer")
        for step in steps(Notebook(self.path), self.data):
            options = defaultdict(bool, find_metadata_tags(step.cell.metadata))
            cell = Cell.from_parent(
                self, name=step.name, cell_num=step.place, cell=step.cell, options=options
            )
            cell.fault = step.fault
            yield cell

    def setup(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tlcourse-", ignore_cleanup_errors=True)
        folder = Path(self.folder.name)
        (folder / "cache").mkdir()
        if needs_letters(self.path):
            for path in rendered():
                shutil.copy(path, folder / "cache")
        environment = {**os.environ, **notebook_environment(self.data, folder)}
        self.kernel = start_kernel(str(folder), environment)

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


class Cell(IPyNbCell):
    """One cell of a notebook that is run."""

    fault: Callable[[str], str | None]

    def runtest(self) -> None:
        if self.parent.failed:
            pytest.skip(f"{self.parent.failed} failed")
        try:
            super().runtest()
        finally:
            kinds = {output.output_type for output in self.test_outputs or []}
            if "error" in kinds and not self.options["check_exception"]:
                self.parent.failed = self.name
        stderr = [o.text for o in self.test_outputs if o.get("name") == "stderr"]
        if stderr:
            self.raise_cell_error("The cell writes to stderr", "".join(stderr))
        stdout = [o.text for o in self.test_outputs if o.get("name") == "stdout"]
        fault = self.fault("".join(stdout)) or self.other_verdict("".join(stdout))
        if fault:
            self.raise_cell_error(fault)

    def other_verdict(self, text: str) -> str | None:
        """Return which claim in the text has another verdict than in the table, or None."""
        measured_on, known = stored_claims()
        stored = known.get(self.parent.path.stem, {}).get(self.parent.data, [])
        elsewhere = measured_on != claims.kind_of_processor()
        faults = (
            claims.fault(claim, stored, elsewhere=elsewhere) for claim in claims.claims_in(text)
        )
        return next(filter(None, faults), None)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.parent.name}, {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo) -> str:
        text = super().repr_failure(excinfo)
        colours = self.config.get_terminal_writer().hasmarkup
        return text if colours else re.sub(r"\x1b\[[\d;]*m", "", text)


def rendered() -> list[Path]:
    """Return the files of printed letters and digits, rendered once for tests and kernels."""
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "rendering.lock"):
        for name in ("letters", "printed"):
            if not list(cache.glob(f"{name}-*.npz")):
                tl.data.load(name)
    return [*cache.glob("letters-*.npz"), *cache.glob("printed-*.npz")]


def needs_letters(path: Path) -> bool:
    """Return whether a notebook loads images that are rendered from fonts."""
    return bool(re.search(r"load\(..?(letters|printed)", path.read_text("utf-8")))


stored_claims = functools.cache(claims.read)


def seconds(path: Path, data: str) -> int:
    """Return how long a notebook takes, as it says itself."""
    found = re.search(rf"running .*?(\d+) seconds?[^,.]*? \({data}\)", path.read_text("utf-8"))
    return int(found[1]) if found else 0


def kinds(path: Path) -> tuple[str, ...]:
    """Return the kinds of data that a notebook is run on.

    From 14 on only the digits, which are always there; with ``TLCOURSE_TEST_ALL=1``, as with
    ``make claims``, MNIST too.
    """
    return DATA if path.stem < "14" or os.environ.get("TLCOURSE_TEST_ALL") else DATA[1:]


class NotebookRuns(pytest.Module):
    """The module's own tests, and then all runs, those first that take longest.

    But after the first one come those that need no letters: meanwhile it renders them.
    """

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        yield from super().collect()
        runs = [(path, data) for path in NOTEBOOKS for data in kinds(path)]
        runs.sort(key=lambda run: seconds(*run), reverse=True)
        first = runs[0]
        runs.sort(key=lambda run: run != first and needs_letters(run[0]))
        for path, data in runs:
            yield NotebookRun.of(self, path, data)
