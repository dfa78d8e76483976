"""Figures of notebook 09: the numbers that they tell, and those that they draw."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import faults

from tlcourse.plots import (
    class_mismatch,
    class_sizes,
    label_transitions,
    neighbour_graph,
    pseudo_label_confusion,
    pseudo_labels_kept,
    pseudo_labels_over_time,
)

RNG = np.random.default_rng(0)

# Six images of three classes; the last one is predicted wrong.
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


@pytest.mark.parametrize(
    ("threshold", "text"),
    [
        (0.0, "6 of 6 pseudo-labels are kept, 83 % of them right. Kept by class: 0: 2, 1: 3, 2: 1"),
        (0.7, "3 of 6 pseudo-labels are kept, 100 % of them right."),
        (0.8, "2 of 6 pseudo-labels are kept"),  # exactly the threshold is enough
        (1.0, "0 of 6 pseudo-labels are kept, so none is right. Kept by class: 0: 0, 1: 0, 2: 0"),
    ],
)
def test_a_threshold_is_told_in_words(threshold, text):
    picture = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, threshold)
    assert text in picture.alt
    assert not [*faults(picture)]


def test_a_threshold_draws_what_it_keeps_and_the_last_ones_in():
    axes = pseudo_labels_kept(PROBABILITIES, LABELS, IMAGES, 0.55).figure.axes
    (bars,) = [place for place in axes if place.get_xlabel() == "pseudo-label"]
    heights = [[bar.get_height() for bar in part] for part in bars.containers]
    assert heights == [[2, 1, 1], [0, 1, 0]]  # right, wrong
    (curves,) = [place for place in axes if place.get_xlabel() == "threshold"]
    names = [text.get_text() for text in curves.get_legend().get_texts()]
    assert names == ["kept: 83 %", "right among the kept: 80 %"]
    shown = [place.get_title() for place in axes if place.images]
    assert shown == ["0", "1 (a 2)", "2", "1", "0"]


def test_pseudo_labels_over_time_tell_every_panel():
    """Two variants, three seeds; at first the strict one keeps nothing at all."""
    rows = [
        {
            "variant": name,
            "seed": seed,
            "step": step,
            "kept": kept + 0.1 * step + 0.01 * seed,
            "right_of_kept": np.nan if name == "strict" and not step else 0.9,
            "right": 0.7 + 0.05 * step,
        }
        for name, kept in (("all", 0.5), ("strict", 0.0))
        for seed in range(3)
        for step in range(3)
    ]
    picture = pseudo_labels_over_time(pd.DataFrame(rows), "step")
    for text in (
        "from step 0 to 2",
        "all, kept: from 51 % to 71 %",
        "strict, right among the kept: from – to 90 %",
        "strict, right among all: from 70 % to 80 %",
    ):
        assert text in picture.alt
    kept = picture.figure.axes[0]
    assert kept.get_xlabel() == "steps"
    low, high = kept.containers[0].lines[2][0].get_segments()[0][:, 1]
    # Student's t for three seeds, 2 degrees of freedom: 4.303.
    assert high - low == pytest.approx(2 * 4.303 / np.sqrt(3), rel=1e-3)


def test_transitions_add_up_to_everything_and_differ_without_colour():
    rows = [(0, 1.0, 0.0, 0.0, 0.5, 0.7), (1, 0.6, 0.1, 0.3, 0.9, 0.95)]
    columns = ["round", "same", "other", "corrected", "confidence_wrong", "confidence_right"]
    table = pd.concat([pd.DataFrame(rows, columns=columns).assign(seed=k) for k in range(3)])
    picture = label_transitions(table)
    assert "60 % wrong as before, 10 % wrong in another way, 30 % right" in picture.alt
    assert "wrong at first: from 50 to 90 %; right at first: from 70 to 95 %" in picture.alt
    parts = picture.figure.axes[0].containers
    heights = [[bar.get_height() for bar in part] for part in parts]
    np.testing.assert_allclose(heights, [[100, 60], [0, 10], [0, 30]])
    assert len({part[0].get_hatch() for part in parts}) == 3


def test_confusion_names_the_most_frequent_mistakes():
    labels = np.array([0, 0, 0, 1, 1, 2])
    at_first = np.array([0, 1, 1, 1, 2, 2])
    picture = pseudo_label_confusion(labels, {"first": at_first, "last": labels})
    assert "first: 50 % right, 0 taken for 1 (2 times), 1 taken for 2 (1 times);" in picture.alt
    assert "last: 100 % right, no mistake" in picture.alt


def test_sizes_tell_the_smallest_and_the_largest_class():
    sizes = {"strict": np.array([120, 2, 30]), "class-balanced": np.array([60, 75, 65])}
    alt = class_sizes(sizes, np.array([70, 70, 70])).alt
    assert "strict: from 2 (class 1) to 120 (class 0)" in alt
    assert "class-balanced: from 60 (class 0) to 75 (class 1)" in alt


@pytest.mark.parametrize(("steps", "reached"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)])
def test_each_step_reaches_one_edge_farther_whichever_way_it_is_written(steps, reached):
    chain = np.array([[2, 1], [0, 1], [2, 3]])
    # The second image is predicted wrong, the others right.
    distributions = np.eye(5)[[0, 3, 2, 3, 4]]
    picture = neighbour_graph(
        RNG.random((5, 2)), chain, distributions, np.arange(5), labelled=1, steps=steps
    )
    after = f"after {steps} step{'' if steps == 1 else 's'}"
    right = max(reached - 1, 0)
    assert f"{after}: {reached} of 4 unlabelled images reached, {right} right" in picture.alt
    assert not [*faults(picture)]


def test_class_mismatch_compares_letters_with_nothing_in_their_place():
    rows = [
        {"kind": kind, "share": share, "seed": seed, "accuracy": 0.9 - loss * share}
        for kind, loss in (("letters", 0.2), ("nothing", 0.1))
        for share in (0.0, 0.5)
        for seed in range(3)
    ]
    alt = class_mismatch(pd.DataFrame(rows), level=0.75).alt
    assert "letters, by share 0 %: 90.0, 50 %: 80.0" in alt
    assert "nothing, by share 0 %: 90.0, 50 %: 85.0; labelled images alone: 75.0" in alt
