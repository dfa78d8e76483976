"""Pictures: PNG and alt text, the same each time; and what the scoreboard says of a table."""

import io

import numpy as np
import pandas as pd
import pytest
from figure_checks import colours, faults
from IPython.core.formatters import DisplayFormatter
from matplotlib.collections import PathCollection
from PIL import Image

import tlcourse as tl
from tlcourse.methods import METHODS
from tlcourse.plots import PALETTE, AltFigure, subplots

RNG = np.random.default_rng(0)
DIGITS = RNG.random((12, 28, 28, 1), dtype=np.float32)


def line(alt: str = "A line that rises from zero to one.") -> AltFigure:
    with subplots(size=(3, 2)) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=PALETTE[0])
        axes.set_xlabel("time (s)")
    return AltFigure(figure, alt)


def runs(accuracies: dict[tuple[str, int], list[float]], dataset: str = "digits") -> pd.DataFrame:
    """Return a table like the scoreboard's, with one row for each accuracy."""
    return pd.DataFrame(
        [
            {"method": m, "labels": n, "seed": seed, "accuracy": a, "dataset": dataset}
            for (m, n), values in accuracies.items()
            for seed, a in enumerate(values)
        ]
    )


BOARD = runs(
    {
        ("letters_frozen", 10): [0.60, 0.62, 0.67],
        ("letters_frozen", 100): [0.90, 0.92],
        ("scratch", 10): [0.3, 0.4, 0.5],
    }
)


# ---------------------------------------------------------------------------------- AltFigure


def test_picture_is_shown_as_png_with_alt_text():
    picture = line()
    data, metadata = DisplayFormatter().format(picture)
    assert data["image/png"] == picture.png
    assert metadata["image/png"]["alt"] == "A line that rises from zero to one."
    assert data["text/plain"] == "AltFigure: A line that rises from zero to one."
    image = Image.open(io.BytesIO(picture.png))
    assert (image.format, image.size) == ("PNG", (300, 200))


def test_picture_is_not_shown_twice():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    line()
    assert plt.get_fignums() == before  # pyplot shows the figures it knows at the end of a cell


def test_same_figure_gives_same_bytes():
    picture = line()
    assert picture.png == picture.png == line().png


def test_png_says_nothing_of_versions_or_times():
    assert not set(Image.open(io.BytesIO(line().png)).info) & {"Software", "Creation Time"}


# --------------------------------------------------------------------------- summary, scoreboard


def test_summary_gives_means_and_student_t_intervals():
    scores = tl.plots.summary(BOARD)
    ten = scores.loc[("scratch", 10)]
    assert ten["mean"] == pytest.approx(40)
    # Standard deviation 10, 3 seeds; 4.303 is Student's t, 97.5 %, 2 degrees of freedom.
    assert ten["half_width"] == pytest.approx(4.303 * 10 / np.sqrt(3), rel=1e-3)
    assert ten["seeds"] == 3


@pytest.mark.parametrize("seeds", [1, 2])
def test_summary_gives_no_interval_below_three_seeds(seeds):
    scores = tl.plots.summary(runs({("scratch", 10): [0.3, 0.5][:seeds]}))
    assert np.isnan(scores.loc[("scratch", 10), "half_width"])


def test_summary_of_equal_runs_has_an_interval_of_zero():
    scores = tl.plots.summary(runs({("scratch", 10): [0.5, 0.5, 0.5]}))
    assert scores.loc[("scratch", 10), "half_width"] == 0


def test_scoreboard_lists_methods_in_the_order_of_the_course():
    axes = tl.plots.scoreboard(BOARD).figure.axes[0]
    named = [label.get_text() for label in axes.get_yticklabels()]
    order = [name for name in METHODS if name in ("scratch", "letters_frozen")]
    assert named == [METHODS[name].title for name in order]
    bottom, top = axes.get_ylim()
    assert bottom > top  # the first one stands at the top


def test_scoreboard_draws_every_run_every_mean_and_every_interval():
    axes = tl.plots.scoreboard(BOARD).figure.axes[0]
    marks = [part for part in axes.collections if isinstance(part, PathCollection)]
    drawn = np.concatenate([part.get_offsets()[:, 0] for part in marks])
    assert sorted(drawn) == pytest.approx(sorted(100 * BOARD["accuracy"]))

    named = [name for name in METHODS if name in set(BOARD["method"])]
    intervals = {}
    for container in axes.containers:
        mark, _, (bar,) = container
        ((x,), (y,)) = mark.get_data()
        (segment,) = bar.get_segments()
        intervals[round(x, 6)] = (y, segment[:, 0] if len(segment) else [])
    assert set(intervals) == {40, 63, 91}
    low, high = intervals[40][1]
    assert (high + low) / 2 == pytest.approx(40)
    assert (high - low) / 2 == pytest.approx(24.84, abs=0.01)
    assert not np.isfinite(intervals[91][1]).any()  # two seeds
    rows = {round(x): round(y) for x, (y, _) in intervals.items()}
    frozen, scratch = named.index("letters_frozen"), named.index("scratch")
    assert rows == {40: scratch, 63: frozen, 91: frozen}


def test_scoreboard_tells_its_numbers_in_words():
    alt = tl.plots.scoreboard(BOARD).alt
    assert "digits" in alt
    for (name, labels), mean in {
        ("scratch", 10): 40,
        ("letters_frozen", 10): 63,
        ("letters_frozen", 100): 91,
    }.items():
        assert f"{METHODS[name].title} with {labels} labels {mean} %" in alt


def test_scoreboard_keeps_budgets_apart_without_colour():
    axes = tl.plots.scoreboard(BOARD).figure.axes[0]
    marks = {container[0].get_marker() for container in axes.containers}
    assert len(marks) == 2
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["10 labels", "100 labels"]


def test_scoreboard_of_a_single_run():
    picture = tl.plots.scoreboard(runs({("scratch", 1000): [0.97]}))
    assert "with 1,000 labels 97 %" in picture.alt
    assert picture.png


# ------------------------------------------------------------------------- images, side_by_side


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (10, 1), (11, 2)])
def test_images_fill_rows(n, rows):
    figure = tl.plots.images(DIGITS[[0] * n], alt="Some digits, white on black.").figure
    filled = [axes for axes in figure.axes if axes.images]
    assert len(filled) == n
    assert {axes.get_subplotspec().rowspan.start for axes in filled} == set(range(rows))


def test_images_are_drawn_on_one_scale_with_their_titles():
    titles = [f"no. {i}" for i in range(12)]
    picture = tl.plots.images(DIGITS / 2, titles, alt="Twelve faint digits, white on black.")
    filled = [axes for axes in picture.figure.axes if axes.images]
    assert [axes.get_title() for axes in filled] == titles
    assert {axes.images[0].get_clim() for axes in filled} == {(0, 1)}  # faint stays faint
    np.testing.assert_array_equal(filled[3].images[0].get_array(), DIGITS[3, ..., 0] / 2)
    assert picture.alt == "Twelve faint digits, white on black."


def test_side_by_side_counts_and_strikes_out_wrong_answers():
    labels = np.array([3, 1, 4, 1])
    guesses = {"careful": np.array([3, 1, 4, 1]), "hasty": np.array([3, 7, 4, 7])}
    picture = tl.plots.side_by_side(DIGITS[:4], labels, guesses)
    assert "careful: 4 of 4 right" in picture.alt
    assert "hasty: 2 of 4 right" in picture.alt
    struck = [a.texts[0].get_text() for a in picture.figure.axes if a.lines]
    assert struck == ["7", "7"]


# ----------------------------------------------------------------------------- for every reader


@pytest.mark.parametrize(
    "draw",
    [
        lambda: tl.plots.scoreboard(BOARD),
        lambda: tl.plots.images(DIGITS, list("abcdefghijkl"), alt="Twelve squares of grey noise."),
        lambda: tl.plots.side_by_side(DIGITS, np.arange(12), {"a": np.zeros(12, int)}),
    ],
    ids=["scoreboard", "images", "side_by_side"],
)
def test_figure_is_readable_for_all(draw):
    assert list(faults(draw())) == []


def test_a_colour_outside_the_palette_is_found():
    with subplots(size=(9, 2)) as (figure, axes):
        axes.plot([0, 1], color="lime")
        axes.scatter([0], [1], color="red")
        axes.bar([0], [1], color="blue")
        axes.text(0, 0, "small", color="magenta", fontsize=6)
    assert {"#00ff00", "#ff0000", "#0000ff", "#ff00ff"} <= colours(figure)
    told = "\n".join(faults(AltFigure(figure, "A figure.")))
    for fault in ("#00ff00", "#ff0000", "#0000ff", "#ff00ff", "9 inches", "'small'", "too little"):
        assert fault in told
