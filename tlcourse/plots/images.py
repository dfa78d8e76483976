"""Rows of images: examples of a dataset, and what models predict for them."""

from collections.abc import Sequence

import numpy as np

from tlcourse.plots.figure import PALETTE, AltFigure, subplots

_RIGHT, _WRONG = PALETTE[0], PALETTE[1]


def show_images(
    pictures: np.ndarray, titles: Sequence[str] | None = None, *, columns: int = 10, alt: str
) -> AltFigure:
    """Show images in rows, with a title above each if given.

    Args:
        pictures: grey ones of shape ``(n, height, width, 1)``, 0 (shown black) to 1 (shown white),
            or colours of shape ``(n, height, width, 3)``, bytes or 0 to 1.
        titles: ``n`` short texts.
        columns: images in a row.
        alt: what the images are, in one sentence.
    """
    rows = -(-len(pictures) // columns)
    height = 7.8 / columns + (0.25 if titles is not None else 0)
    with subplots(rows, columns, size=(8, height * rows), squeeze=False) as (figure, axes):
        for i, place in enumerate(axes.flat):
            place.set_axis_off()
            if i < len(pictures):
                place.imshow(np.squeeze(pictures[i]), cmap="gray", vmin=0, vmax=1)
                if titles is not None:
                    place.set_title(titles[i], fontsize=11, pad=2)
    return AltFigure(figure, alt)


def side_by_side(
    pictures: np.ndarray, labels: np.ndarray, predictions: dict[str, np.ndarray]
) -> AltFigure:
    """Show images with what several models predict; wrong predictions are struck out.

    Args:
        pictures: shape ``(n, 28, 28, 1)``.
        labels: the right classes, shape ``(n,)``.
        predictions: for each model's title the classes it predicts, shape ``(n,)``.
    """
    n, models = len(pictures), len(predictions)
    with subplots(
        1 + models, n, size=(8, 0.75 + 0.42 * models), height_ratios=[2] + [1] * models
    ) as (
        figure,
        axes,
    ):
        for place in axes.flat:
            place.set_axis_off()
        for i in range(n):
            axes[0, i].imshow(pictures[i, ..., 0], cmap="gray", vmin=0, vmax=1)
            for row, predicted in enumerate(predictions.values(), start=1):
                right = predicted[i] == labels[i]
                axes[row, i].text(
                    0.5,
                    0.5,
                    str(predicted[i]),
                    ha="center",
                    va="center",
                    fontsize=15,
                    weight="bold" if right else "normal",
                    color=_RIGHT if right else _WRONG,
                )
                if not right:
                    axes[row, i].plot([0.25, 0.75], [0.15, 0.85], color=_WRONG, lw=1.5)
                    axes[row, i].set(xlim=(0, 1), ylim=(0, 1))
        for row, (title, predicted) in enumerate(predictions.items(), start=1):
            correct = int((predicted == labels).sum())
            axes[row, 0].annotate(
                f"{title}\n{correct} of {n} right",
                (0, 0.5),
                xycoords="axes fraction",
                ha="right",
                va="center",
                fontsize=11,
            )
    counts = "; ".join(f"{t}: {(p == labels).sum()} of {n} right" for t, p in predictions.items())
    return AltFigure(
        figure, f"{n} handwritten digits with each model's prediction below. {counts}."
    )


def labelled_split_accuracies(
    pictures: np.ndarray, accuracies: dict[str, float], seed: int
) -> AltFigure:
    """Show the images of one labelled split beside the accuracy each method reached with them.

    Args:
        pictures: ten labelled images, shape ``(10, 28, 28, 1)``.
        accuracies: test accuracy, 0 to 1, by the method's title.
        seed: of the labelled split.
    """
    with subplots(size=(8, 2.3)) as (figure, axes):
        axes.remove()
        left, right = figure.subfigures(1, 2, width_ratios=[1.1, 1])
        for image, place in zip(pictures, left.subplots(2, 5).flat, strict=True):
            place.imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
            place.set_axis_off()
        bars = right.subplots()
        titles, percent = list(accuracies), [100 * value for value in accuracies.values()]
        drawn = bars.barh(titles, percent, color=PALETTE[: len(titles)], height=0.6)
        bars.bar_label(drawn, fmt="%.0f %%", padding=4)
        bars.set(xlim=(0, 110), xlabel="test accuracy (%)", xticks=range(0, 101, 25))
        bars.invert_yaxis()
        bars.grid(axis="y", visible=False)
    text = ", ".join(f"{title} {value:.0%}" for title, value in accuracies.items())
    return AltFigure(
        figure, f"The ten labelled digits of the split with seed {seed}; test accuracy: {text}."
    )
