"""Figures of notebook 09: the numbers that they tell, and those that they draw."""

import numpy as np
import pytest
from figure_checks import faults

from tlcourse.plots import neighbour_graph, pseudo_labels_kept

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
