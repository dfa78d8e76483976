"""Figures of notebook 09: what they draw, what they say, and that all can read them."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults
from matplotlib.collections import LineCollection

from tlcourse.plots.pseudo_labels import (
    class_sizes,
    foreign_classes,
    label_transitions,
    neighbour_graph,
    pseudo_label_confusion,
    pseudo_labels_kept,
    pseudo_labels_over_time,
)

RNG = np.random.default_rng(0)

# Six images of three classes; the last one is wrong.
LABELS = np.array([0, 1, 2, 0, 1, 2])
PROBABILITIES = np.array(
    [
        [0.9, 0.05, 0.05],
        [0.1, 0.8, 0.1],
        [0.15, 0.15, 0.7],
        [0.6, 0.2, 0.2],
        [0.25, 0.5, 0.25],
        [0.2, 0.65, 0.15],
    ]
)
IMAGES = RNG.random((6, 28, 28, 1), dtype=np.float32)


def axes_with(picture, xlabel: str):
    return next(axes for axes in picture.figure.axes if axes.get_xlabel() == xlabel)


# ------------------------------------------------------------------------------------ a threshold


def test_a_threshold_draws_what_it_keeps_by_class_right_and_wrong():
    picture = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, 0.55)
    bars = axes_with(picture, "pseudo-label")
    right, wrong = bars.containers[:2]
    assert [bar.get_height() for bar in right] == [2, 1, 1]
    assert [bar.get_height() for bar in wrong] == [0, 1, 0]
    assert [bar.get_y() for bar in wrong] == [2, 1, 1]
    (there,) = [line for line in bars.lines if line.get_marker() == "_"]
    assert there.get_ydata(orig=False).tolist() == [2, 2, 2]


def test_a_threshold_draws_both_curves_and_their_places():
    picture = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, 0.55)
    axes = axes_with(picture, "threshold")
    kept, at_kept, rights, at_rights = axes.lines[:4]
    assert kept.get_ydata(orig=False)[0] == 100
    assert kept.get_ydata(orig=False)[-1] == 0
    assert at_kept.get_ydata(orig=False) == pytest.approx([100 * 5 / 6])
    assert at_rights.get_ydata(orig=False) == pytest.approx([80])
    assert rights.get_ydata(orig=False)[0] == pytest.approx(100 * 5 / 6)
    assert np.isnan(rights.get_ydata(orig=False)[-1]), "of none, no share is right"
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["kept: 83 %", "right among the kept: 80 %"]


def test_the_last_ones_in_come_from_the_edge_upwards():
    picture = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, 0.55)
    shown = [axes for axes in picture.figure.axes if axes.images]
    assert [axes.get_title() for axes in shown] == ["0", "1 (a 2)", "2", "1", "0"]
    np.testing.assert_array_equal(shown[0].images[0].get_array(), IMAGES[3, ..., 0])


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (0.0, "6 of 6 pseudo-labels are kept, 83 % of them right. Kept by class: 0: 2, 1: 3, 2: 1"),
        (0.7, "3 of 6 pseudo-labels are kept, 100 % of them right."),
        (1.0, "0 of 6 pseudo-labels are kept, so none is right. Kept by class: 0: 0, 1: 0, 2: 0"),
    ],
)
def test_a_threshold_is_told_in_words(threshold, said):
    picture = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, threshold)
    assert said in picture.alt
    assert not [*faults(picture)]


# ---------------------------------------------------------------------------------- through time


def over_time() -> pd.DataFrame:
    """Two variants, rounds 0 to 2, three seeds; at first the strict one keeps nothing at all."""
    return pd.DataFrame(
        [
            {
                "variant": name,
                "seed": seed,
                "round": round_,
                "kept": kept + 0.1 * round_ + 0.01 * seed,
                "right_of_kept": np.nan if name == "strict" and not round_ else 0.9,
                "right": 0.7 + 0.05 * round_,
            }
            for name, kept in (("all", 0.5), ("strict", 0.0))
            for seed in range(3)
            for round_ in range(3)
        ]
    )


def test_time_has_a_panel_for_kept_and_for_right():
    picture = pseudo_labels_over_time(over_time())
    kept, right_of_kept, right = picture.figure.axes
    assert kept.containers[0].lines[0].get_ydata(orig=False) == pytest.approx([51, 61, 71])
    assert kept.containers[1].lines[0].get_ydata(orig=False) == pytest.approx([1, 11, 21])
    shown = right_of_kept.containers[1].lines[0].get_ydata(orig=False)
    np.testing.assert_allclose(shown[-2:].astype(float), [90, 90])
    assert right.containers[0].lines[0].get_ydata(orig=False) == pytest.approx([70, 75, 80])
    assert kept.get_xlabel() == "rounds"
    assert "from round 0 to 2" in picture.alt
    assert "all, kept: from 51 % to 71 %" in picture.alt
    assert "strict, right among the kept: from – to 90 %" in picture.alt
    assert "strict, right among all: from 70 % to 80 %" in picture.alt
    assert not [*faults(picture)]


def test_time_has_intervals_over_the_seeds():
    kept = pseudo_labels_over_time(over_time()).figure.axes[0]
    _, _, (bars,) = kept.containers[0].lines
    low, high = bars.get_segments()[0][:, 1]
    # Student's t for three seeds, 2 degrees of freedom: 4.303.
    assert high - low == pytest.approx(2 * 4.303 * 1 / np.sqrt(3), rel=1e-3)


def test_one_variant_needs_no_legend_and_updates_may_run_along():
    one = over_time().query("variant == 'all'").rename(columns={"round": "update"})
    picture = pseudo_labels_over_time(one, "update")
    assert picture.figure.axes[0].get_xlabel() == "steps"
    assert not picture.figure.legends
    assert "from update 0 to 2" in picture.alt


# ------------------------------------------------------------------------------ fate of wrong ones


def fates() -> pd.DataFrame:
    rows = [(0, 1.0, 0.0, 0.0, 0.5, 0.7), (1, 0.6, 0.1, 0.3, 0.9, 0.95)]
    columns = ["round", "same", "other", "mended", "sure_of_wrong", "sure_of_right"]
    return pd.concat([pd.DataFrame(rows, columns=columns).assign(seed=k) for k in range(3)])


def test_fates_add_up_to_everything_and_are_told():
    picture = label_transitions(fates())
    bars, lines = picture.figure.axes
    heights = [[bar.get_height() for bar in container] for container in bars.containers]
    np.testing.assert_allclose(heights, [[100, 60], [0, 10], [0, 30]])
    np.testing.assert_allclose([bar.get_y() for bar in bars.containers[2]], [100, 70])
    assert lines.containers[1].lines[0].get_ydata(orig=False) == pytest.approx([50, 90])
    assert "60 % wrong as before, 10 % wrong in another way, 30 % right" in picture.alt
    assert "wrong at first: from 50 to 90 %; right at first: from 70 to 95 %" in picture.alt
    assert not [*faults(picture)]


def test_fates_can_be_told_apart_without_colour():
    bars = label_transitions(fates()).figure.axes[0]
    assert len({container[0].get_hatch() for container in bars.containers}) == 3


# -------------------------------------------------------------------------------------- confusion


def test_confusion_counts_and_names_the_most_frequent_mistakes():
    labels = np.array([0, 0, 0, 1, 1, 2])
    picture = pseudo_label_confusion(
        labels, {"first": np.array([0, 1, 1, 1, 2, 2]), "last": labels}
    )
    first, last = picture.figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), [[1, 2, 0], [0, 1, 1], [0, 0, 1]])
    assert first.get_title() == "first: 50 % right"
    assert last.get_title() == "last: 100 % right"
    assert "first: 50 % right, 0 taken for 1 (2 times), 1 taken for 2 (1 times);" in picture.alt
    assert "last: 100 % right, no mistake" in picture.alt
    assert not [*faults(picture)]


# ------------------------------------------------------------------------------------------ sizes


def test_sizes_tell_the_smallest_and_the_largest_class():
    there = np.array([70, 70, 70])
    sizes = {"strict": np.array([120, 2, 30]), "equal shares": np.array([60, 75, 65])}
    picture = class_sizes(sizes, there)
    assert "strict: from 2 (class 1) to 120 (class 0)" in picture.alt
    assert "equal shares: from 60 (class 0) to 75 (class 1)" in picture.alt
    (axes,) = picture.figure.axes
    assert [line.get_ydata(orig=False).tolist() for line in axes.lines] == [
        [70, 70, 70],
        [120, 2, 30],
        [60, 75, 65],
    ]
    assert not [*faults(picture)]


# ------------------------------------------------------------------------------------------ graph


def test_a_graph_draws_its_edges_its_labels_and_what_is_not_reached():
    places = RNG.random((5, 2))
    edges = np.array([[0, 1], [1, 2], [3, 4]])
    shares = np.array([[1, 0], [0.9, 0.1], [0.3, 0.7], [0.5, 0.5], [0.5, 0.5]])
    truth = np.array([0, 0, 0, 1, 1])
    picture = neighbour_graph(places, edges, shares, truth, labelled=1, steps=2)
    (axes,) = picture.figure.axes
    (lines,) = [part for part in axes.collections if isinstance(part, LineCollection)]
    np.testing.assert_allclose(lines.get_segments(), places[edges])
    counts = [len(part.get_offsets()) for part in axes.collections if part is not lines]
    assert counts == [2, 2, 1, 1]  # not reached, drawn as 0, drawn as 1, ringed
    assert "after 2 steps: 2 of 4 unlabelled images reached, 1 right." in picture.alt
    assert not [*faults(picture)]


@pytest.mark.parametrize(("steps", "reached"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)])
def test_each_step_reaches_one_edge_farther_whichever_way_it_is_written(steps, reached):
    chain = np.array([[2, 1], [0, 1], [2, 3]])
    picture = neighbour_graph(
        RNG.random((5, 2)), chain, np.eye(5), np.arange(5), labelled=1, steps=steps
    )
    after = f"after {steps} step{'' if steps == 1 else 's'}"
    assert f"{after}: {reached} of 4 unlabelled images reached" in picture.alt
    assert not [*faults(picture)]


# -------------------------------------------------------------------------------- foreign classes


def test_foreign_classes_compares_letters_with_nothing_in_their_place():
    table = pd.DataFrame(
        [
            {"kind": kind, "share": share, "seed": seed, "accuracy": 0.9 - loss * share}
            for kind, loss in (("letters", 0.2), ("nothing", 0.1))
            for share in (0.0, 0.5)
            for seed in range(3)
        ]
    )
    picture = foreign_classes(table, level=0.75)
    (axes,) = picture.figure.axes
    letters, nothing = [bars.lines[0] for bars in axes.containers]
    assert letters.get_xdata() == pytest.approx([0, 50])
    assert letters.get_ydata(orig=False) == pytest.approx([90, 80])
    assert nothing.get_ydata(orig=False) == pytest.approx([90, 85])
    assert "letters, by share 0 %: 90.0, 50 %: 80.0" in picture.alt
    assert "labelled images alone: 75.0" in picture.alt
    assert not [*faults(picture)]
