"""Figures of what is inside a network: filters, feature maps, and heat maps of Grad-CAM."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlcourse.plots.arrays import tiled
from tlcourse.plots.figure import AltFigure, subplots

_COLUMNS = 8  # filters or maps in a row


def filters(kernels: Mapping[str, np.ndarray]) -> AltFigure:
    """Show the filters of a first convolution, all on one scale: grey is 0, white positive.

    Args:
        kernels: by title, shape ``(height, width, 1, filters)``.
    """
    limit = max(np.abs(kernel).max() for kernel in kernels.values())
    size = (8, 0.5 + 1.25 * len(kernels))
    with subplots(len(kernels), 1, size=size, squeeze=False) as (figure, axes):
        for place, (title, kernel) in zip(axes[:, 0], kernels.items(), strict=True):
            sheet = tiled(np.moveaxis(kernel[:, :, 0], -1, 0), _COLUMNS)
            shown = place.imshow(
                sheet, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest"
            )
            place.set_title(title, fontsize=11)
            place.set_axis_off()
        figure.colorbar(shown, ax=list(axes[:, 0]), label="weight", aspect=12)
    text = "; ".join(
        f"{title}: {kernel.shape[-1]} filters of {kernel.shape[0]}×{kernel.shape[1]} with weights "
        f"from {kernel.min():.2f} to {kernel.max():.2f}"
        for title, kernel in kernels.items()
    )
    return AltFigure(figure, f"Filters of a convolution as small grey images. {text}.")


def feature_maps(image: np.ndarray, maps: Mapping[str, np.ndarray]) -> AltFigure:
    """Show an image and the feature maps of some layers.

    Args:
        image: shape ``(28, 28, 1)``, 0 to 1.
        maps: by the layer's name, shape ``(height, width, filters)``; each layer has a scale of
            its own, from 0 (black) to its largest activation (white).
    """
    rows = [-(-values.shape[-1] // _COLUMNS) for values in maps.values()]
    size, ratios = (8, 0.5 * len(maps) + 0.85 * sum(rows)), [1, 5.5]
    with subplots(
        len(maps), 2, size=size, width_ratios=ratios, height_ratios=rows, squeeze=False
    ) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        axes[0, 0].imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
        axes[0, 0].set_title("image", fontsize=11)
        texts = []
        for place, (layer, values) in zip(axes[:, 1], maps.items(), strict=True):
            sheet, top = tiled(np.moveaxis(values, -1, 0), _COLUMNS), max(values.max(), 1e-6)
            place.imshow(sheet, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
            height, width, n = values.shape
            place.set_title(f"{layer}: {n} maps of {height}×{width}", fontsize=11)
            silent = int((values.max(axis=(0, 1)) <= 0).sum())
            texts.append(
                f"{layer}: {n} maps, {silent} of them black everywhere, largest activation "
                f"{values.max():.2f}"
            )
    return AltFigure(figure, f"A digit and its feature maps. {'; '.join(texts)}.")


def heat_maps(
    images: np.ndarray, maps: np.ndarray, titles: Sequence[str], columns: int = 5
) -> AltFigure:
    """Show maps as of ``tlcourse.models.grad_cam``, with the outline of each digit over them.

    Args:
        images: shape ``(n, 28, 28, 1)``, 0 to 1.
        maps: shape ``(n, 28, 28)``, 0 to 1.
        titles: ``n`` short texts.
        columns: images in a row.
    """
    rows = -(-len(images) // columns)
    with subplots(rows, columns, size=(8, 0.2 + 1.65 * rows), squeeze=False) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        shown = zip(axes.flat, images[..., 0], maps, titles, strict=False)  # axes may be left
        for place, image, cam, title in shown:
            drawn = place.imshow(cam, cmap="cividis", vmin=0, vmax=1)
            if image.min() < 0.5 < image.max():
                for colour, width in (("black", 2.6), ("white", 1.2)):
                    place.contour(image, levels=[0.5], colors=colour, linewidths=width)
            place.set_title(str(title), fontsize=11, pad=3)
        figure.colorbar(drawn, ax=list(axes.flat), label="speaks for the class", aspect=12)
    text = "; ".join(f"{title}: {_where(cam)}" for title, cam in zip(titles, maps, strict=True))
    return AltFigure(
        figure, f"Outlines of {len(images)} digits over heat maps. Hottest places: {text}."
    )


def _where(cam: np.ndarray) -> str:
    """Return in which ninth of the image the hottest place lies, in words."""
    if not cam.any():
        return "nowhere"
    row, column = np.unravel_index(cam.argmax(), cam.shape)
    vertical = ("top", "middle", "bottom")[3 * row // cam.shape[0]]
    horizontal = ("left", "middle", "right")[3 * column // cam.shape[1]]
    return vertical if vertical == horizontal else f"{vertical} {horizontal}"
