"""Rerun: pick any cell of the experiment, run it again, and see it beside the stored value."""

import html

import ipywidgets
import pandas as pd

from tlcourse import experiment
from tlcourse.data import DataError, Dataset
from tlcourse.plots import AltFigure
from tlcourse.plots.comparisons import stored_and_new
from tlcourse.plots.style import in_order, title
from tlcourse.widgets.explorer import Explorer

_FIRST = ("letters_frozen", 10, 0)  # chosen at first, because it takes two seconds


class Rerun(Explorer):
    """Lists for method, labels and seed, a button, and the stored value beside the new one.

    Args:
        table: the results.
        dataset: the one to run on; it may be another than the table's, and then the text says so.

    Attributes:
        button: runs the chosen cell.
        message: an HTML widget; how long the cell took, both values, or what went wrong.
        records: what was run anew, by ``(method, labels, seed)``.
    """

    def __init__(self, table: pd.DataFrame, dataset: Dataset) -> None:
        self._table, self._dataset = table, dataset
        self.records: dict[tuple[str, int, int], experiment.Record] = {}
        self.button = ipywidgets.Button(description="Run it now")
        self.button.on_click(lambda _: self.press())
        self.message = ipywidgets.HTML()
        options = {
            "method": [(title(name), name) for name in in_order(table["method"])],
            "labels": [(f"{n:,}", n) for n in sorted(map(int, table["labels"].unique()))],
            "seed": [(str(n), n) for n in sorted(map(int, table["seed"].unique()))],
        }
        controls = {
            name: ipywidgets.Dropdown(options=choices, description=name)
            for name, choices in options.items()
        }
        for control, value in zip(controls.values(), _FIRST, strict=True):
            if value in [choice for _, choice in control.options]:
                control.value = value
        super().__init__(self._show, **controls)
        self.children = (*controls.values(), self.button, self.message, self.children[-1])

    def press(self) -> None:
        """Run the chosen cell; meanwhile nothing else can be pressed.

        What a method or a budget does not allow is told in a sentence. Any other error is told
        too, and raised again, so that it is not lost.
        """
        key = tuple(control.value for control in self.controls.values())
        parts = [self.button, *self.controls.values()]
        for part in parts:
            part.disabled = True
        self.message.value = f"Running. {self._time(self._stored(*key))}"
        try:
            method, labels, seed = key
            self.records[key] = experiment.run(method, self._dataset, labels, seed)
        except Exception as error:
            kind = "" if isinstance(error, DataError) else f"{type(error).__name__}: "
            self.message.value = f"It could not be run. {html.escape(kind + str(error))}"
            if not isinstance(error, DataError):
                raise
        else:
            self._update()
        finally:
            for part in parts:
                part.disabled = False

    def _show(self, method: str, labels: int, seed: int) -> AltFigure:
        stored, new = self._stored(method, labels, seed), self.records.get((method, labels, seed))
        self.message.value = self._told(stored, new)
        here = (self._table["method"] == method) & (self._table["labels"] == labels)
        runs = self._table[here].set_index("seed")["accuracy"].dropna()
        words = f"{title(method)}, {labels:,} labels"
        return stored_and_new(runs, seed, new and new.accuracy, words)

    def _stored(self, method: str, labels: int, seed: int) -> dict | None:
        """Return the table's row of a cell, or None if there is none."""
        rows = self._table[self._table["method"] == method]
        rows = rows[(rows["labels"] == labels) & (rows["seed"] == seed)]
        return rows.iloc[0].to_dict() if len(rows) else None

    def _time(self, stored: dict | None) -> str:
        if stored is None:
            return "The table has no such cell, so that nobody can say how long it takes."
        if pd.isna(stored["accuracy"]):
            return f"When the table was made, it failed: {html.escape(str(stored['error']))}"
        return (
            f"When it was stored, it took {stored['cpu_seconds']:.1f} seconds of processor time "
            f"and {stored['seconds']:.1f} seconds on the clock."
        )

    def _told(self, stored: dict | None, new: experiment.Record | None) -> str:
        known = stored if stored is not None and pd.notna(stored["accuracy"]) else None
        rows = [("stored", known), ("new", vars(new) if new else None)]
        cells = "".join(
            f'<tr><th scope="row">{name}</th><td>{run["dataset"]}</td>'
            f"<td>{100 * run['accuracy']:.1f} %</td><td>{run['cpu_seconds']:.1f} s</td></tr>"
            for name, run in rows
            if run is not None
        )
        heads = ("run", "data", "accuracy", "processor time")
        top = "".join(f'<th scope="col">{head}</th>' for head in heads)
        text = [f"<p>{self._time(stored)}</p>"]
        if cells:
            text.append(f'<table border="1"><tr>{top}</tr>{cells}</table>')
        if known and known["dataset"] != self._dataset.name:
            text.append(
                f"<p>The stored value is of {known['dataset']}, and you have "
                f"{self._dataset.name}: the two need not agree.</p>"
            )
        return "".join(text)

    def __repr__(self) -> str:
        # Neither times nor new values, which differ from run to run.
        method, labels, seed = (control.value for control in self.controls.values())
        return f"Explorer: {title(method)} with {labels:,} labels and seed {seed}, to be run again."


def rerun(table: pd.DataFrame, dataset: Dataset) -> Rerun:
    """Return lists to choose any cell of the experiment, and a button that runs it live.

    Args:
        table: the results, as from ``tlcourse.experiment.results.read``.
        dataset: from ``tlcourse.data.load``; the one to run on.
    """
    return Rerun(table, dataset)
