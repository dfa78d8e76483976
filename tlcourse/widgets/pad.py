"""The digit pad: draw a digit, and every saved network predicts what it is."""

from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image, ImageDraw

from tlcourse.data import DataError
from tlcourse.data.centring import centre_like_mnist
from tlcourse.models.saved import load_models
from tlcourse.plots import AltFigure
from tlcourse.plots.training import digit_predictions
from tlcourse.widgets.explorer import Explorer

_SIDE = 28
_INVITATION = "Draw a digit."
_NO_MODEL = (
    "No network is saved yet: run notebook 03, A first CNN, as far as tl.models.save_model, then "
    "run this cell again."
)
# A handwritten 3, corner by corner, on 28×28 cells; shown where no kernel runs.
_EXAMPLE = ((8, 6), (13, 3), (18, 5), (19, 9), (13, 13), (19, 16), (20, 21), (14, 25), (7, 22))


class Pad(anywidget.AnyWidget):
    """The surface to draw on, in the browser.

    Attributes:
        value: what is drawn, known once the pen is lifted: 784 bytes, 28 rows of 28, 0 for the
            background and 255 for full ink.
        text: a line below the surface; screen readers read it out when it changes.
        what: what is to be drawn, in words, for the line above it.
    """

    _esm = Path(__file__).with_name("pad.js")
    # CBytes and not Bytes: what the browser sends arrives as a memoryview.
    value = traitlets.CBytes(bytes(_SIDE**2)).tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)
    what = traitlets.Unicode("a digit").tag(sync=True)

    @traitlets.validate("value")
    def _is_whole(self, proposal: dict) -> bytes:
        if len(proposal["value"]) != _SIDE**2:
            raise traitlets.TraitError(
                f"A drawing has {_SIDE**2} bytes, 28 rows of 28; got {len(proposal['value'])}."
            )
        return proposal["value"]

    def __repr__(self) -> str:
        return "Pad"


def as_mnist(drawing: bytes) -> np.ndarray:
    """Return a drawing like an image of MNIST: float32, ``(28, 28, 1)``, 0 to 1, centred."""
    ink = np.frombuffer(drawing, np.uint8).reshape(_SIDE, _SIDE)
    return (centre_like_mnist(ink) / 255).astype(np.float32)[..., np.newaxis]


class DigitPad(Explorer):
    """A pad above a figure of what each model takes the drawing for.

    Where no kernel runs, the figure of an example is shown.

    Args:
        models: for each title a function of images ``(n, 28, 28, 1)``, float32 from 0 to 1, that
            returns probabilities ``(n, 10)``; a Keras model is one.

    Attributes:
        pad: the surface to draw on.
        models: the models.

    Raises:
        DataError: a model does not give ten probabilities.
    """

    def __init__(self, models: Mapping[str, Callable]) -> None:
        self.models = dict(models)
        self.pad = Pad()
        super().__init__(self._show, drawing=self.pad)

    def _show(self, drawing: bytes) -> AltFigure:
        """Return the figure, and say the same in a line below the pad.

        An error is said there too, because nobody would look for it in a log, and raised again.
        """
        try:
            image, predictions = self._predict(drawing)
        except Exception as error:
            self.pad.text = f"It went wrong. {type(error).__name__}: {error}"
            raise
        lines = [f"{title}: {p.argmax()} ({p.max():.0%})" for title, p in predictions.items()]
        self.pad.text = ". ".join(lines) or (_INVITATION if self.models else _NO_MODEL)
        return digit_predictions(image, predictions)

    def _predict(self, drawing: bytes) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the drawing as networks see it, and the probabilities of each; none if empty."""
        image = as_mnist(drawing)
        if not any(drawing):
            return image, {}
        predictions = {}
        for title, model in self.models.items():
            given = np.asarray(model(image[None]))
            if given.shape != (1, 10):
                raise DataError(
                    f"{title} should give ten probabilities for an image, shape (1, 10); it "
                    f"gives {given.shape}. Ask the pad for classifiers of digits only."
                )
            predictions[title] = given[0]
        return image, predictions

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        if not any(self.pad.value):  # an empty pad would show nothing where no kernel runs
            example, metadata = digit_predictions(*self._predict(_example()))._repr_mimebundle_()
            data |= {kind: example[kind] for kind in ("text/html", "image/png")}
        return data, metadata


def digit_pad(models: Mapping[str, Callable] | None = None) -> DigitPad:
    """Return a pad to draw a digit on, with what each model predicts.

    Args:
        models: titles and models, from images ``(n, 28, 28, 1)`` to probabilities ``(n, 10)``;
            all that were saved so far (``tlcourse.models.save_model``) if None.
    """
    return DigitPad(load_models() if models is None else models)


def _example() -> bytes:
    """Return a handwritten 3 as the pad would send it."""
    fine = Image.new("L", (10 * _SIDE, 10 * _SIDE))
    pen = ImageDraw.Draw(fine)
    corners = [(10 * x, 10 * y) for x, y in _EXAMPLE]
    pen.line(corners, fill=255, width=24, joint="curve")
    for x, y in (corners[0], corners[-1]):
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=255)
    return fine.resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()
