"""The course's graph of all images, and published and scikit-learn's ways to use the same labels.

Everybody gets the letters features of all training images and the experiment's labelled images of
each seed, and is judged by the other training images: *transductively*, as PoissonMBO (Calder et
al., 2020; the package GraphLearning 1.7.5) was published, which also knows how frequent each class
is. Where PyTorch and torchvision are installed too, it is run on its own features as well, those of
the package's variational autoencoder. Without GraphLearning, its rows are left out::

    pip install --no-deps graphlearning==1.7.5
"""

import importlib.util
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from benchmarks.measuring import Row, compare, run_alone, use_threads
from tlcourse.data import labelled_split, load
from tlcourse.methods.graph_fixmatch import first_links, labels_over
from tlcourse.methods.label_spreading import ALPHA, N_NEIGHBORS, STEPS, spread_labels
from tlcourse.methods.timing import Stopwatch
from tlcourse.models import extract_features, letters_base

LABELS, SEEDS, SLOW_SEEDS = (10, 100), 10, 3
POISSON_NEIGHBORS = 10  # as in the example of PoissonMBO

# From features, images, labels (of the first images, in order) to the classes of all images.
Rival = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def measure(data: str = "mnist", smoke: bool = False) -> list[Row]:
    """Return, for each number of labels and each rival, one row of errors in per cent."""
    use_threads(1)
    dataset = load(data)
    images, truth = dataset.train.images, dataset.train.labels
    features = extract_features(letters_base(), images, cached=False)
    position = {image.tobytes(): k for k, image in enumerate(images)}
    rivals = dict(_rivals(images))
    rows = []
    for labels in LABELS[: 1 if smoke else None]:
        errors: dict[str, list[float]] = {}
        seconds: dict[str, list[float]] = {}
        for seed in range(1 if smoke else SEEDS):
            labelled = labelled_split(dataset, total=labels, seed=seed).labelled
            first = np.array([position[image.tobytes()] for image in labelled.images])
            order = np.r_[first, np.setdiff1d(np.arange(len(images)), first)]
            for name, (rival, own_features, slow) in rivals.items():
                if slow and seed >= SLOW_SEEDS:
                    continue
                given = features if own_features is None else own_features
                with Stopwatch() as watch:
                    found = rival(given[order], images[order], labelled.labels)
                wrong = found[labels:] != truth[order][labels:]
                errors.setdefault(name, []).append(100 * float(wrong.mean()))
                seconds.setdefault(name, []).append(watch.cpu_seconds)
                print(labels, seed, name, round(errors[name][-1], 2), flush=True)
        ours = errors.pop("ours")
        for name, theirs in errors.items():
            own = ours[: len(theirs)]
            rows.append(
                compare(
                    f"Errors with {labels} labels, our graph against {name}",
                    [float(np.mean(own))],
                    [float(np.mean(theirs))],
                    "% wrong",
                    notes=(
                        f"Mean over {len(theirs)} seeds, on the unlabelled training images. Worst "
                        f"seed {max(own):.2f} against {max(theirs):.2f} %; standard deviation "
                        f"{np.std(own, ddof=len(own) > 1):.2f} against "
                        f"{np.std(theirs, ddof=len(own) > 1):.2f}. One run from the features on: "
                        f"{np.median(seconds['ours']):.0f} against "
                        f"{np.median(seconds[name]):.0f} CPU s, one thread."
                    ),
                )
            )
    return rows


def _rivals(images: np.ndarray) -> Iterator[tuple[str, tuple[Rival, np.ndarray | None, bool]]]:
    """Give for each name the function, features of its own or None, and whether it is slow."""
    yield "ours", (_ours, None, False)
    yield (
        "our label spreading",
        (lambda x, images, y: spread_labels(x, y, 10).argmax(axis=1), None, False),
    )
    yield "LabelSpreading of scikit-learn", (_label_spreading, None, False)
    yield "SelfTrainingClassifier of scikit-learn", (_self_training, None, True)
    if importlib.util.find_spec("graphlearning"):
        yield "PoissonMBO", (_poisson_mbo, None, False)
        if importlib.util.find_spec("torchvision"):  # which brings PyTorch along
            import graphlearning

            own = graphlearning.weightmatrix.vae(images.reshape(len(images), -1), no_cuda=True)
            yield "PoissonMBO on its own features", (_poisson_mbo_as_it_is, np.asarray(own), False)


def _ours(features: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return labels_over(first_links(features, images), labels, 10).argmax(axis=1)


def _label_spreading(features: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    given = np.full(len(features), -1)
    given[: len(labels)] = labels
    model = LabelSpreading(
        kernel="knn", n_neighbors=N_NEIGHBORS, alpha=ALPHA, max_iter=STEPS
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: neither has ours
        return model.fit(_unit(features), given).transduction_


def _self_training(features: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    given = np.full(len(features), -1)
    given[: len(labels)] = labels
    model = SelfTrainingClassifier(LogisticRegression(max_iter=100))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(features, given).predict(features)


def _poisson_mbo(features: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return _poisson_mbo_as_it_is(_unit(features), images, labels)


def _poisson_mbo_as_it_is(x: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    import graphlearning

    distances, neighbors = NearestNeighbors(n_neighbors=POISSON_NEIGHBORS).fit(x).kneighbors(x)
    graph = graphlearning.weightmatrix.knn(
        x, POISSON_NEIGHBORS, knn_data=(neighbors, distances)
    )  # fmt: skip
    priors = np.full(10, 0.1)  # it is told the classes' sizes; MNIST's differ from 0.1 by 0.013
    model = graphlearning.ssl.poisson_mbo(graph, priors)
    return model.fit_predict(np.arange(len(labels)), labels)


def _unit(features: np.ndarray) -> np.ndarray:
    return features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-12)


if __name__ == "__main__":
    run_alone(measure)
