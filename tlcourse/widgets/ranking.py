"""Ranking: the learner's guess which methods are best, kept for the day of the result."""

from collections.abc import Sequence

import ipywidgets

from tlcourse.data import DataError, store
from tlcourse.methods import get_method
from tlcourse.plots.comparisons import ranked
from tlcourse.widgets.explorer import Explorer

# One or two of each kind; in the order of the course, which gives nothing away.
METHODS_TO_RANK = (
    "scratch_augmented",
    "letters_finetuned",
    "imagenet_frozen",
    "autoencoder_finetuned",
    "pseudo_label",
    "fixmatch_scratch",
)
_NAME = "guesses"


class Ranking(Explorer):
    """A list to choose from for each place; choosing a method swaps it with the one there.

    So every method has one place at any time. Each change is kept (``tlcourse.data.store``), and
    is there again the next time.

    Args:
        labels: the label budget that the guess is for.
        methods: names of the methods, in the order in which they stand before any guess.

    Attributes:
        places: the lists, the one for the best first.
        message: an HTML widget that says whether the guess is kept.

    Raises:
        DataError: an unknown method.
    """

    def __init__(self, labels: int, methods: Sequence[str]) -> None:
        self._labels = labels
        options = [(get_method(name).title, name) for name in methods]
        kept = store.read(_NAME, {}).get(str(labels), [])
        # A guess about other methods, from another version of the course, is of no use.
        order = kept if sorted(kept) == sorted(methods) else methods
        self.places = [
            ipywidgets.Dropdown(options=options, value=name, description=f"{k}. place")
            for k, name in enumerate(order, start=1)
        ]
        self.message = ipywidgets.HTML("The first place is for the best. Every change is kept.")
        # Not Explorer's controls: it would draw in the middle of a swap, too.
        super().__init__(lambda: ranked(self.order, labels))
        self.children = (*self.places, self.message, *self.children)
        for place in self.places:
            place.observe(self._swap, names="value")

    @property
    def order(self) -> list[str]:
        """Names of the methods, the one guessed to be best first."""
        return [place.value for place in self.places]

    def _swap(self, change: dict) -> None:
        for place in self.places:
            if place is not change["owner"] and place.value == change["new"]:
                place.value = change["old"]  # which calls this function once more
                return
        self._keep()
        self._update()

    def _keep(self) -> None:
        try:
            store.update(_NAME, lambda kept: kept | {str(self._labels): self.order}, {})
        except DataError as error:
            self.message.value = f"Your guess was not kept. {error}"
        else:
            self.message.value = "Your guess is kept; you will see it again beside the result."


def ranking(labels: int = 10, methods: Sequence[str] = METHODS_TO_RANK) -> Ranking:
    """Return lists for ranking methods by guess; ``.order`` is the guess.

    Args:
        labels: the label budget that the guess is for.
        methods: names in ``tlcourse.methods.METHODS``.

    Raises:
        DataError: an unknown method.
    """
    return Ranking(labels, methods)
