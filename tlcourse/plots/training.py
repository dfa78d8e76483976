"""Figures of training: loss, paths of optimisers, learning curves, errors, and answers.

Intervals are 95 % (Student's t over the seeds), and there are none with fewer than three seeds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import FAINT, GREY, series_style

Histories = Mapping[tuple[str, int], Mapping[str, Sequence[float]]]

_RARE = 5e-3  # probabilities below it are drawn at the upper edge of the loss
_PARTS = {"training": "", "validation": "val_"}  # what Keras puts in front of a name
_RIGHT, _WRONG, _OTHER = PALETTE[0], PALETTE[1], "0.75"


def cross_entropy(of_truth: Mapping[str, np.ndarray]) -> AltFigure:
    """Show the loss −ln p of an image whose right class gets the probability p.

    Args:
        of_truth: for each title the probabilities, 0 to 1, that some images give to their right
            class; each is drawn as a mark on the curve.
    """
    p = np.linspace(_RARE, 1, 400)
    with subplots(size=(8, 3.6)) as (figure, axes):
        axes.plot(p, -np.log(p), color=GREY, lw=1.5)
        for k, (title, values) in enumerate(of_truth.items()):
            drawn = np.clip(values, _RARE, 1)
            axes.scatter(
                drawn, -np.log(drawn), s=40, alpha=0.6, label=title, lw=0, **series_style(k)
            )
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.15, 5.5))
        axes.set(xlabel="probability p of the right class", ylabel="loss −ln p")
        axes.legend(frameon=False)
    told = "; ".join(
        f"{title}, {len(values)} images have a mean probability of {np.mean(values):.2f} and a "
        f"mean loss of {-np.log(np.maximum(values, 1e-7)).mean():.2f}"
        for title, values in of_truth.items()
    )
    return AltFigure(figure, f"The loss falls from 4.6 at p = 0.01 to 0 at p = 1. {told}.")


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
    histories: Histories, parts: Sequence[str] = ("training", "validation")
) -> AltFigure:
    """Show loss and accuracy by epoch, as means over the seeds with their 95 % intervals.

    Curves end where the first seed of a variant ends. With a single variant, the epoch with the
    lowest validation loss is marked.

    Args:
        histories: what Keras's ``fit`` returned as ``history``, by ``(variant, seed)``, with
            ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``.
        parts: ``"training"``, ``"validation"`` or both.
    """
    variants = list(dict.fromkeys(variant for variant, _ in histories))
    told = []
    with subplots(1, 2, size=(8, 4)) as (figure, (left, right)):
        for k, variant in enumerate(variants):
            for j, part in enumerate(parts):
                runs = [history for (name, _), history in histories.items() if name == variant]
                losses = _together(runs, f"{_PARTS[part]}loss")
                accuracies = 100 * _together(runs, f"{_PARTS[part]}accuracy")
                look = series_style(k if len(variants) > 1 else j)
                look |= {"ls": "--" if part == "training" else "-"}
                name = " ".join([variant] * (len(variants) > 1) + [part] * (len(parts) > 1))
                _curve(left, losses, name or part, look)
                _curve(right, accuracies, name or part, look)
                told.append(_change(variant, part, losses, accuracies))
        if len(variants) == 1 and "validation" in parts:
            _mark_lowest(left, _together(runs, "val_loss"))
        left.set(xlabel="epoch", ylabel="loss (cross-entropy)")
        left.set_ylim(bottom=0)
        right.set(xlabel="epoch", ylabel="accuracy (%)")
        low, high = right.get_ylim()  # an interval of few seeds may leave what is possible
        right.set_ylim(max(low, 0), min(high, 102))
        handles, labels = left.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside upper center", ncols=min(4, len(labels)), frameon=False
        )
    seeds = max(sum(name == variant for name, _ in histories) for variant in variants)
    over = f"Means over {seeds} seeds" if seeds > 1 else "One seed"
    return AltFigure(figure, f"Learning curves. {over}. {'; '.join(told)}.")


def confusion_matrix(matrix: np.ndarray, class_names: Sequence[str]) -> AltFigure:
    """Show how often each class was taken for which; errors are the darker, the more there are.

    Args:
        matrix: counts, shape ``(classes, classes)``; rows are right classes, columns answers, as
            from ``sklearn.metrics.confusion_matrix``.
        class_names: what the classes are called.
    """
    right = np.diag(matrix)
    errors = matrix - np.diag(right)
    most = max(1, errors.max())
    with subplots(size=(6.4, 5.6)) as (figure, axes):
        axes.imshow(errors, cmap="Greys", vmin=0, vmax=1.25 * most)
        for row, column in np.argwhere(matrix):
            axes.text(
                column,
                row,
                f"{matrix[row, column]:,}",
                ha="center",
                va="center",
                weight="bold" if row == column else "normal",
                color="white" if errors[row, column] > 0.6 * most else "black",
            )
        axes.set_xticks(range(len(class_names)), class_names)
        axes.set_yticks(range(len(class_names)), class_names)
        axes.set(xlabel="answer of the network", ylabel="right answer")
        axes.grid(visible=False)
    order = np.argsort(-errors, axis=None, kind="stable")[:3]
    frequent = [np.unravel_index(place, errors.shape) for place in order if errors.flat[place]]
    told = ", ".join(
        f"{class_names[row]} taken for {class_names[column]} ({errors[row, column]} times)"
        for row, column in frequent
    )
    return AltFigure(
        figure,
        f"Confusion matrix: {right.sum():,} of {matrix.sum():,} right. "
        f"Most frequent errors: {told or 'none'}.",
    )


def top_losses(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, most: int = 10
) -> AltFigure:
    """Show images that were taken for another class, those first of which the network was surest.

    Below each image stand the probabilities of all classes: the right one hatched, the one that
    was chosen full, the others grey.

    Args:
        images: shape ``(n, 28, 28, 1)``.
        labels: the right classes, shape ``(n,)``.
        probabilities: shape ``(n, 10)``.
        most: show no more than these.
    """
    guesses, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(guesses != labels)
    wrong = wrong[np.argsort(-sure[wrong])][:most]
    columns, rows = 5, max(1, -(-len(wrong) // 5))
    with subplots(
        2 * rows, columns, size=(8, 2.6 * rows), height_ratios=[1.7, 1] * rows, squeeze=False
    ) as (figure, axes):
        for place in axes.flat:
            place.set_axis_off()
        for i, number in enumerate(wrong):
            top, below = axes[2 * (i // columns) : 2 * (i // columns) + 2, i % columns]
            top.imshow(images[number, ..., 0], cmap="gray", vmin=0, vmax=1)
            top.set_title(f"{labels[number]} taken for {guesses[number]}", fontsize=11, pad=3)
            _bars(below, probabilities[number], labels[number], guesses[number])
        if not len(wrong):
            axes[0, 2].text(0.5, 0.5, "no mistakes", ha="center", va="center")
    told = "; ".join(f"{labels[i]} taken for {guesses[i]} ({sure[i]:.0%} sure)" for i in wrong)
    n_wrong = int((guesses != labels).sum())
    return AltFigure(
        figure,
        f"{len(wrong)} of {n_wrong} wrong answers among {len(labels):,} digits, with the "
        f"probabilities of all classes: {told or 'none'}.",
    )


def answers(image: np.ndarray, probabilities: Mapping[str, np.ndarray]) -> AltFigure:
    """Show a drawn digit as networks see it, beside what each of them takes it for.

    Args:
        image: shape ``(28, 28, 1)``, 0 to 1.
        probabilities: by the network's title, shape ``(10,)``; none are needed.
    """
    rows = len(probabilities)
    height = 1.2 + max(1.0, 0.62 * rows)
    with subplots(1, 2, size=(8, height), width_ratios=[1, 3.4]) as (figure, (left, right)):
        left.imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
        left.set_title("as networks\nsee it", fontsize=11)
        left.set_axis_off()
        for row, values in enumerate(probabilities.values()):
            base, best = rows - 1 - row, int(values.argmax())
            colours = [_RIGHT if k == best else _OTHER for k in range(len(values))]
            right.bar(range(len(values)), 0.7 * values, bottom=base, color=colours)
            right.axhline(base, color=FAINT, lw=1)
            right.text(
                best,
                base + 0.7 * values[best] + 0.02,
                f"{values[best]:.0%}",
                ha="center",
                va="bottom",
                fontsize=9,
                weight="bold",
            )
        if rows:
            right.set_yticks([rows - 0.65 - row for row in range(rows)], list(probabilities))
            right.set_xticks(range(10))
            right.set(ylim=(-0.05, rows), xlabel="digit (height of a bar: its probability)")
            right.tick_params(axis="y", length=0)
            right.grid(visible=False)
        else:
            right.set_axis_off()
    told = ", ".join(f"{title}: {p.argmax()} ({p.max():.0%})" for title, p in probabilities.items())
    if not image.any():
        return AltFigure(figure, "The digit pad is empty, and there are no answers.")
    return AltFigure(figure, f"The drawing, sized and centred. Answers: {told or 'none'}.")


def _together(runs: Sequence[Mapping[str, Sequence[float]]], name: str) -> np.ndarray:
    """Return the values of all runs, shape ``(runs, epochs)``, as far as every run goes."""
    shortest = min(len(run[name]) for run in runs)
    return np.array([list(run[name])[:shortest] for run in runs])


def _curve(axes: Axes, values: np.ndarray, name: str, look: dict) -> None:
    """Draw the mean of the runs and, with three or more, its interval as a band."""
    n, length = values.shape
    epochs, mean = np.arange(1, length + 1), values.mean(axis=0)
    axes.plot(epochs, mean, label=name, ms=6, lw=1.8, markevery=max(1, length // 10), **look)
    if n >= 3:
        half = stats.t.ppf(0.975, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n)
        axes.fill_between(epochs, mean - half, mean + half, color=look["color"], alpha=0.15, lw=0)


def _mark_lowest(axes: Axes, losses: np.ndarray) -> None:
    mean = losses.mean(axis=0)
    best = int(mean.argmin())
    axes.axvline(best + 1, color=GREY, ls=":", lw=1.5)
    axes.annotate(
        f"lowest validation loss:\nepoch {best + 1}",
        (best + 1, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(6, 0) if best < len(mean) / 2 else (-6, 0),
        textcoords="offset points",
        ha="left" if best < len(mean) / 2 else "right",
        va="top",
        fontsize=10,
        color=GREY,
    )


def _change(variant: str, part: str, losses: np.ndarray, accuracies: np.ndarray) -> str:
    loss, accuracy = losses.mean(axis=0), accuracies.mean(axis=0)
    return (
        f"{variant}, {part}: loss {loss[0]:.2f} after epoch 1 and {loss[-1]:.2f} after epoch "
        f"{len(loss)}, accuracy {accuracy[0]:.0f} and {accuracy[-1]:.0f} %"
    )


def _bars(axes: Axes, values: np.ndarray, right: int, guess: int) -> None:
    """Draw the probabilities of ten classes; colour and hatching say the same."""
    axes.set_axis_on()
    bars = axes.bar(range(len(values)), values, color=_OTHER)
    bars[guess].set_facecolor(_WRONG)
    bars[right].set(facecolor="white", edgecolor=_RIGHT, hatch="////")
    axes.set(ylim=(0, 1.05), yticks=[])
    axes.set_xticks(range(len(values)))
    axes.tick_params(axis="x", labelsize=9, length=0, pad=1)
    axes.grid(visible=False)
