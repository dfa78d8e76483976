"""The sign pad: draw a sign of one's own a few times, and see whether it is known from then on."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from tlcourse.plots import AltFigure
from tlcourse.widgets.explorer import Explorer
from tlcourse.widgets.pad import Pad, as_mnist

_SIDE, _MOST = 28, 5  # examples that are kept; with more, the oldest goes


class SignPad(Explorer):
    """A pad, two buttons, and a figure of what the drawing is taken for.

    One button keeps the drawing as an example of the sign and clears the pad, the other forgets
    the examples. Where no kernel runs, the figure of ``shown`` is there.

    Args:
        draw: called with the drawing, float32 of shape ``(28, 28, 1)``, 0 to 1 and sized and
            centred like MNIST, and with the examples so far, ``(n, 28, 28, 1)``; returns the
            AltFigure to show, whose alt text also stands below the pad.
        shown: a drawing and examples of that form.

    Attributes:
        pad: the surface to draw on.
        examples: the drawings that were kept.
    """

    def __init__(
        self,
        draw: Callable[[np.ndarray, np.ndarray], AltFigure],
        shown: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        self._figure_of, self._shown = draw, shown
        self.examples: list[np.ndarray] = []
        self.pad = Pad(what="a sign of your own or a digit")
        keep, forget = (
            ipywidgets.Button(description=text, layout={"width": "auto"})
            for text in ("Keep as an example", "Forget the examples")
        )
        super().__init__(self._answer, drawing=self.pad)
        self.stack(self.pad, ipywidgets.HBox([keep, forget]), self._screen)
        keep.on_click(lambda _: self.keep())
        forget.on_click(lambda _: self.forget())

    def keep(self) -> None:
        """Keep the drawing as an example, and clear the pad."""
        if not any(self.pad.value):
            self.pad.text = "The pad is empty. Draw your sign, then keep it as an example."
            return
        self.examples = [*self.examples, as_mnist(self.pad.value)][-_MOST:]
        self.pad.value = bytes(_SIDE**2)  # which draws the figure anew

    def forget(self) -> None:
        """Forget all examples; the drawing stays."""
        self.examples = []
        self._update()

    def _answer(self, drawing: bytes) -> AltFigure:
        """Return the figure; say below the pad what it shows, or what went wrong."""
        examples = np.array(self.examples, np.float32).reshape(-1, _SIDE, _SIDE, 1)
        try:
            figure = self._figure_of(as_mnist(drawing), examples)
        except Exception as error:
            self.pad.text = f"It went wrong. {type(error).__name__}: {error}"
            raise
        self.pad.text = figure.alt
        return figure

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        if self._shown and not self.examples and not any(self.pad.value):
            example, metadata = self._figure_of(*self._shown)._repr_mimebundle_()
            data |= {kind: example[kind] for kind in ("text/html", "image/png")}
        return data, metadata


def sign_pad(
    draw: Callable[[np.ndarray, np.ndarray], AltFigure],
    shown: tuple[np.ndarray, np.ndarray] | None = None,
) -> SignPad:
    """Return a pad on which examples of a sign are kept; arguments as of ``SignPad``."""
    return SignPad(draw, shown)
