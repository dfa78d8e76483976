"""Gap viewer: the features of two domains in one plane, before and after adapting."""

from collections.abc import Mapping

import ipywidgets
import numpy as np

from tlcourse.plots import AltFigure, domain_plane
from tlcourse.widgets.explorer import Explorer

_SHOWN = 200  # of each domain; more would hide each other


def gap_viewer(
    features: Mapping[str, tuple[np.ndarray, np.ndarray]],
    labels: tuple[np.ndarray, np.ndarray],
    accuracies: Mapping[str, float],
) -> Explorer:
    """Return a choice of methods, and of what the marks show: the domain or the class.

    Args:
        features: for each method's title the features of the same images of source and target,
            shapes ``(n, d)`` and ``(m, d)``. The one without adapting comes first.
        labels: the classes of those images, for showing alone.
        accuracies: for each title the accuracy on the target, 0 to 1.
    """
    labels = tuple(part[:_SHOWN] for part in labels)

    def draw(method: str, marks: str) -> AltFigure:
        source, target = (part[:_SHOWN] for part in features[method])
        title = f"{method}: {accuracies[method]:.0%} of the target right"
        return domain_plane(source, target, labels if marks == "class" else None, title=title)

    return Explorer(
        draw,
        method=ipywidgets.SelectionSlider(
            options=list(features), description="Method", continuous_update=False
        ),
        marks=ipywidgets.ToggleButtons(options=["domain", "class"], description="Marks"),
    )
