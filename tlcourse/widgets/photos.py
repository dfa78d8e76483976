"""Photographs of one's own: choose files, and see what a classifier takes them for."""

import html
import tempfile
from collections.abc import Callable
from pathlib import Path

import ipywidgets
import pandas as pd

from tlcourse.data import DataError
from tlcourse.widgets.box import AccessibleBox

_INVITATION = "Choose one or more photographs."


class PhotoClassifier(AccessibleBox):
    """A button to choose photographs, and below it what the classifier says to each.

    Where no kernel runs, a line says what would be here.

    Args:
        classify: from paths to a table with the columns ``label``, ``confidence`` (0 to 1) and
            ``remark``, as ``tlcourse.project.predict`` with the folder of a project.
    """

    def __init__(self, classify: Callable[[list[Path]], pd.DataFrame]) -> None:
        self.upload = ipywidgets.FileUpload(
            accept="image/*",
            multiple=True,
            description="choose photographs",
            layout={"width": "auto"},
        )
        self.answer = ipywidgets.HTML(_INVITATION)
        self.answer.add_class("tl-status")
        self._classify = classify
        super().__init__(self.upload, self.answer)
        self.upload.observe(lambda change: self._show(change["new"]), "value")

    def _show(self, files: tuple) -> None:
        self.answer.value = "<br>".join(map(self._line, files)) or _INVITATION

    def _line(self, file: dict) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(file["name"].replace("\\", "/")).name
            path.write_bytes(file["content"])
            try:
                found = self._classify([path]).iloc[0]
            except DataError as error:
                return html.escape(str(error))
        remark = f", {found['remark']}" * bool(found["remark"])
        return html.escape(f"{path.name}: {found['label']}, {found['confidence']:.0%}{remark}")

    def __repr__(self) -> str:
        return "PhotoClassifier"

    def _repr_mimebundle_(self, **kwargs) -> dict:
        data = super()._repr_mimebundle_(**kwargs)
        shown = "<p>A button to choose photographs, while a kernel runs.</p>"
        return {**data, "text/plain": repr(self), "text/html": shown}


def photo_classifier(classify: Callable[[list[Path]], pd.DataFrame]) -> PhotoClassifier:
    """Return a widget to classify photographs from this computer; see ``PhotoClassifier``."""
    return PhotoClassifier(classify)
