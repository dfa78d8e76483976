"""Arrays as pictures: grey images, squares with a number in each, augmented images."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from tlcourse.plots.figure import AltFigure, subplots


def changed_images(originals: np.ndarray, changed: np.ndarray, how: str) -> AltFigure:
    """Show images above several augmented versions of each.

    Args:
        originals: shape ``(n, 28, 28, 1)``, 0 to 1.
        changed: shape ``(versions, n, 28, 28, 1)``; one row of the figure for each version.
        how: how they were changed, for the title and the alt text.
    """
    versions, n = changed.shape[:2]
    size = (8, 0.6 + (1 + versions) * 7.6 / n)
    with subplots(2, size=size, height_ratios=[1, versions]) as (figure, (above, below)):
        grey(above, _tiled(originals[None, ..., 0]))
        grey(below, _tiled(changed[..., 0]))
        above.set_title(how, fontsize=12)
        for axes, name in ((above, "as it is"), (below, "changed")):
            axes.set(xticks=[], yticks=[], ylabel=name)
    return AltFigure(
        figure, f"{n} images, and below each {versions} changed versions of it: {how}."
    )


def grey(axes: Axes, values: np.ndarray, low: float = 0, high: float = 1) -> None:
    """Draw an array in grey, ``low`` black and ``high`` white; pixel r, c reaches to r+1, c+1."""
    height, width = values.shape
    extent = (0, width, height, 0)
    axes.imshow(values, cmap="gray", vmin=low, vmax=high, interpolation="nearest", extent=extent)
    axes.grid(visible=False)


def number_grid(
    axes: Axes,
    values: np.ndarray,
    texts: Sequence[Sequence[str]],
    low: float,
    high: float,
    *,
    size: float = 12,
) -> None:
    """Draw a small array as framed grey squares with a text in each."""
    options = {"cbar": False, "square": True, "linewidths": 1, "linecolor": "0.6"}
    options |= {"annot": np.array(texts), "fmt": "", "annot_kws": {"size": size}}
    sns.heatmap(values, vmin=low, vmax=high, cmap="gray", ax=axes, clip_on=False, **options)


def _tiled(images: np.ndarray) -> np.ndarray:
    """Return rows of images, ``(rows, n, height, width)``, as one, with gaps of NaN between."""
    rows, n, height, width = images.shape
    sheet = np.full((rows, n, height + 2, width + 2), np.nan)
    sheet[:, :, :height, :width] = images
    sheet = sheet.transpose(0, 2, 1, 3).reshape(rows * (height + 2), n * (width + 2))
    return sheet[:-2, :-2]
