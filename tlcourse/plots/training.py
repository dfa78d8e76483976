"""Figures of training: loss, paths of optimisers, learning curves, errors, and predictions.

Intervals are 95 % (Student's t over the seeds), and there are none with fewer than three seeds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tlcourse.plots.accuracy import summary
from tlcourse.plots.arrays import grey, number_grid
from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import FAINT, GREY, series_style

Histories = Mapping[tuple[str, int], Mapping[str, Sequence[float]]]

_RARE = 5e-3  # probabilities below it are drawn at the upper edge of the loss
_LEAST = 1e-7  # a probability of exactly 0 would make the loss infinite; Keras cuts here, too
_PREFIXES = {"training": "", "validation": "val_"}  # what Keras puts in front of a name
_RIGHT, _WRONG, _OTHER = PALETTE[0], PALETTE[1], "0.75"


def cross_entropy(p_true: Mapping[str, np.ndarray]) -> AltFigure:
    """Show the loss −ln p of an image whose true class gets the probability p.

    Args:
        p_true: for each title the probabilities, 0 to 1, that some images give to their true
            class; each is drawn as a mark on the curve.
    """
    p = np.linspace(_RARE, 1, 400)
    with subplots(size=(8, 3.6)) as (figure, axes):
        axes.plot(p, -np.log(p), color=GREY, lw=1.5)
        for k, (title, values) in enumerate(p_true.items()):
            shown, marks = np.clip(values, _RARE, 1), {"s": 40, "alpha": 0.6, "lw": 0}
            axes.scatter(shown, -np.log(shown), label=title, **marks, **series_style(k))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.15, 5.5))
        axes.set(xlabel="probability p of the true class", ylabel="loss −ln p")
        axes.legend(frameon=False)
    text = "; ".join(
        f"{title}, {len(values)} images have a mean probability of {np.mean(values):.2f} and a "
        f"mean loss of {-np.log(np.maximum(values, _LEAST)).mean():.2f}"
        for title, values in p_true.items()
    )
    return AltFigure(figure, f"The loss falls from 4.6 at p = 0.01 to 0 at p = 1. {text}.")


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
        left.set(xlim=(-10, 10), ylim=(-3, 3), xlabel="weight w₁", ylabel="weight w₂")
        left.set_title(title, fontsize=12)
        left.legend(loc="upper right")
        right.plot(np.clip(losses, 1e-9, 1e9), color=_RIGHT, marker="o", ms=4, lw=1.5)
        right.set(yscale="log", ylim=(1e-7, 1e4), xlabel="step", ylabel="loss (log scale)")
    return AltFigure(
        figure,
        f"{title}: a path of {len(path) - 1} steps through a narrow valley; the loss is "
        f"{losses[0]:.3g} at the start and {losses[-1]:.2g} at the end.",
    )


def learning_curves(
    histories: Histories, sets: Sequence[str] = ("training", "validation")
) -> AltFigure:
    """Show loss and accuracy by epoch, as means over the seeds with their 95 % intervals.

    Curves end where the first seed of a variant ends. With a single variant, the epoch with the
    lowest validation loss is marked.

    Args:
        histories: what Keras's ``fit`` returned as ``history``, by ``(variant, seed)``, with
            ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``.
        sets: ``"training"``, ``"validation"`` or both.
    """
    curves = _curves(histories)
    variants = list(dict.fromkeys(variant for variant, _ in histories))
    texts = []
    with subplots(1, 2, size=(8, 4)) as (figure, (left, right)):
        for k, variant in enumerate(variants):
            for j, name in enumerate(sets):
                style = series_style(k if len(variants) > 1 else j)
                style |= {"ls": "--" if name == "training" else "-"}
                label = " ".join([variant] * (len(variants) > 1) + [name] * (len(sets) > 1))
                loss, accuracy = (
                    curves[_PREFIXES[name] + value].loc[variant] for value in ("loss", "accuracy")
                )
                _draw_curve(left, loss, label or name, style)
                _draw_curve(right, accuracy, label or name, style)
                texts.append(
                    f"{variant}, {name}: loss {loss.iloc[0]['mean']:.2f} after epoch 1 and "
                    f"{loss.iloc[-1]['mean']:.2f} after epoch {len(loss)}, accuracy "
                    f"{accuracy.iloc[0]['mean']:.0f} and {accuracy.iloc[-1]['mean']:.0f} %"
                )
        if len(variants) == 1 and "validation" in sets:
            best = curves["val_loss"].loc[variants[0]]["mean"].idxmin()
            left.axvline(
                best, color=GREY, ls=":", lw=1.5, label=f"lowest validation loss: epoch {best}"
            )
            texts.append(f"the lowest validation loss is that of epoch {best}")
        left.set(xlabel="epoch", ylabel="loss (cross-entropy)")
        left.set_ylim(bottom=0)
        right.set(xlabel="epoch", ylabel="accuracy (%)")
        low, high = right.get_ylim()  # an interval of few seeds may leave what is possible
        right.set_ylim(max(low, 0), min(high, 102))
        handles, labels = left.get_legend_handles_labels()
        place = {"loc": "outside upper center", "ncols": min(4, len(labels)), "frameon": False}
        figure.legend(handles, labels, **place)
    seeds = int(curves["loss"]["seeds"].max())
    over = f"Means over {seeds} seeds" if seeds > 1 else "One seed"
    return AltFigure(figure, f"Learning curves. {over}. {'; '.join(texts)}.")


def confusion_matrix(matrix: np.ndarray, class_names: Sequence[str]) -> AltFigure:
    """Show how often each class was predicted as which; errors are the darker, the more there are.

    Args:
        matrix: counts, shape ``(classes, classes)``; rows are true classes, columns predicted
            ones, as from ``sklearn.metrics.confusion_matrix``.
        class_names: what the classes are called.
    """
    correct = np.diag(matrix)
    names = list(class_names)
    errors = pd.DataFrame(matrix - np.diag(correct), names, names)
    texts = [[f"{count:,}" if count else "" for count in row] for row in matrix]
    limit = 1.25 * max(1, errors.to_numpy().max())
    with subplots(size=(6.4, 5.6)) as (figure, axes):
        number_grid(axes, errors, texts, 0, limit, size=11, cmap="Greys")
        axes.set(xlabel="predicted class", ylabel="true class")
    frequent = errors.stack().sort_values(ascending=False, kind="stable")[:3]
    text = ", ".join(
        f"{true} taken for {predicted} ({count} times)"
        for (true, predicted), count in frequent[frequent > 0].items()
    )
    return AltFigure(
        figure,
        f"Confusion matrix: {correct.sum():,} of {matrix.sum():,} right. "
        f"Most frequent errors: {text or 'none'}.",
    )


def top_losses(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, most: int = 10
) -> AltFigure:
    """Show the wrong predictions with the highest cross-entropy, the highest first.

    Below each image stand the probabilities of all classes: that of the true one hatched, that of
    the predicted one full, the others grey.

    Args:
        images: shape ``(n, 28, 28, 1)``.
        labels: the true classes, shape ``(n,)``.
        probabilities: shape ``(n, 10)``.
        most: show no more than these.
    """
    predictions = probabilities.argmax(axis=1)
    p_true = probabilities[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(predictions != labels)
    shown = wrong[p_true[wrong].argsort(kind="stable")][:most]
    rows, columns = max(1, -(-len(shown) // 5)), 5
    size, ratios = (8, 2.6 * rows), [1.7, 1] * rows
    texts = []
    with subplots(2 * rows, columns, size=size, height_ratios=ratios) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        for i, number in enumerate(shown):
            top, below = axes[2 * (i // columns) : 2 * (i // columns) + 2, i % columns]
            title = f"{labels[number]} taken for {predictions[number]}"
            grey(top, images[number, ..., 0])
            top.set_title(title, fontsize=11, pad=3)
            _bars(below, probabilities[number], labels[number], predictions[number])
            texts.append(f"{title} (loss {-np.log(max(p_true[number], _LEAST)):.2f})")
        if not len(shown):
            axes[0, 2].text(0.5, 0.5, "no errors", ha="center", va="center")
    return AltFigure(
        figure,
        f"{len(shown)} of {len(wrong)} wrong predictions for {len(labels):,} digits, with the "
        f"probabilities of all classes: {'; '.join(texts) or 'none'}.",
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


def _curves(histories: Histories) -> dict[str, pd.DataFrame]:
    """Return means and intervals by variant and epoch, as far as every seed of a variant goes."""
    tables = {run: pd.DataFrame(history) for run, history in histories.items()}
    table = pd.concat(tables, names=["variant", "seed", "epoch"]).reset_index()
    table["epoch"] += 1
    last = table.groupby(["variant", "seed"])["epoch"].max().groupby("variant").min()
    table = table[table["epoch"] <= table["variant"].map(last)]
    scales = {"loss": 1, "val_loss": 1, "accuracy": 100, "val_accuracy": 100}
    by = ("variant", "epoch")
    return {column: summary(table, by, column, scale=scale) for column, scale in scales.items()}


def _draw_curve(axes: Axes, curve: pd.DataFrame, label: str, style: Mapping[str, str]) -> None:
    """Draw means and, with three seeds or more, their intervals as a band."""
    epochs, mean, half = curve.index, curve["mean"], curve["half_width"]
    every = max(1, len(curve) // 10)
    axes.plot(epochs, mean, label=label, ms=6, lw=1.8, markevery=every, **style)
    axes.fill_between(epochs, mean - half, mean + half, color=style["color"], alpha=0.15, lw=0)


def _bars(axes: Axes, values: np.ndarray, true: int, predicted: int) -> None:
    """Draw the probabilities of ten classes; colour and hatching say the same."""
    axes.set_axis_on()
    bars = axes.bar(range(len(values)), values, color=_OTHER)
    bars[predicted].set_facecolor(_WRONG)
    bars[true].set(facecolor="white", edgecolor=_RIGHT, hatch="////")
    axes.set(ylim=(0, 1.05), yticks=[])
    axes.set_xticks(range(len(values)))
    axes.tick_params(axis="x", labelsize=9, length=0, pad=1)
    axes.grid(visible=False)
