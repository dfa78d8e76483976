"""Widgets that show features: of each layer, of two domains, and the codes of an autoencoder."""

from collections.abc import Callable, Mapping

import ipywidgets
import numpy as np
from sklearn.decomposition import PCA

from tlcourse.data import DataError
from tlcourse.plots import AltFigure, blends, code_plane, domain_plane, feature_scatter
from tlcourse.widgets.explorer import Explorer, choice_slider, slider

_SHOWN = 300  # more digits would hide each other
_FARTHEST = 3.0  # standard deviations; hardly an image lies beyond

Network = Callable[[np.ndarray], np.ndarray]


def layer_explorer(features: Mapping[str, np.ndarray], labels: np.ndarray) -> Explorer:
    """Return a slider over layers: their features in two dimensions.

    Args:
        features: for each layer its features, shape ``(n, numbers)``, of the same images.
        labels: the images' classes, shape ``(n,)``, 0 to 9.
    """
    planes = {}
    for name, values in features.items():
        reduction = PCA(2, random_state=0).fit(values)
        places = reduction.transform(values[:_SHOWN])
        planes[name] = places, reduction.explained_variance_ratio_

    def draw(layer: str) -> AltFigure:
        places, variances = planes[layer]
        return feature_scatter(places, labels[:_SHOWN], variances, layer=layer)

    return Explorer(draw, layer=choice_slider("Layer", list(features)))


def gap_viewer(
    features: Mapping[str, tuple[np.ndarray, np.ndarray]],
    labels: tuple[np.ndarray, np.ndarray],
    accuracies: Mapping[str, float],
) -> Explorer:
    """Return a choice of methods, and of what the marks show: the domain or the class.

    Args:
        features: for each method's title the features of the same images of source and target,
            shapes ``(n, d)`` and ``(m, d)``. The one without adaptation comes first.
        labels: the classes of those images, for showing alone.
        accuracies: for each title the accuracy on the target, 0 to 1.
    """
    shown = 200  # of each domain; more would hide each other

    def draw(method: str, marks: str) -> AltFigure:
        source, target = (values[:shown] for values in features[method])
        classes = tuple(values[:shown] for values in labels) if marks == "class" else None
        title = f"{method}: {accuracies[method]:.0%} accuracy on the target"
        return domain_plane(source, target, classes, title=title)

    return Explorer(
        draw,
        method=choice_slider("Method", list(features)),
        marks=ipywidgets.ToggleButtons(options=["domain", "class"], description="Marks"),
    )


def latent_explorer(
    encoder: Network, decoder: Network, images: np.ndarray, labels: np.ndarray
) -> Explorer:
    """Return two sliders that move through two directions of the codes, and what is found there.

    The directions are the first two principal components of the codes. Drawn are the place among
    the encoded images, what the decoder makes of it, and the image whose code is nearest.

    Args:
        encoder: from images to codes; a Keras model, or any function of an array.
        decoder: from codes to images.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1; as many as have a label.
        labels: their classes, shape ``(n,)``, 0 to 9.

    Raises:
        DataError: no label for every image, or codes of another form than ``(n, 2 or more)``.
    """
    codes = _codes(encoder, images, labels)
    directions = PCA(2, random_state=0).fit(codes)
    spread = np.sqrt(directions.explained_variance_)
    places = directions.transform(codes)[:_SHOWN] / spread

    def draw(first: float, second: float) -> AltFigure:
        code = directions.mean_ + (np.array([first, second]) * spread) @ directions.components_
        nearest = int(np.linalg.norm(codes - code, axis=1).argmin())
        return code_plane(
            places,
            labels[:_SHOWN],
            directions.explained_variance_ratio_,
            at=(first, second),
            decoded=_apply(decoder, code[None])[0],
            nearest=images[nearest],
            nearest_label=int(labels[nearest]),
        )

    return Explorer(
        draw,
        first=slider("first direction", 0.0, -_FARTHEST, _FARTHEST, 0.5),
        second=slider("second direction", 0.0, -_FARTHEST, _FARTHEST, 0.5),
    )


def blend_explorer(
    encoder: Network, decoder: Network, images: np.ndarray, labels: np.ndarray
) -> Explorer:
    """Return a slider from one digit to another: their pixels mixed, and their codes mixed.

    Args:
        encoder: as for ``latent_explorer``.
        decoder: as for ``latent_explorer``.
        images: float32, shape ``(n, 28, 28, 1)``, 0 to 1; the first of each class is taken.
        labels: their classes, shape ``(n,)``.

    Raises:
        DataError: as for ``latent_explorer``.
    """
    codes = _codes(encoder, images, labels)
    classes, first = np.unique(labels, return_index=True)
    index = dict(zip(classes.tolist(), first.tolist(), strict=True))

    def draw(start: int, end: int, share: float) -> AltFigure:
        one, other = index[start], index[end]
        code = (1 - share) * codes[one] + share * codes[other]
        return blends(
            (images[one], images[other]),
            (start, end),
            pixels=(1 - share) * images[one] + share * images[other],
            codes=_apply(decoder, code[None])[0],
            share=share,
        )

    options = list(index)
    return Explorer(
        draw,
        start=ipywidgets.Dropdown(options=options, value=options[0], description="from a"),
        end=ipywidgets.Dropdown(options=options, value=options[-1], description="to a"),
        share=slider("share of the second", 0.5, 0, 1, 0.1),
    )


def _codes(encoder: Network, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if len(images) != len(labels):
        raise DataError(
            f"Every image needs one label; got {len(images):,} images and {len(labels):,} labels. "
            "Cut both to the same length."
        )
    codes = _apply(encoder, images)
    if codes.ndim != 2 or codes.shape[1] < 2:
        raise DataError(
            "The encoder must give each image a row of two or more numbers; it gives an array of "
            f"shape {codes.shape}. A map of features becomes a row with a Flatten layer."
        )
    return codes


def _apply(network: Network, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(network(inputs.astype(np.float32)))
