"""AltFigure: an image and its alt text, the same each time; rows of images; the scoreboard."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from bs4 import BeautifulSoup
from figure_checks import colours, faults
from IPython.core.formatters import DisplayFormatter
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from sklearn.metrics import ConfusionMatrixDisplay

import tlcourse as tl
from tlcourse.methods import METHODS
from tlcourse.plots import PALETTE, AltFigure, subplots
from tlcourse.plots.figure import image_html

RNG = np.random.default_rng(0)
DIGITS = RNG.random((12, 28, 28, 1), dtype=np.float32)


def line(alt: str = "A line that rises from zero to one.") -> AltFigure:
    with subplots(size=(3, 2)) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=PALETTE[0])
        axes.set_xlabel("time (s)")
    return AltFigure(figure, alt)


def runs(accuracies: dict[tuple[str, int], list[float]]) -> pd.DataFrame:
    """Return a table like the scoreboard's, with one row for each accuracy."""
    return pd.DataFrame(
        [
            {"method": m, "labels": n, "seed": seed, "accuracy": a, "dataset": "digits"}
            for (m, n), values in accuracies.items()
            for seed, a in enumerate(values)
        ]
    )


BOARD = runs(
    {
        ("letters_frozen", 10): [0.60, 0.62, 0.67],
        ("letters_frozen", 1000): [0.90, 0.92],
        ("scratch", 10): [0.3, 0.4, 0.5],
    }
)

# ---------------------------------------------------------------------------------- AltFigure


def test_a_notebook_gets_the_image_with_its_alt_text_as_html_and_as_png():
    figure = line('A "line" & 1 < 2.')
    data, metadata = DisplayFormatter().format(figure)
    (shown,) = BeautifulSoup(data["text/html"], "html.parser").find_all("img")
    assert shown["alt"] == metadata["image/png"]["alt"] == 'A "line" & 1 < 2.'
    assert data["text/plain"] == 'AltFigure: A "line" & 1 < 2.'
    assert data["image/png"] == figure.png
    assert data["text/html"] == figure.html == image_html(figure.png, figure.alt)
    image = Image.open(io.BytesIO(figure.png))
    assert (image.format, image.size) == ("PNG", (300, 200))


def test_the_exported_page_holds_the_alt_text():
    data, metadata = DisplayFormatter().format(line())
    data["image/png"] = base64.b64encode(data["image/png"]).decode()  # as it is stored
    output = new_output("display_data", data=data, metadata=metadata)
    page, _ = HTMLExporter().from_notebook_node(
        new_notebook(cells=[new_code_cell("figure", outputs=[output])])
    )
    (image,) = BeautifulSoup(page, "html.parser").find_all("img")
    assert image["alt"] == "A line that rises from zero to one."


def test_an_image_shrinks_with_the_page_but_not_beyond_reading():
    assert "max-width: 100%; min-width: 180px; height: auto;" in line().html


def test_the_same_figure_gives_the_same_bytes_without_versions_or_times():
    figure = line()
    assert figure.png == figure.png == line().png
    assert not Image.open(io.BytesIO(figure.png)).info.keys() & {"Software", "Creation Time"}


def test_colours_and_greys_stay_what_they_are_in_the_small_file():
    with subplots(size=(3, 2)) as (figure, axes):
        axes.set_axis_off()
        axes.imshow(np.arange(256).reshape(1, 256), cmap="gray", aspect="auto")
        for k, colour in enumerate(PALETTE[:8]):
            axes.axvspan(32 * k, 32 * k + 9, color=colour)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100)
    before = np.asarray(Image.open(drawn).convert("RGB"), float)
    after = np.asarray(Image.open(io.BytesIO(AltFigure(figure, "").png)).convert("RGB"), float)
    assert np.abs(after - before).max() <= 8


def test_a_figure_is_not_shown_twice():
    before = plt.get_fignums()
    line()
    assert plt.get_fignums() == before  # pyplot shows the figures it knows at the end of a cell


# ------------------------------------------------------------------------------------ scoreboard


def test_the_scoreboard_gives_its_numbers_in_words():
    figure = tl.plots.scoreboard(BOARD)
    frozen, scratch = METHODS["letters_frozen"].title, METHODS["scratch"].title
    assert "digits" in figure.alt
    assert f"{scratch} with 10 labels 40 %" in figure.alt
    assert f"{frozen} with 10 labels 63 %; {frozen} with 1,000 labels 91 %" in figure.alt
    named = [label.get_text() for label in figure.figure.axes[0].get_yticklabels()]
    assert named == [METHODS[name].title for name in METHODS if name in set(BOARD["method"])]
    assert list(faults(figure)) == []


# ------------------------------------------------------------------------- images, side_by_side


@pytest.mark.parametrize(("n", "rows"), [(1, 1), (10, 1), (11, 2)])
def test_images_fill_rows(n, rows):
    figure = tl.plots.show_images(DIGITS[[0] * n], alt="Some digits, white on black.").figure
    filled = [axes for axes in figure.axes if axes.images]
    assert len(filled) == n
    assert {axes.get_subplotspec().rowspan.start for axes in filled} == set(range(rows))


def test_images_are_drawn_on_one_scale_with_their_titles():
    titles = [f"no. {i}" for i in range(12)]
    shown = tl.plots.show_images(DIGITS / 2, titles, alt="Twelve faint digits, white on black.")
    filled = [axes for axes in shown.figure.axes if axes.images]
    assert [axes.get_title() for axes in filled] == titles
    assert {axes.images[0].get_clim() for axes in filled} == {(0, 1)}  # faint stays faint
    np.testing.assert_array_equal(filled[3].images[0].get_array(), DIGITS[3, ..., 0] / 2)
    assert shown.alt == "Twelve faint digits, white on black."
    assert list(faults(shown)) == []


def test_side_by_side_counts_and_strikes_out_wrong_predictions():
    labels = np.array([3, 1, 4, 1])
    predictions = {"careful": np.array([3, 1, 4, 1]), "hasty": np.array([3, 7, 4, 7])}
    shown = tl.plots.side_by_side(DIGITS[:4], labels, predictions)
    assert "careful: 4 of 4 right" in shown.alt
    assert "hasty: 2 of 4 right" in shown.alt
    struck = [axes.texts[0].get_text() for axes in shown.figure.axes if axes.lines]
    assert struck == ["7", "7"]
    assert list(faults(shown)) == []


# ----------------------------------------------------------------------------- for every reader


def test_what_is_hard_to_read_is_found():
    with subplots(size=(9, 2)) as (figure, axes):
        axes.plot([0, 1], color="lime")
        axes.scatter([0], [1], color="red")
        axes.bar([0], [1], color="blue")
        axes.text(0, 0, "small", color="magenta", fontsize=6)
    assert {"#00ff00", "#ff0000", "#0000ff", "#ff00ff"} <= colours(figure)
    found = "\n".join(faults(AltFigure(figure, "A figure.")))
    for fault in ("#00ff00", "#ff0000", "#0000ff", "#ff00ff", "9 inches", "'small'", "too little"):
        assert fault in found


# ------------------------------------------------------- figures drawn in a notebook, and shown


def test_t95_is_what_seaborn_needs():
    assert np.allclose(tl.plots.t95([0.1, 0.2, 0.3]), (-0.0484, 0.4484), atol=1e-4)
    assert np.isnan(tl.plots.t95([0.1, 0.2])).all()


def drawn_means() -> plt.Axes:
    table = pd.DataFrame({"seed": [0, 1, 2] * 2, "labels": [10] * 3 + [100] * 3, "accuracy": 0.5})
    axes = sns.pointplot(table, x="labels", y="accuracy", errorbar=tl.plots.t95, capsize=0.1)
    return sns.stripplot(table, x="labels", y="accuracy", ax=axes)


def in_percent() -> plt.Axes:
    axes = drawn_means()
    axes.yaxis.set_major_formatter("{x:.0%}")
    return axes


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (drawn_means, "accuracy by labels: 10: 0.5, 100: 0.5."),
        (lambda: plt.bar(["a", "b"], [3, 4.25])[0].axes, "a: 3, b: 4.25."),
        (lambda: plt.barh(["a", "b"], [3, 4.25])[0].axes, "a: 3, b: 4.25."),
        (in_percent, "accuracy by labels: 10: 0.5, 100: 0.5."),
        (lambda: sns.lineplot(x=range(50), y=range(50), label="up"), "up from 0 at 0, to 49 at 49"),
        (
            lambda: sns.heatmap(pd.DataFrame([[1, 2], [3, 9]], ["x", "y"], ["v", "w"])),
            "a table of 2 by 2, from 1 to 9, highest at y, w.",
        ),
        (
            lambda: ConfusionMatrixDisplay.from_predictions([0, 1, 1], [0, 1, 0]),
            "True label by Predicted label: a table of 2 by 2, from 0 to 1",
        ),
        (lambda: plt.scatter([0, 1], [2, 4]).axes, "2 points, from 0 to 1 across"),
        (
            lambda: sns.relplot(
                pd.DataFrame({"x": [0, 1] * 2, "y": [1, 2, 3, 4], "who": list("aabb")}),
                x="x", y="y", hue="who", kind="line",
            ),
            "a 0: 1, 1: 2; b 0: 3, 1: 4.",
        ),
    ],
)  # fmt: skip
def test_alt_text_is_made_from_the_axes(draw, text):
    plt.close("all")
    assert text in tl.plots.show(draw()).alt
    assert not plt.get_fignums(), "the notebook would show it a second time"


def test_the_author_of_a_figure_may_say_what_it_shows():
    plt.plot([0, 1], [0, 1])
    assert tl.plots.show(alt="A line that rises.").alt == "A line that rises."


def test_the_style_is_that_of_the_courses_own_figures():
    with plt.rc_context():
        tl.plots.set_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)
        with subplots(size=(3, 2)) as (_, axes):
            own = axes.get_facecolor(), axes.spines["top"].get_visible()
        other = plt.subplots()[1]
        assert (other.get_facecolor(), other.spines["top"].get_visible()) == own
        plt.close("all")
