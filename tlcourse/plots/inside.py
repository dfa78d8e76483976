"""Figures of what is inside a network: filters, feature maps, and heat maps of Grad-CAM."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlcourse.plots.figure import AltFigure, subplots

_ACROSS = 8  # filters or maps in a row


def filters(kernels: Mapping[str, np.ndarray]) -> AltFigure:
    """Show the filters of a first convolution, all on one scale: grey is 0, white positive.

    Args:
        kernels: by title, shape ``(height, width, 1, filters)``.
    """
    largest = max(np.abs(kernel).max() for kernel in kernels.values())
    with subplots(len(kernels), 1, size=(8, 0.5 + 1.25 * len(kernels)), squeeze=False) as (
        figure,
        axes,
    ):
        for place, (title, kernel) in zip(axes[:, 0], kernels.items(), strict=True):
            sheet = _tiled(np.moveaxis(kernel[:, :, 0], -1, 0))
            shown = place.imshow(
                sheet, cmap="gray", vmin=-largest, vmax=largest, interpolation="nearest"
            )
            place.set_title(title, fontsize=11)
            place.set_axis_off()
        figure.colorbar(shown, ax=list(axes[:, 0]), label="weight", aspect=12)
    told = "; ".join(
        f"{title}: {kernel.shape[-1]} filters of {kernel.shape[0]}×{kernel.shape[1]} with weights "
        f"from {kernel.min():.2f} to {kernel.max():.2f}"
        for title, kernel in kernels.items()
    )
    return AltFigure(figure, f"Filters of a convolution as small grey images. {told}.")


def feature_maps(image: np.ndarray, maps: Mapping[str, np.ndarray]) -> AltFigure:
    """Show an image and what each filter of some layers answers to it.

    Args:
        image: shape ``(28, 28, 1)``, 0 to 1.
        maps: by the layer's name, shape ``(height, width, filters)``; each layer has a scale of
            its own, from 0 (black) to its largest value (white).
    """
    rows = [-(-values.shape[-1] // _ACROSS) for values in maps.values()]
    with subplots(
        len(maps),
        2,
        size=(8, 0.5 * len(maps) + 0.85 * sum(rows)),
        width_ratios=[1, 5.5],
        height_ratios=rows,
        squeeze=False,
    ) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        axes[0, 0].imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
        axes[0, 0].set_title("image", fontsize=11)
        for place, (layer, values) in zip(axes[:, 1], maps.items(), strict=True):
            sheet = _tiled(np.moveaxis(values, -1, 0))
            top = max(values.max(), 1e-6)
            place.imshow(sheet, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
            height, width, n = values.shape
            place.set_title(f"{layer}: {n} maps of {height}×{width}", fontsize=11)
    told = "; ".join(
        f"{layer}: {values.shape[-1]} maps, {_silent(values)} of them black everywhere, largest "
        f"value {values.max():.2f}"
        for layer, values in maps.items()
    )
    return AltFigure(figure, f"A digit and its feature maps. {told}.")


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
        drawn = zip(axes.flat, images[..., 0], maps, titles, strict=False)  # axes may be left
        for place, image, heat, title in drawn:
            shown = place.imshow(heat, cmap="cividis", vmin=0, vmax=1)
            if image.min() < 0.5 < image.max():
                for colour, width in (("black", 2.6), ("white", 1.2)):
                    place.contour(image, levels=[0.5], colors=colour, linewidths=width)
            place.set_title(str(title), fontsize=11, pad=3)
        figure.colorbar(shown, ax=list(axes.flat), label="speaks for the class", aspect=12)
    told = "; ".join(f"{title}: {_where(heat)}" for title, heat in zip(titles, maps, strict=True))
    return AltFigure(
        figure, f"Outlines of {len(images)} digits over heat maps. Hottest places: {told}."
    )


def _tiled(images: np.ndarray) -> np.ndarray:
    """Return images of shape ``(n, height, width)`` as one, in rows, with gaps of NaN between."""
    n, height, width = images.shape
    gap = max(1, height // 12)
    across, down = min(n, _ACROSS), -(-n // _ACROSS)
    sheet = np.full((down * (height + gap) - gap, across * (width + gap) - gap), np.nan)
    for i, image in enumerate(images):
        top, left = i // _ACROSS * (height + gap), i % _ACROSS * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _silent(values: np.ndarray) -> int:
    return int((values.max(axis=(0, 1)) <= 0).sum())


def _where(heat: np.ndarray) -> str:
    """Return in which ninth of the image the hottest place lies, in words."""
    if not heat.any():
        return "nowhere"
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    vertical = ("top", "middle", "bottom")[3 * row // heat.shape[0]]
    horizontal = ("left", "middle", "right")[3 * column // heat.shape[1]]
    return vertical if vertical == horizontal else f"{vertical} {horizontal}"
