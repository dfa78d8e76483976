"""Figures of notebook 08: reconstructions, error curves, the space of codes, what is gained."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from scipy import stats

from tlcourse.plots.figure import PALETTE, AltFigure, subplots
from tlcourse.plots.style import GREY, budget_axis, series_style

_TIMES = 1_000  # a squared error of a pixel is a small number; a thousand of it reads better


def reconstructions(
    originals: np.ndarray, rows: Mapping[str, np.ndarray], *, first: str = "original"
) -> AltFigure:
    """Show images, and below each what became of it, with the error that was made.

    Args:
        originals: shape ``(n, 28, 28, 1)``, 0 to 1; ten fill the width.
        rows: for the title of each row its images, of the same shape. Values outside 0 to 1 are
            shown as black and white, but count in the error.
        first: title of the row of originals.
    """
    errors = {
        name: _TIMES * ((shown - originals) ** 2).mean(axis=(1, 2, 3))
        for name, shown in rows.items()
    }
    n, size = len(originals), (8, 1.1 + 0.95 * len(rows))
    with subplots(1 + len(rows), n, size=size, squeeze=False) as (figure, axes):
        for k, (name, shown) in enumerate([(first, originals), *rows.items()]):
            for i, place in enumerate(axes[k]):
                place.imshow(shown[i, ..., 0], cmap="gray", vmin=0, vmax=1)
                place.set_axis_off()
                if name in errors and k:
                    place.set_title(f"{errors[name][i]:.0f}", fontsize=9, pad=2)
            beside = {"xycoords": "axes fraction", "ha": "right", "va": "center"}
            axes[k, 0].annotate(name, (-0.12, 0.5), fontsize=11, **beside)
        figure.supxlabel(f"above each image: its squared error per pixel (× {_TIMES:,})", size=10)
    means = ", ".join(f"{name} {values.mean():.1f}" for name, values in errors.items())
    return AltFigure(
        figure,
        f"{n} images ({first}) and what became of them; mean squared error of a pixel, times "
        f"{_TIMES:,}: {means}.",
    )


def error_curves(
    curves: Mapping[str, np.ndarray], step: int, *, level: float, level_name: str
) -> AltFigure:
    """Show how the squared error of autoencoders falls while they are trained.

    A thin line is one seed, a thick one their mean; at its end stands its 95 % interval (none
    for fewer than three seeds).

    Args:
        curves: for the name of each variant its squared errors, shape ``(seeds, points)``.
        step: training steps from one point to the next.
        level: squared error to compare with.
        level_name: what reaches that level.
    """
    texts = []
    with subplots(size=(8, 4)) as (figure, axes):
        for k, (name, values) in enumerate(curves.items()):
            values, style = _TIMES * np.asarray(values), series_style(k)
            steps = step * np.arange(1, values.shape[1] + 1)
            for line in values:
                axes.plot(steps, line, lw=0.8, alpha=0.6, color=style["color"])
            mean = values.mean(axis=0)
            axes.plot(steps, mean, lw=2, ms=6, markevery=2, label=name, **style)
            if len(values) > 2:
                half = stats.t.ppf(0.975, len(values) - 1) * values[:, -1].std(ddof=1)
                half /= np.sqrt(len(values))
                ends = {"yerr": half, "capsize": 4, "color": style["color"]}
                axes.errorbar(steps[-1], mean[-1], **ends)
            texts.append(f"{name} from {mean[0]:.1f} to {mean[-1]:.1f}")
        axes.axhline(_TIMES * level, color=GREY, ls="--", lw=1.5)
        axes.annotate(
            level_name,
            (0.02, _TIMES * level),
            xycoords=("axes fraction", "data"),
            xytext=(0, -4),
            textcoords="offset points",
            va="top",
            color=GREY,
        )
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.set(xlabel="steps", ylabel=f"squared error × {_TIMES:,} (log scale)")
        axes.legend(frameon=False)
    return AltFigure(
        figure,
        f"Squared error of a pixel during training, times {_TIMES:,}, mean over the seeds: "
        f"{'; '.join(texts)}; {level_name} {_TIMES * level:.1f}.",
    )


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


def gains(differences: pd.DataFrame) -> AltFigure:
    """Show by how many points one method is better than another, at each label budget.

    Bars are 95 % intervals (none where ``low`` and ``high`` are missing).

    Args:
        differences: columns ``comparison`` (what the figure calls it), ``labels``, and ``mean``,
            ``low`` and ``high`` in points, as from ``tlcourse.experiment.analysis.paired``.
    """
    names = list(differences["comparison"].unique())
    spread = np.linspace(-0.03, 0.03, len(names)) if len(names) > 1 else [0.0]
    texts = []
    with subplots(size=(8, 4.2)) as (figure, axes):
        axes.axhline(0, color=GREY, lw=1)
        for k, (name, shift) in enumerate(zip(names, spread, strict=True)):
            line = differences[differences["comparison"] == name].sort_values("labels")
            mean, low, high = (line[part].to_numpy(float) for part in ("mean", "low", "high"))
            x = line["labels"].to_numpy(float) * 10**shift
            style = {"ms": 8, "capsize": 3, **series_style(k)}
            axes.errorbar(x, mean, yerr=[mean - low, high - mean], label=name, **style)
            points = zip(line["labels"], mean, low, high, strict=True)
            texts.append(f"{name}: " + ", ".join(_with_interval(*point) for point in points))
        budget_axis(axes, sorted(differences["labels"].unique()))
        axes.set_ylabel("points of accuracy gained")
        axes.legend(frameon=False)
    return AltFigure(figure, f"Points of accuracy gained, by labels. {'; '.join(texts)}.")


def _show(places: np.ndarray, images: Mapping[str, np.ndarray], size: int) -> None:
    for place, (name, image) in zip(places, images.items(), strict=True):
        place.imshow(image[..., 0], cmap="gray", vmin=0, vmax=1)
        place.set_axis_off()
        place.set_title(name, fontsize=size)


def _with_interval(labels: int, mean: float, low: float, high: float) -> str:
    interval = f" [{low:+.1f}, {high:+.1f}]" if np.isfinite(low) else ""
    return f"{labels:,} labels {mean:+.1f}{interval}"
