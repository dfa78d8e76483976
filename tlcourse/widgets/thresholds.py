"""Which pseudo-labels a threshold lets in, and which of them are right (notebook 09)."""

import ipywidgets
import numpy as np

from tlcourse.data import DataError
from tlcourse.plots import AltFigure
from tlcourse.plots.pseudo_labels import pseudo_labels_kept
from tlcourse.widgets.explorer import Explorer


def threshold_slider(
    probabilities: np.ndarray, labels: np.ndarray, images: np.ndarray, *, threshold: float = 0.8
) -> Explorer:
    """Return a slider for the confidence threshold: what it keeps, and how much of that is right.

    Args:
        probabilities: of each class for each image, shape ``(n, n_classes)``.
        labels: the true classes, shape ``(n,)``; what is learned must not see them.
        images: shape ``(n, 28, 28, 1)``, 0 to 1; those that only just come in are shown.
        threshold: where the slider starts, 0 to 1.

    Raises:
        DataError: there are no images, or not as many of one as of the others.
    """
    lengths = len(probabilities), len(labels), len(images)
    if len(set(lengths)) > 1 or not lengths[0]:
        raise DataError(
            "Every image needs its probabilities and its label; got "
            f"{lengths[0]:,} rows of probabilities, {lengths[1]:,} labels and {lengths[2]:,} "
            "images. Give the same images to all three."
        )

    def draw(threshold: float) -> AltFigure:
        return pseudo_labels_kept(probabilities, labels, images, threshold)

    slider = ipywidgets.FloatSlider(
        threshold, min=0, max=1, step=0.01, description="Threshold", continuous_update=False
    )
    return Explorer(draw, threshold=slider)
