"""The space of codes: what a decoder paints from any place in it, and on the way between two."""

from collections.abc import Callable

import ipywidgets
import numpy as np
from sklearn.decomposition import PCA

from tlcourse.data import DataError
from tlcourse.plots.autoencoders import blends, code_plane
from tlcourse.widgets.explorer import Explorer

_SHOWN = 300  # more digits would hide each other
_FARTHEST = 3.0  # standard deviations; hardly an image lies beyond
_NAMES = {"description_width": "initial"}

Network = Callable[[np.ndarray], np.ndarray]


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

    def draw(first: float, second: float):
        code = directions.mean_ + (np.array([first, second]) * spread) @ directions.components_
        nearest = int(np.linalg.norm(codes - code, axis=1).argmin())
        return code_plane(
            places,
            labels[:_SHOWN],
            directions.explained_variance_ratio_,
            at=(first, second),
            decoded=_run(decoder, code[None])[0],
            nearest=images[nearest],
            nearest_label=int(labels[nearest]),
        )

    return Explorer(draw, first=_slider("first direction"), second=_slider("second direction"))


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
    place = dict(zip(classes.tolist(), first.tolist(), strict=True))

    def draw(start: int, end: int, share: float):
        one, other = place[start], place[end]
        code = (1 - share) * codes[one] + share * codes[other]
        return blends(
            (images[one], images[other]),
            (start, end),
            pixels=(1 - share) * images[one] + share * images[other],
            codes=_run(decoder, code[None])[0],
            share=share,
        )

    options = list(place)
    return Explorer(
        draw,
        start=ipywidgets.Dropdown(options=options, value=options[0], description="from a"),
        end=ipywidgets.Dropdown(options=options, value=options[-1], description="to a"),
        share=ipywidgets.FloatSlider(
            0.5,
            min=0,
            max=1,
            step=0.1,
            description="share of the second",
            continuous_update=False,
            style=_NAMES,
        ),
    )


def _codes(encoder: Network, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if len(images) != len(labels):
        raise DataError(
            f"Every image needs one label; got {len(images):,} images and {len(labels):,} labels. "
            "Cut both to the same length."
        )
    codes = _run(encoder, images)
    if codes.ndim != 2 or codes.shape[1] < 2:
        raise DataError(
            "The encoder must give each image a row of two or more numbers; it gives an array of "
            f"shape {codes.shape}. A map of features becomes a row with a Flatten layer."
        )
    return codes


def _run(network: Network, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(network(inputs.astype(np.float32)))


def _slider(name: str) -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        0.0,
        min=-_FARTHEST,
        max=_FARTHEST,
        step=0.5,
        description=name,
        continuous_update=False,  # drawing some hundred digits takes longer than 0.1 s
        style=_NAMES,
    )
