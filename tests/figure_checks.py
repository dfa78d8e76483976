"""What every figure must be like, and explorers moved to the ends of their controls."""

import re
from collections.abc import Iterator
from typing import Any

import ipywidgets
import matplotlib.colors
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from tlcourse.plots import PALETTE, AltFigure
from tlcourse.widgets import Explorer, SignPad
from tlcourse.widgets.pad import Pad

# Colour maps whose order shows in grey too.
GRADED = {"gray", "Greys", "viridis", "cividis"}


def faults(shown: AltFigure) -> Iterator[str]:
    """Give what makes a figure hard to read for somebody."""
    figure = shown.figure
    if len(shown.alt.split()) < 5:
        yield f"the alt text says too little: {shown.alt!r}"
    if re.search(r"\bnan\b", shown.alt):
        yield f"the alt text holds no number where there should be one: {shown.alt!r}"
    if figure.get_figwidth() > 8:
        yield f"it is {figure.get_figwidth():g} inches wide; 8 at most"
    allowed = {matplotlib.colors.to_hex(colour) for colour in PALETTE}
    for name in ("viridis", "cividis"):  # seaborn gives points their colours one by one
        allowed |= set(map(matplotlib.colors.to_hex, matplotlib.colormaps[name].colors))
    for colour in sorted(colours(figure) - allowed):
        red, green, blue = matplotlib.colors.to_rgb(colour)
        if not red == green == blue:
            yield f"the colour {colour} is not in PALETTE"
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text.get_fontsize() < 8:
            yield f"the text {text.get_text()!r} is smaller than 8 points"


def colours(figure: Figure) -> set[str]:
    """Return the colours of all lines, areas, marks and texts, as hex codes without alpha."""
    found = []
    for artist in figure.findobj(lambda artist: artist.get_visible()):
        if isinstance(artist, Line2D):
            found += [artist.get_color(), artist.get_markerfacecolor()]
        elif isinstance(artist, Text) and artist.get_text():
            found += [artist.get_color()]
        elif isinstance(artist, Patch):
            found += [artist.get_facecolor(), artist.get_edgecolor()]
        elif isinstance(artist, Collection):
            if artist.get_array() is not None and artist.get_cmap().name in GRADED:
                continue
            artist.update_scalarmappable()
            found += [*artist.get_facecolor(), *artist.get_edgecolor()]
    # "none", and wholly transparent colours, are not seen.
    return {
        matplotlib.colors.to_hex(colour)
        for colour in found
        if matplotlib.colors.to_rgba(colour)[3] > 0
    }


def ends(control: ipywidgets.ValueWidget) -> list[Any]:
    """Return the first and the last value that a control can be moved to."""
    if isinstance(control, ipywidgets.Checkbox | ipywidgets.ToggleButton):
        return [False, True]
    if hasattr(control, "options"):
        values = [option[1] if isinstance(option, tuple) else option for option in control.options]
        return [values[0], values[-1]]
    if isinstance(control, Pad):
        return [bytes(28 * 28), b"\xff" * 28 * 28]  # nothing drawn, and ink everywhere
    return [control.min, control.max]


def move_to_ends(explorer: Explorer) -> list[AltFigure]:
    """Move the controls of an explorer to their ends: all to the first, then one by one across.

    Returns:
        The figures that it showed. An exception of its callback goes through.
    """
    figures = []
    for end in (0, -1):
        for control in explorer.controls.values():
            control.value = ends(control)[end]
            if explorer.figure not in figures:
                figures.append(explorer.figure)
    if isinstance(explorer, SignPad):
        explorer.keep()  # an example, in ink everywhere
        figures.append(explorer.figure)
    return figures
