"""Threshold dynamics: it finds clusters from a poor start, and keeps labels and sizes."""

import numpy as np
import pytest
from test_label_spreading import clusters, digits_with_ten_labels

from tlcourse.methods.graph_fixmatch import first_links, labels_over
from tlcourse.methods.label_spreading import knn_graph, spread_labels
from tlcourse.methods.threshold_dynamics import threshold_dynamics

FEATURES, MEMBERS = clusters(n_clusters=3)
GRAPH = knn_graph(FEATURES)


def start(wrong: float) -> np.ndarray:
    """Return one-hot distributions of the true clusters, a share of them wrong at random."""
    rng = np.random.default_rng(0)
    flipped = rng.random(len(MEMBERS)) < wrong
    return np.eye(3, dtype=np.float32)[np.where(flipped, (MEMBERS + 1) % 3, MEMBERS)]


def test_a_third_of_wrong_labels_is_corrected_by_the_others():
    given = start(wrong=1 / 3)
    assert (given.argmax(axis=1) == MEMBERS).mean() < 0.75
    found = threshold_dynamics(GRAPH, given, MEMBERS[:3])
    assert np.array_equal(found.argmax(axis=1), MEMBERS)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(given, start(wrong=1 / 3)), "what is given stays as it is"


def test_labelled_images_hold_their_labels_even_against_all_neighbours():
    labels = MEMBERS[:9].copy()
    labels[8] = (labels[8] + 1) % 3
    found = threshold_dynamics(GRAPH, start(wrong=0), labels)
    assert np.array_equal(found[:9].argmax(axis=1), labels)
    assert np.array_equal(found[9:].argmax(axis=1), MEMBERS[9:])


@pytest.mark.parametrize(("size_range", "smallest"), [(0.15, 34), (0.5, 20), (None, 0)])
def test_classes_stay_as_large_as_is_allowed(size_range, smallest):
    """One cluster that begins with another's class is lost, unless classes have a least size."""
    given = np.eye(3, dtype=np.float32)[np.where(MEMBERS == 2, 1, MEMBERS)]
    given[2] = [0, 0, 1]
    found = threshold_dynamics(GRAPH, given, MEMBERS[:3], size_range=size_range)
    sizes = np.bincount(found.argmax(axis=1), minlength=3)
    print(sizes)
    assert sizes.min() >= smallest
    assert (sizes.min() < 10) == (size_range is None)


def test_sizes_that_cannot_be_had_harm_nobody():
    """Two clusters without a link between them cannot be three classes of the same size."""
    features, members = clusters(n_clusters=2)
    given = np.eye(3, dtype=np.float32)[members]
    found = threshold_dynamics(knn_graph(features), given, members[:2])
    assert np.isfinite(found).all()
    assert np.array_equal(found.argmax(axis=1), members)


def test_where_no_label_arrives_all_classes_are_equally_probable():
    nowhere = np.zeros((len(MEMBERS), 3), np.float32)
    nowhere[:, 0] = 1
    empty = GRAPH.tolil()
    empty[-1], empty[:, -1] = 0, 0
    found = threshold_dynamics(empty.tocsr(), nowhere, MEMBERS[:1], size_range=None)
    assert np.allclose(found[-1], 1 / 3)


def test_on_digits_it_finds_more_than_label_spreading_alone():
    split, images, features, truth = digits_with_ten_labels()
    spread = spread_labels(features, split.labelled.labels, 10)[10:].argmax(axis=1)
    links = first_links(features, images)
    found = labels_over(links, split.labelled.labels, 10)[10:].argmax(axis=1)
    print((spread == truth).mean(), (found == truth).mean())
    assert (found == truth).mean() > (spread == truth).mean()
