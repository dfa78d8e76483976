"""Label budgets: two methods of the stored experiment compared, and where the sign changes."""

import ipywidgets
import pandas as pd

from tlcourse.data import DataError
from tlcourse.experiment.analysis import budgets, finished
from tlcourse.plots import AltFigure
from tlcourse.plots.style import in_order, title
from tlcourse.plots.transfer import at_budget
from tlcourse.widgets.explorer import Explorer


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
        if name not in names:
            raise DataError(
                f"The table has no result of a method named {name!r}; choose from "
                f"{', '.join(names) or 'none: it is empty'}."
            )
    options = [(title(name), name) for name in names]

    def draw(labels: int, method: str, against: str) -> AltFigure:
        return at_budget(done, method, against, labels)

    return Explorer(
        draw,
        labels=ipywidgets.SelectionSlider(
            options=[(f"{n:,}", n) for n in budgets(done)],
            description="labels",
            continuous_update=False,
        ),
        method=ipywidgets.Dropdown(options=options, value=method, description="method"),
        against=ipywidgets.Dropdown(options=options, value=against, description="against"),
    )
