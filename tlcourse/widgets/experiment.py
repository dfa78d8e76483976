"""Widgets of the stored experiment: its labelled splits, its budgets, a ranking, a run anew."""

import html
from collections.abc import Sequence

import ipywidgets
import pandas as pd

from tlcourse import experiment
from tlcourse.data import DataError, Dataset, labelled_split, store
from tlcourse.data.validation import check_choice
from tlcourse.experiment.analysis import budgets, finished
from tlcourse.methods import METHODS, get_method
from tlcourse.plots import AltFigure, at_budget, labelled_split_accuracies
from tlcourse.plots.comparisons import ranked, stored_and_new
from tlcourse.plots.style import in_order, title
from tlcourse.widgets.explorer import Explorer, choice_slider

# One or two of each kind; in the order of the course, which gives nothing away.
METHODS_TO_RANK = (
    "scratch_augmented",
    "letters_finetuned",
    "imagenet_frozen",
    "autoencoder_finetuned",
    "pseudo_label",
    "fixmatch_scratch",
)
_RANKINGS = "rankings"  # in tlcourse.data.store
_FIRST_RUN = ("letters_frozen", 10, 0)  # chosen at first, because it takes two seconds


def split_explorer(dataset: Dataset, table: pd.DataFrame) -> Explorer:
    """Return a slider over the seeds of ``table``: the labelled images and what they led to.

    Args:
        dataset: the one the table's runs used.
        table: records of several methods with one label budget.
    """
    (labels,) = table["labels"].unique()

    def draw(seed: int) -> AltFigure:
        labelled = labelled_split(dataset, total=int(labels), seed=seed).labelled
        order = labelled.labels.argsort()
        runs = table[table["seed"] == seed].set_index("method")["accuracy"]
        accuracies = {METHODS[name].title: value for name, value in runs.items()}
        return labelled_split_accuracies(labelled.images[order], accuracies, seed)

    seeds = sorted(table["seed"].unique().tolist())
    return Explorer(draw, seed=choice_slider("Seed", seeds))


def budget_slider(
    table: pd.DataFrame, method: str = "letters_frozen", against: str = "scratch"
) -> Explorer:
    """Return a slider over label budgets, and two lists of methods to compare.

    Nothing is trained: the curves, their intervals and the differences paired by seed are those
    of the results.

    Args:
        table: as from ``tlcourse.experiment.results.committed_table()``; results on one dataset.
        method: name of the method that is shown first.
        against: name of the method that it is compared with at first.

    Raises:
        DataError: one of the two has no result in the table, or the table holds results on more
            than one dataset.
    """
    done = finished(table)
    names = in_order(done["method"])
    for name in (method, against):
        check_choice(name, names, "method with results in the table")

    def draw(labels: int, method: str, against: str) -> AltFigure:
        return at_budget(done, method, against, labels)

    options = [(title(name), name) for name in names]
    return Explorer(
        draw,
        labels=choice_slider("labels", [(f"{n:,}", n) for n in budgets(done)]),
        method=ipywidgets.Dropdown(options=options, value=method, description="method"),
        against=ipywidgets.Dropdown(options=options, value=against, description="against"),
    )


class Ranking(Explorer):
    """A list to choose from for each place; choosing a method swaps it with the one there.

    So every method has one place at any time. Each change is kept (``tlcourse.data.store``), and
    is there again the next time.

    Args:
        labels: the label budget that the ranking is for.
        methods: names of the methods, in the order in which they stand before any change.

    Attributes:
        places: the lists, the one for the best first.
        message: an HTML widget that says whether the ranking is kept.

    Raises:
        DataError: an unknown method.
    """

    def __init__(self, labels: int, methods: Sequence[str]) -> None:
        self._labels = labels
        options = [(get_method(name).title, name) for name in methods]
        kept = store.read(_RANKINGS, {}).get(str(labels), [])
        # A ranking of other methods, from another version of the course, is of no use.
        order = kept if sorted(kept) == sorted(methods) else methods
        self.places = [
            ipywidgets.Dropdown(options=options, value=name, description=f"{k}. place")
            for k, name in enumerate(order, start=1)
        ]
        self.message = ipywidgets.HTML("The first place is for the best. Every change is kept.")
        self.message.add_class("tl-status")  # so that it is read out
        # Not Explorer's controls: it would draw in the middle of a swap, too.
        super().__init__(lambda: ranked(self.order, labels))
        self.stack(*self.places, self.message, self._screen)
        for place in self.places:
            place.observe(self._swap, names="value")

    @property
    def order(self) -> list[str]:
        """Names of the methods, the one ranked best first."""
        return [place.value for place in self.places]

    def _swap(self, change: dict) -> None:
        for place in self.places:
            if place is not change["owner"] and place.value == change["new"]:
                place.value = change["old"]  # which calls this function once more
                return
        self._keep()
        self._update()

    def _keep(self) -> None:
        try:
            store.update(_RANKINGS, lambda kept: kept | {str(self._labels): self.order}, {})
        except DataError as error:
            self.message.value = f"Your ranking was not kept. {error}"
        else:
            self.message.value = "Your ranking is kept; you will see it again beside the result."


def ranking(labels: int = 10, methods: Sequence[str] = METHODS_TO_RANK) -> Ranking:
    """Return lists for ranking methods before the results are seen; ``.order`` is the ranking.

    Args:
        labels: the label budget that the ranking is for.
        methods: names in ``tlcourse.methods.METHODS``.

    Raises:
        DataError: an unknown method.
    """
    return Ranking(labels, methods)


class Rerun(Explorer):
    """Lists for method, labels and seed, a button, and the stored value beside the new one.

    Args:
        table: the results.
        dataset: the one to run on; it may be another than the table's, and then the text says so.

    Attributes:
        button: runs the chosen cell of the grid.
        message: an HTML widget; how long the run took, both values, or what went wrong.
        records: what was run anew, by ``(method, labels, seed)``.
    """

    def __init__(self, table: pd.DataFrame, dataset: Dataset) -> None:
        self._table, self._dataset = table, dataset
        self.records: dict[tuple[str, int, int], experiment.Record] = {}
        self.button = ipywidgets.Button(description="Run it now")
        self.button.on_click(lambda _: self.press())
        self.message = ipywidgets.HTML().add_class("tl-status")
        options = {
            "method": [(title(name), name) for name in in_order(table["method"])],
            "labels": [(f"{n:,}", n) for n in sorted(map(int, table["labels"].unique()))],
            "seed": [(str(n), n) for n in sorted(map(int, table["seed"].unique()))],
        }
        controls = {
            name: ipywidgets.Dropdown(options=choices, description=name)
            for name, choices in options.items()
        }
        for control, value in zip(controls.values(), _FIRST_RUN, strict=True):
            if value in [choice for _, choice in control.options]:
                control.value = value
        super().__init__(self._show, **controls)
        self.stack(*controls.values(), self.button, self.message, self._screen)

    def press(self) -> None:
        """Run the chosen cell of the grid; meanwhile nothing else can be pressed.

        What a method or a budget does not allow is said in a sentence. Any other error is said,
        too, and raised again, so that it is not lost.
        """
        key = tuple(control.value for control in self.controls.values())
        inputs = [self.button, *self.controls.values()]
        for widget in inputs:
            widget.disabled = True
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
            for widget in inputs:
                widget.disabled = False

    def _show(self, method: str, labels: int, seed: int) -> AltFigure:
        stored, new = self._stored(method, labels, seed), self.records.get((method, labels, seed))
        self.message.value = self._comparison(stored, new)
        here = (self._table["method"] == method) & (self._table["labels"] == labels)
        runs = self._table[here].set_index("seed")["accuracy"].dropna()
        heading = f"{title(method)}, {labels:,} labels"
        return stored_and_new(runs, seed, new and new.accuracy, heading)

    def _stored(self, method: str, labels: int, seed: int) -> dict | None:
        """Return the table's row of this method, budget and seed, or None if there is none."""
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

    def _comparison(self, stored: dict | None, new: experiment.Record | None) -> str:
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
