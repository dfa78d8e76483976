"""What each layer makes of the images: a plane of features beside the accuracy they allow."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from tlcourse.plots import feature_scatter
from tlcourse.widgets.explorer import Explorer

_SHOWN = 300  # more digits would hide each other


def layer_explorer(
    features: Mapping[str, np.ndarray], labels: np.ndarray, table: pd.DataFrame
) -> Explorer:
    """Return a slider over layers: their features in two dimensions, and their accuracy.

    Args:
        features: for each layer its features, shape ``(n, numbers)``, of the same images.
        labels: the images' classes, shape ``(n,)``, 0 to 9.
        table: accuracies as for ``tlcourse.plots.accuracy_by_layer``, of the same layers.
    """
    labels = labels[:_SHOWN]
    planes = {}
    for name, values in features.items():
        reduction = PCA(2, random_state=0).fit(values)
        places = reduction.transform(values[:_SHOWN])
        planes[name] = places, reduction.explained_variance_ratio_

    def draw(layer: str, budget: int):
        places, shares = planes[layer]
        return feature_scatter(places, labels, shares, table, layer=layer, budget=budget)

    return Explorer(
        draw,
        layer=ipywidgets.SelectionSlider(
            options=list(features), description="Layer", continuous_update=False
        ),
        budget=ipywidgets.ToggleButtons(
            options=sorted(table["labels"].unique().tolist()), description="Labels"
        ),
    )
