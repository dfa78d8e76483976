"""The course's graph of all images, and published and scikit-learn's ways to use the same labels.

Everybody gets the letters features of all training images and the experiment's labelled images of
each seed, and is judged by the other training images: *transductively*, as PoissonMBO (Calder et
al., 2020; the package GraphLearning 1.7.5) was published, which also knows how frequent each class
is. Where PyTorch and torchvision are installed too, it is run on its own features as well, those of
the package's variational autoencoder. Without GraphLearning, its rows are left out::

    pip install --no-deps graphlearning==1.7.5
"""

import importlib.util
import itertools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from benchmarks.measuring import Row, compare, run_alone, use_threads
from tlcourse.data import labelled_split, load
from tlcourse.data.paths import atomic_write, cache_dir
from tlcourse.methods.graph_fixmatch import first_links, labels_over
from tlcourse.methods.label_spreading import (
    ALPHA,
    N_NEIGHBORS,
    STEPS,
    neighbor_links,
    normalized,
    spread_over,
)
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import extract_features, letters_base

LABELS, SEEDS, SLOW_SEEDS = (10, 100), 10, 5
POISSON_NEIGHBORS = 10  # as in the example of PoissonMBO
OURS = "ours"

# How a rival prepares the images once, whatever labels are given; how it finds the classes of all
# images from that, the positions of the labelled ones and their labels; and with how many seeds.
Way = tuple[Callable[[], Any], Callable[[Any, np.ndarray, np.ndarray], np.ndarray], int]


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return, for each number of labels and each rival, one row of errors in per cent."""
    use_threads(1)
    dataset = load(data)
    images, truth = dataset.train.images, dataset.train.labels
    features = extract_features(letters_base(), images, cached=False)
    position = {image.tobytes(): k for k, image in enumerate(images)}
    budgets = LABELS[: 1 if smoke else None]
    errors, seconds = defaultdict(list), defaultdict(list)  # by number of labels and name
    for name, (prepare, solve, seeds) in _ways(images, features):
        with Stopwatch() as preparing:
            prepared = prepare()
        for labels, seed in itertools.product(budgets, range(1 if smoke else seeds)):
            labelled = labelled_split(dataset, total=labels, seed=seed).labelled
            first = np.array([position[image.tobytes()] for image in labelled.images])
            with Stopwatch() as solving:
                found = solve(prepared, first, labelled.labels)
            wrong = np.delete(found != truth, first)
            errors[labels, name].append(100 * float(wrong.mean()))
            seconds[labels, name].append(preparing.cpu_seconds + solving.cpu_seconds)
            print(name, labels, seed, round(errors[labels, name][-1], 2), flush=True)
    return [
        _row(
            labels, name, errors[labels, OURS], theirs, seconds[labels, OURS], seconds[labels, name]
        )
        for labels in budgets
        for (of, name), theirs in errors.items()
        if of == labels and name != OURS
    ]


def _row(
    labels: int,
    name: str,
    ours: list[float],
    theirs: list[float],
    our_seconds: list[float],
    their_seconds: list[float],
) -> Row:
    ours, several = ours[: len(theirs)], len(theirs) > 1  # the same seeds
    return compare(
        f"Errors with {labels} labels, our graph against {name}",
        [float(np.mean(ours))],
        [float(np.mean(theirs))],
        "% wrong",
        notes=(
            f"Mean over {len(theirs)} seeds, on the unlabelled training images. Worst seed "
            f"{max(ours):.2f} against {max(theirs):.2f} %; standard deviation "
            f"{np.std(ours, ddof=several):.2f} against {np.std(theirs, ddof=several):.2f}. One run "
            f"from the features on: {np.median(our_seconds):.0f} against "
            f"{np.median(their_seconds):.0f} CPU s, one thread. The settings of our graph were "
            "chosen on these images with their labels."
        ),
    )


def _ways(images: np.ndarray, features: np.ndarray) -> Iterator[tuple[str, Way]]:
    """Give the name and the functions of each; ours first."""
    unit = features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-12)
    yield OURS, (lambda: first_links(features, images), _ours, SEEDS)
    yield "our label spreading", (lambda: neighbor_links(features), _our_spreading, SEEDS)
    yield (
        "LabelSpreading of scikit-learn",
        (lambda: kneighbors_graph(unit, N_NEIGHBORS), _label_spreading, SEEDS),
    )
    yield (
        "SelfTrainingClassifier of scikit-learn",
        (lambda: features, _self_training, SLOW_SEEDS),
    )
    if importlib.util.find_spec("graphlearning"):
        yield "PoissonMBO", (lambda: _poisson_graph(unit), _poisson_mbo, SEEDS)
        if importlib.util.find_spec("torchvision"):  # which brings PyTorch along
            own = _vae_features(images)
            name = "PoissonMBO on its own features"
            yield name, (lambda: _poisson_graph(own), _poisson_mbo, SEEDS)


def _vae_features(images: np.ndarray) -> np.ndarray:
    """Return the features of GraphLearning's variational autoencoder, learned once, in minutes."""
    path = cache_dir() / f"rivals-vae-{len(images)}.npy"
    if not path.exists():
        import graphlearning

        flat = images.reshape(len(images), -1)
        with atomic_write(path) as part:
            np.save(part, graphlearning.weightmatrix.vae(flat, no_cuda=True))
    return np.load(path)


def _ours(links: sparse.csr_matrix, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return _labelled_first(lambda own: labels_over(own, labels, 10), links, first)


def _our_spreading(links: sparse.csr_matrix, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return _labelled_first(lambda own: spread_over(normalized(own), labels, 10), links, first)


def _labelled_first(
    spread: Callable[[sparse.csr_matrix], np.ndarray], links: sparse.csr_matrix, first: np.ndarray
) -> np.ndarray:
    """Return the classes in the order of ``links``; ``spread`` wants the labelled images first."""
    order = np.r_[first, np.setdiff1d(np.arange(links.shape[0]), first)]
    found = np.empty(len(order), int)
    found[order] = spread(links[order][:, order]).argmax(axis=1)
    return found


def _label_spreading(graph: sparse.csr_matrix, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    model = LabelSpreading(kernel=lambda x, y: graph, alpha=ALPHA, max_iter=STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: neither has ours
        return model.fit(np.zeros((graph.shape[0], 1)), _given(graph, first, labels)).transduction_


def _self_training(features: np.ndarray, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    model = SelfTrainingClassifier(LogisticRegression(max_iter=100))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(features, _given(features, first, labels)).predict(features)


def _given(images: np.ndarray, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the labels as scikit-learn wants them: -1 where there is none."""
    given = np.full(images.shape[0], -1)
    given[first] = labels
    return given


def _poisson_graph(features: np.ndarray) -> sparse.csr_matrix:
    import graphlearning

    search = NearestNeighbors(n_neighbors=POISSON_NEIGHBORS).fit(features)
    distances, neighbors = search.kneighbors(features)
    return graphlearning.weightmatrix.knn(
        features, POISSON_NEIGHBORS, knn_data=(neighbors, distances)
    )


def _poisson_mbo(graph: sparse.csr_matrix, first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    import graphlearning

    priors = np.full(10, 0.1)  # it is told the classes' sizes; MNIST's differ from 0.1 by 0.013
    return graphlearning.ssl.poisson_mbo(graph, priors).fit_predict(first, labels)


if __name__ == "__main__":
    run_alone(measure)
