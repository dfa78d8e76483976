"""TrainingProgress: a bar that follows training in a notebook, and one line of what came of it."""

import html
import time

import ipywidgets
import keras
from IPython.display import display

_TEXT = {"width": "auto", "margin": "0 0 0 1em"}


class TrainingProgress(keras.callbacks.Callback):
    """A Keras callback: a progress bar while training runs, a line of text once it has ended.

    Give it to ``fit`` with ``verbose=0``. The bar goes away at the end, so that a stored notebook
    holds one short line for each of them and no widget.

    Args:
        title: what is trained, in a word or two.
        runs: how often ``fit`` will be called with it, for one bar over several runs.

    Attributes:
        text: what stands beside the bar now; at the end, what is left of it.
    """

    def __init__(self, title: str = "training", *, runs: int = 1) -> None:
        super().__init__()
        self.title, self.runs, self.text = title, runs, ""
        self._ended: list[dict[str, float]] = []  # the last values of each finished run
        self._epochs_done = 0
        self._box = self._screen = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Show the bar, unless an earlier run has done so."""
        self._last: dict[str, float] = {}
        if self._box is not None:
            return
        self._ended, self._epochs_done, self._start = [], 0, time.monotonic()
        self._bar = ipywidgets.IntProgress(0, min=0, max=self.runs * self.params["epochs"])
        self._label = ipywidgets.HTML(layout=_TEXT)
        self._box = ipywidgets.HBox([self._bar, self._label])
        self._write(f"{self.title}: preparing")
        # A display that can be replaced; None where no notebook shows anything.
        self._screen = display(self, display_id=True)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Move the bar by one epoch."""
        self._last = dict(logs or {})
        self._epochs_done += 1
        per_run = self.params["epochs"]
        self._bar.value = len(self._ended) * per_run + epoch + 1
        left = (time.monotonic() - self._start) / self._epochs_done
        left *= self._bar.max - self._bar.value
        run = f"run {len(self._ended) + 1} of {self.runs}, " if self.runs > 1 else ""
        self._write(
            f"{self.title}: {run}epoch {epoch + 1} of {per_run}; {_in_words(self._last)}; "
            f"about {left:.0f} seconds left"
        )

    def on_train_end(self, logs: dict | None = None) -> None:
        """After the last run, put a line of text in the place of the bar."""
        self._ended.append(self._last)
        if len(self._ended) < self.runs:
            return
        names = [name for name in self._ended[0] if all(name in last for last in self._ended)]
        means = {name: sum(last[name] for last in self._ended) / self.runs for name in names}
        epochs = "1 epoch" if self._epochs_done == 1 else f"{self._epochs_done} epochs"
        what = f"{epochs}; at the end"
        if self.runs > 1:
            what = f"{self.runs} runs, {epochs} in all; mean at the end"
        self._write(f"{self.title}: {what}: {_in_words(means)}")
        box, self._box = self._box, None
        if self._screen is not None:
            self._screen.update(self)
        for widget in (*box.children, box):
            widget.close()

    def _write(self, text: str) -> None:
        self.text = text
        if self._box is not None:
            self._label.value = html.escape(text)

    def __repr__(self) -> str:
        # No numbers, which differ from one computer to the next.
        return f"TrainingProgress: {self.title}"

    def _repr_mimebundle_(self, **kwargs) -> dict:
        if self._box is None:
            return {"text/plain": repr(self), "text/html": f"<p>{html.escape(self.text)}</p>"}
        return {**self._box._repr_mimebundle_(**kwargs), "text/plain": repr(self)}


def _in_words(values: dict[str, float]) -> str:
    """Return Keras's values in words: ``val_accuracy`` 0.95 is "validation accuracy 95.0 %"."""
    words = []
    for name, value in values.items():
        shown = f"{100 * value:.1f} %" if name.endswith("accuracy") else f"{value:.3f}"
        words.append(f"{name.replace('val_', 'validation ').replace('_', ' ')} {shown}")
    return ", ".join(words)
