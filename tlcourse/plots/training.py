"""Figures of training that no library draws: the path of an optimiser, and the digit pad's."""

from collections.abc import Mapping

import numpy as np

from tlcourse.plots.arrays import grey
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import FAINT

_RIGHT, _WRONG, _OTHER = PALETTE[0], PALETTE[1], "0.75"


def descent(path: np.ndarray, steepness: np.ndarray, title: str) -> AltFigure:
    """Show the path of an optimiser through a valley, and the loss at each of its steps.

    Args:
        path: the places it visits, shape ``(steps + 1, 2)``.
        steepness: two numbers s; the loss at w is ``(s * w**2).sum() / 2``.
        title: what was done, in a few words.
    """
    losses = (steepness * path**2).sum(axis=1) / 2
    across, along = np.meshgrid(np.linspace(-10, 10, 101), np.linspace(-3, 3, 61))
    valley = (steepness[0] * across**2 + steepness[1] * along**2) / 2
    with subplots(1, 2, size=(8, 3.6), width_ratios=[1.5, 1]) as (figure, (left, right)):
        levels = np.geomspace(valley.max() / 300, valley.max() * 0.9, 7)
        left.contour(across, along, valley, levels=levels, colors="0.7", linewidths=1)
        inside = np.clip(path, -1e3, 1e3)  # far outside nothing can be drawn
        left.plot(*inside.T, color=_RIGHT, marker="o", ms=5, lw=1.5)
        left.plot(0, 0, ls="", marker="*", ms=15, color=_WRONG, label="lowest loss")
        left.set(xlim=(-10, 10), ylim=(-3, 3), xticks=range(-10, 11, 5))
        left.set(xlabel="weight w₁", ylabel="weight w₂")
        left.set_title(title, fontsize=12)
        left.legend(loc="upper right")
        right.plot(np.clip(losses, 1e-9, 1e9), color=_RIGHT, marker="o", ms=4, lw=1.5)
        right.set(yscale="log", ylim=(1e-7, 1e4), xlabel="step", ylabel="loss (log scale)")
    return AltFigure(
        figure,
        f"{title}: a path of {len(path) - 1} steps through a narrow valley; the loss is "
        f"{losses[0]:.3g} at the start and {losses[-1]:.2g} at the end.",
    )


def digit_predictions(image: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> AltFigure:
    """Show a drawn digit as networks see it, beside what each of them predicts.

    Args:
        image: shape ``(28, 28, 1)``, 0 to 1.
        probabilities: by the network's title, shape ``(10,)``; none are needed.
    """
    rows = len(probabilities)
    size = (8, 1.2 + max(1.0, 0.62 * rows))
    with subplots(1, 2, size=size, width_ratios=[1, 3.4]) as (figure, (left, right)):
        grey(left, image[..., 0])
        left.set_title("as networks\nsee it", fontsize=11)
        left.set_axis_off()
        for base, values in zip(reversed(range(rows)), probabilities.values(), strict=True):
            best = int(values.argmax())
            colours = [_RIGHT if k == best else _OTHER for k in range(len(values))]
            bars = right.bar(range(len(values)), 0.7 * values, bottom=base, color=colours)
            texts = [f"{values[best]:.0%}" if k == best else "" for k in range(len(values))]
            right.bar_label(bars, texts, fontsize=9, weight="bold", padding=1)
            right.axhline(base, color=FAINT, lw=1)
        if rows:
            right.set_yticks([rows - 0.65 - row for row in range(rows)], list(probabilities))
            right.set_xticks(range(10))
            right.set(ylim=(-0.05, rows), xlabel="digit (height of a bar: its probability)")
            right.tick_params(axis="y", length=0)
            right.grid(visible=False)
        else:
            right.set_axis_off()
    if not image.any():
        return AltFigure(figure, "The digit pad is empty, and there are no predictions.")
    text = ", ".join(f"{title}: {p.argmax()} ({p.max():.0%})" for title, p in probabilities.items())
    return AltFigure(figure, f"The drawing, sized and centred. Predictions: {text or 'none'}.")
