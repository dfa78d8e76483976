"""Which examples happen to be labelled, and how much hangs on it (notebook 00)."""

import ipywidgets
import pandas as pd

from tlcourse.data import Dataset, labelled_split
from tlcourse.methods import METHODS
from tlcourse.plots import labelled_draw
from tlcourse.widgets.explorer import Explorer


def draw_explorer(dataset: Dataset, table: pd.DataFrame) -> Explorer:
    """Return a slider over the seeds of ``table``: the labelled images and what they led to.

    Args:
        dataset: the one the table's runs used.
        table: records of several methods with one label budget.
    """
    (labels,) = table["labels"].unique()
    seeds = sorted(table["seed"].unique().tolist())

    def draw(seed: int):
        labelled = labelled_split(dataset, total=int(labels), seed=seed).labelled
        order = labelled.labels.argsort()
        runs = table[table["seed"] == seed].set_index("method")["accuracy"]
        accuracies = {METHODS[name].title: value for name, value in runs.items()}
        return labelled_draw(labelled.images[order], accuracies, seed)

    slider = ipywidgets.SelectionSlider(options=seeds, description="Draw (seed)")
    return Explorer(draw, seed=slider)
