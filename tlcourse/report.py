"""The report of the experiment: every figure and number of notebook 11, made from the table."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tlcourse.data import DataError
from tlcourse.data.paths import atomic_write, repository_data
from tlcourse.experiment import analysis, article, results
from tlcourse.plots import AltFigure, comparisons, experiment
from tlcourse.plots.style import in_order, title

_TABLE = "experiment_mnist.csv"
_BASELINE = "scratch"  # the one that the others are compared with
_DPI = 150


def write(table: Path | None, folder: Path) -> Path:
    """Write the report of a table of results: ``report.md``, and its figures as PNG files.

    A table that is not finished is reported as far as it goes, with what is missing.

    Args:
        table: a CSV file as ``tlcourse experiment run`` writes it; None for the one that comes
            with the course.
        folder: where to write; made if it is not there. Files of an earlier report are replaced.

    Returns:
        The path of ``report.md``.

    Raises:
        DataError: the table cannot be read or has no result yet, or the folder not written.
    """
    path = repository_data(_TABLE) if table is None else table
    cells = results.read(path)
    if analysis.finished(cells).empty:
        raise DataError(
            f"{path} has no finished cell yet; go on with 'tlcourse experiment run' first."
        )
    pictures = dict(_pictures(cells))
    report = folder / "report.md"
    try:
        for name, picture in pictures.items():
            with atomic_write(folder / f"{name}.png") as part:
                # Without the Software entry the bytes do not change with matplotlib's version.
                picture.figure.savefig(part, format="png", dpi=_DPI, metadata={"Software": None})
        with atomic_write(report) as part:
            part.write_text(_text(path, cells, pictures), encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"The report cannot be written to {folder} ({error.strerror}); give a folder in which "
            "you may write, with some space left."
        ) from error
    return report


def _pictures(cells: pd.DataFrame) -> Iterator[tuple[str, AltFigure]]:
    yield "grid", experiment.grid_overview(cells)
    yield "accuracy_by_labels", experiment.accuracy_by_labels(cells)
    yield "parameters", experiment.parameters(cells)
    yield "claims", comparisons.claims(cells)
    done = analysis.finished(cells)
    for labels in analysis.budgets(done):
        yield f"accuracy_by_cpu_{labels}", experiment.accuracy_by_cpu(cells, labels)
        names = set(done.loc[done["labels"] == labels, "method"])
        if _BASELINE in names and len(names) > 1:
            yield f"forest_{labels}", comparisons.forest(cells, _BASELINE, labels)


def _text(path: Path, cells: pd.DataFrame, pictures: dict[str, AltFigure]) -> str:
    scores = analysis.means(cells)
    baseline = title(_BASELINE)
    parts = [
        "# The MNIST experiment: figures and numbers",
        *_provenance(path, cells),
        "## Missing",
        *_missing(cells),
        "## Accuracy",
        "Mean test accuracy in per cent ± half of its 95 % interval over the seeds (number of "
        "seeds), by number of labels; no interval for fewer than three seeds.",
        _by_budget(scores.apply(_mean, axis=1)),
        "## Processor time",
        "Median seconds of processor time for one run, with pretraining where it was measured (a "
        "star where it was not).",
        _by_budget(scores.apply(_time, axis=1)),
        "## Parameters",
        _parameters(cells),
        f'## Differences to "{baseline}"',
        f'Points of accuracy more than "{baseline}", paired by seed: mean and 95 % interval.',
        _differences(cells),
        "## What decides it",
        "What one change adds in points, paired by seed: mean and 95 % interval.",
        _factors(cells),
        "## The article's claims",
        *(f"{number}. {claim}" for number, claim in article.CLAIMS.items()),
        "A claim is supported at a budget if all the comparisons below support it. Two methods "
        f"are equal if the interval of their difference lies within ±{analysis.EQUAL_WITHIN:g} "
        "point.",
        _markdown(article.verdicts(article.claims(cells)).rename(columns="{:,} labels".format)),
        _claims(cells),
        "## Figures",
        *(f"![{_escaped(pic.alt)}]({name}.png)" for name, pic in pictures.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _provenance(path: Path, cells: pd.DataFrame) -> Iterator[str]:
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = {
        "table": path.name,
        "sha256 of the table": checksum,
        "data": ", ".join(cells["dataset"].unique()),
        "cells": f"{len(cells):,}, of which {int(cells['accuracy'].isna().sum()):,} failed",
        "versions": "; ".join(sorted(set(cells["versions"]) - {""})),
    }
    about = path.with_suffix(".json")
    try:
        said = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
    except ValueError as error:
        raise DataError(
            f"{about} is damaged ({error}); bring it back from a copy, or move it away."
        ) from error
    told = said.pop("sha256", checksum)
    yield "\n".join(f"- {name}: {value}" for name, value in (facts | said).items())
    if not about.exists():
        yield f"There is no {about.name} beside the table to say how it came about."
    elif told != checksum:
        yield f"**The table is not the one that {about.name} describes: its sha256 differs.**"


def _missing(cells: pd.DataFrame) -> Iterator[str]:
    seeds = cells.pivot_table(index="method", columns="labels", values="seed", aggfunc="count")
    lines = [
        f"- {title(name)} with {labels:,} labels: not in the table"
        + (f" ({reason})" if (reason := experiment.excluded(name, labels)) else "")
        for name in in_order(seeds.index)
        for labels in seeds.columns
        if pd.isna(seeds.loc[name, labels])
    ]
    lines += [
        f"- {title(row.method)} with {row.labels:,} labels, seed {row.seed}: failed, {row.error}"
        for row in cells[cells["accuracy"].isna()].itertuples()
    ]
    known = set(in_order(comparison.first for comparison in article.COMPARISONS))
    known |= {comparison.second for comparison in article.COMPARISONS}
    if absent := known - set(cells["method"]):
        lines.append(f"- methods that the claims need: {', '.join(in_order(absent))}")
    yield "\n".join(lines) or "Nothing."


def _parameters(cells: pd.DataFrame) -> str:
    counts = experiment.parameter_counts(cells)
    return _markdown(counts.map("{:,.0f}".format).rename(index=title))


def _differences(cells: pd.DataFrame) -> str:
    words = {
        (name, labels): _interval(*analysis.paired(cells, name, _BASELINE, labels))
        for name in set(cells["method"]) - {_BASELINE}
        for labels in analysis.budgets(cells)
    }
    return _by_budget(pd.Series(words, dtype=str)) if words else "Nothing to compare."


def _factors(cells: pd.DataFrame) -> str:
    found = article.ablations(cells)
    if found.empty:
        return "Nothing to compare."
    found["words"] = [_interval(row.mean, row.low, row.high, row.n) for row in found.itertuples()]
    wide = found.pivot(index="factor", columns="labels", values="words").fillna("–")
    return _markdown(wide.loc[found["factor"].unique()].rename(columns="{:,} labels".format))


def _claims(cells: pd.DataFrame) -> str:
    judged = article.claims(cells)
    lines = [
        {
            "claim": f"{row.claim}: {row.statement}",
            "first": title(row.first),
            "second": title(row.second),
            "labels": f"{row.labels:,}",
            "first minus second": _interval(row.difference, row.low, row.high, row.n),
            "verdict": row.verdict,
        }
        for row in judged.itertuples()
    ]
    return _markdown(pd.DataFrame(lines).set_index("claim"))


def _mean(row: pd.Series) -> str:
    half = "" if pd.isna(row["low"]) else f" ± {row['high'] - row['mean']:.2f}"
    return f"{row['mean']:.2f}{half} ({row['n']:.0f})"


def _time(row: pd.Series) -> str:
    if pd.isna(row["total_cpu_seconds"]):
        return f"{row['cpu_seconds']:,.0f}*"
    return f"{row['total_cpu_seconds']:,.0f}"


def _interval(mean: float, low: float, high: float, n: int) -> str:
    if not n:
        return "–"
    return f"{mean:+.2f}" + ("" if pd.isna(low) else f" [{low:+.2f}, {high:+.2f}]")


def _by_budget(words: pd.Series) -> str:
    """Return a Markdown table of words indexed by method and labels."""
    wide = words.unstack().fillna("–")
    wide = wide.loc[in_order(wide.index)].rename(index=title, columns="{:,} labels".format)
    return _markdown(wide.rename_axis("method"))


def _markdown(frame: pd.DataFrame) -> str:
    """Return a table as Markdown, its index as the first column."""
    rows = [[frame.index.name or "", *frame.columns], ["---"] * (1 + len(frame.columns))]
    rows += [[name, *values] for name, values in zip(frame.index, frame.to_numpy(), strict=True)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _escaped(alt: str) -> str:
    return alt.replace("[", r"\[").replace("]", r"\]")
