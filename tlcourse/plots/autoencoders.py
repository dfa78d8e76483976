"""Figures of notebook 08's widgets: the space of codes, and blends of two digits."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlcourse.plots.figure import PALETTE, AltFigure, subplots

_TIMES = 1_000  # a squared error of a pixel is a small number; a thousand of it reads better


def code_plane(
    places: np.ndarray,
    labels: np.ndarray,
    shares: Sequence[float],
    *,
    at: tuple[float, float],
    decoded: np.ndarray,
    nearest: np.ndarray,
    nearest_label: int,
) -> AltFigure:
    """Show encoded images as points in a plane, and what is decoded from one place in it.

    Args:
        places: shape ``(n, 2)``, in standard deviations; each is drawn as its class.
        labels: shape ``(n,)``, 0 to 9.
        shares: share of the codes' variance along each of the two directions, 0 to 1.
        at: the place that is decoded.
        decoded: what the decoder makes of it, shape ``(28, 28, 1)``.
        nearest: the image whose code is nearest to it, of the same shape.
        nearest_label: the class of that image.
    """
    with subplots(size=(8, 4.6)) as (figure, axes):
        axes.remove()
        left, right = figure.subfigures(1, 2, width_ratios=[2.6, 1])
        plane = left.subplots()
        for label in np.unique(labels):
            style = {"color": PALETTE[label], "edgecolor": "0.2", "lw": 0.2}
            plane.scatter(*places[labels == label].T, s=52, marker=f"${label}$", **style)
        plane.plot(*at, ls="", marker="X", ms=15, color="black", mec="white", zorder=5)
        plane.set_xlabel(f"first direction (standard deviations; {100 * shares[0]:.0f} % of var.)")
        plane.set_ylabel(f"second (standard deviations; {100 * shares[1]:.0f} %)")
        images = {"decoded from the cross": decoded, f"nearest: a {nearest_label}": nearest}
        _show(right.subplots(2), images, 11)
    return AltFigure(
        figure,
        f"{len(labels)} digits placed by two directions of their codes "
        f"({100 * sum(shares):.0f} % of the variance), each drawn as its class. Beside it what is "
        f"decoded from {at[0]:+g} and {at[1]:+g} standard deviations; the digit with the nearest "
        f"code is a {nearest_label}.",
    )


def blends(
    ends: tuple[np.ndarray, np.ndarray],
    labels: tuple[int, int],
    *,
    pixels: np.ndarray,
    codes: np.ndarray,
    share: float,
) -> AltFigure:
    """Show two digits, and between them two mixtures: of their pixels and of their codes.

    Args:
        ends: the two digits, each of shape ``(28, 28, 1)``.
        labels: their classes.
        pixels: the mixture of their pixels.
        codes: what is decoded from the mixture of their codes.
        share: of the second digit in both mixtures, 0 to 1.
    """
    row = {
        f"from a {labels[0]}": ends[0],
        "pixels mixed": pixels,
        "codes mixed": codes,
        f"to a {labels[1]}": ends[1],
    }
    with subplots(1, 4, size=(8, 2.3)) as (figure, axes):
        _show(axes, row, 12)
    apart = _TIMES * ((pixels - codes) ** 2).mean()
    return AltFigure(
        figure,
        f"From a {labels[0]} to a {labels[1]}, {100 * share:.0f} % of the way: the mixture of "
        f"pixels, and the image decoded from the mixture of codes. The two differ by a mean "
        f"squared error of {apart:.1f}, times {_TIMES:,}.",
    )


def _show(places: np.ndarray, images: Mapping[str, np.ndarray], size: int) -> None:
    for place, (name, image) in zip(places, images.items(), strict=True):
        place.imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
        place.set_axis_off()
        place.set_title(name, fontsize=size)
