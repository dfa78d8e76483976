"""The report of an experiment: notebook 11, executed on its table of results."""

import hashlib
import json
import os
from pathlib import Path

import nbformat
import pandas as pd
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY, atomic_write, repository_data
from tlcourse.data.validation import check_path
from tlcourse.experiment import analysis, article, results

NOTEBOOK = REPOSITORY / "notebooks" / "11_mnist_experiment.ipynb"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def write(table: Path | None, folder: Path, notebook: Path = NOTEBOOK) -> Path:
    """Write the report of a table of results: an executed notebook, a web page and the numbers.

    That is ``report.html``, ``report.ipynb``, and CSV files with every mean, ablation and
    comparison. A table that is not finished is reported as far as it goes: a cell of the notebook
    that it cannot answer says so in a sentence.

    Args:
        table: a CSV file as ``tlcourse experiment run`` writes it; None for the one that comes
            with the course.
        folder: where to write; made if it is not there. Files of an earlier report are replaced.
        notebook: what is executed.

    Returns:
        The path of ``report.html``.

    Raises:
        DataError: the table cannot be read or has no result yet, the folder cannot be written, or
            the report might replace its table there.
    """
    path = repository_data("experiment_mnist.csv") if table is None else check_path(table)
    path, folder = path.absolute(), check_path(folder)
    cells = results.read(path)
    if analysis.finished(cells).empty:
        raise DataError(
            f"{path} has no finished cell yet; go on with 'tlcourse experiment run' first."
        )
    if path.parent.resolve() == folder.resolve() and path.name.startswith("report"):
        raise DataError(f"The report might replace its table {path}; give another folder.")
    provenance = _provenance(path, cells)
    document = still(_executed(notebook, path))
    document.cells.insert(1, provenance)
    texts = {
        "report_means.csv": analysis.means(cells).to_csv(),
        "report_ablations.csv": article.ablations(cells).to_csv(index=False),
        "report_claims.csv": article.claims(cells).to_csv(index=False),
        "report.ipynb": nbformat.writes(document),
        "report.html": HTMLExporter().from_notebook_node(document)[0],
    }
    try:
        for name, text in texts.items():
            with atomic_write(folder / name) as part:
                part.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise DataError(
            f"The report cannot be written to {folder} ({error.strerror}); give a folder in which "
            "you may write, with some space left."
        ) from error
    return folder / "report.html"


def still(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave of each widget its picture, which then shows wherever no kernel runs.

    An output that was a widget has ``"widget": True`` in its metadata. One without a picture, like
    the progress bars of slow computers, is taken out.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if _made_still(each)]
    notebook.metadata.pop("widgets", None)
    return notebook


def _made_still(output: nbformat.NotebookNode) -> bool:
    """Make an output still; return False if it then shows nothing."""
    data = output.get("data", {})
    if WIDGET_VIEW not in data:
        return True
    del data[WIDGET_VIEW]
    output.metadata["widget"] = True
    return "text/html" in data


def _executed(notebook: Path, table: Path):
    """Return the notebook with the outputs that it has on a table, and sentences for errors."""
    document = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        document,
        allow_errors=True,
        timeout=None,
        record_timing=False,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of TCP on one machine
        resources={"metadata": {"path": notebook.parent}},
    )
    client.execute(env=os.environ | {"TLCOURSE_TABLE": str(table)})
    for cell in document.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                sentence = _sentence(output.ename, output.evalue)
                output.clear()
                output.update(nbformat.v4.new_output("stream", text=sentence))
    return document


def _sentence(kind: str, message: str) -> str:
    if kind == "AssertionError":
        return "What the text says here of the course's own table does not hold for this one.\n"
    if kind == "DataError":
        return f"Not to be had from this table: {message}\n"
    if kind == "NameError":
        return "This follows from a cell above that this table cannot answer.\n"
    return f"This table lacks something that the cell needs ({' '.join(message.split())}).\n"


def _provenance(path: Path, cells: pd.DataFrame):
    """Return a cell that says which table this is, where it comes from, and what failed."""
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [
        f"**This is the notebook as it comes out for the table `{path.name}`**. Its text was "
        "written for the table that comes with the course.",
        "",
        f"- cells: {len(cells):,}, of which {int(cells['accuracy'].isna().sum()):,} failed",
        f"- versions: {'; '.join(sorted(set(cells['versions']) - {''}))}",
        f"- sha256: {checksum}",
    ]
    about = path.with_suffix(".json")
    try:
        document = json.loads(about.read_text(encoding="utf-8"))
        differs = document.pop("sha256", checksum) != checksum
        lines += [
            f"- {name}: {value}"
            for name, value in document.items()
            if isinstance(value, str | int | float) and name not in ("cells", "failed")
        ]
        if differs:
            lines += ["", f"**It is not the table that {about.name} describes: sha256 differs.**"]
    except FileNotFoundError:
        lines += ["", f"There is no {about.name} beside the table to say how it came about."]
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(
            f"{about} is damaged ({error}); bring it back from a copy, or move it away."
        ) from error
    failed = cells[cells["error"] != ""]
    lines += [""] + [
        f"- failed: {row.method} with {row.labels:,} labels, seed {row.seed}: {row.error}"
        for row in failed.itertuples()
    ]
    return nbformat.v4.new_markdown_cell("\n".join(lines), id="report-provenance")
