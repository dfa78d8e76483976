"""Explorer: what is moved is drawn, faults are not swallowed, and it is seen without a kernel."""

import base64

import ipywidgets
import pytest
from bs4 import BeautifulSoup
from figure_checks import move_to_ends
from IPython.core.formatters import DisplayFormatter

from tlcourse.plots import AltFigure, subplots
from tlcourse.widgets import Explorer

VIEW = "application/vnd.jupyter.widget-view+json"


def bar(height: int, label: str = "a") -> AltFigure:
    with subplots(size=(2, 2)) as (figure, axes):
        axes.bar([label], [height])
    return AltFigure(figure, f'A bar "{label}", {height} high & < 100')


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(
        bar,
        height=ipywidgets.IntSlider(3, min=1, max=9, description="height"),
        label=ipywidgets.Dropdown(options=["a", "b"], description="label"),
    )


def screen(explorer: Explorer):
    """Return the ``<img>`` that the browser is told to show."""
    (code,) = [child.value for child in explorer.children if isinstance(child, ipywidgets.HTML)]
    (image,) = BeautifulSoup(code, "html.parser").find_all("img")
    return image


def test_it_shows_what_its_controls_are_set_to(explorer):
    assert explorer.figure.alt == 'A bar "a", 3 high & < 100'
    explorer.controls["height"].value = 5
    explorer.controls["label"].value = "b"
    assert explorer.figure.alt == 'A bar "b", 5 high & < 100'
    assert screen(explorer)["alt"] == explorer.figure.alt
    assert screen(explorer)["src"] == (
        "data:image/png;base64," + base64.b64encode(explorer.figure.png).decode()
    )


def test_controls_stand_above_the_picture(explorer):
    *controls, picture = explorer.children
    assert controls == list(explorer.controls.values())
    assert isinstance(picture, ipywidgets.HTML)


def test_it_works_at_the_ends_of_its_controls(explorer):
    alts = [picture.alt for picture in move_to_ends(explorer)]
    assert alts == [f'A bar "{b}", {h} high & < 100' for h in (1, 9) for b in "ab"]


def test_another_value_gives_another_picture_and_the_same_value_the_same(explorer):
    slider = explorer.controls["height"]
    first = screen(explorer)["src"]
    slider.value = 4
    assert screen(explorer)["src"] != first
    slider.value = 3
    assert screen(explorer)["src"] == first


def test_a_callback_that_fails_is_heard_of():
    def divide(number: int) -> AltFigure:
        return bar(10 // number)

    explorer = Explorer(divide, number=ipywidgets.IntSlider(5, min=0, max=9))
    with pytest.raises(ZeroDivisionError):
        move_to_ends(explorer)
    with pytest.raises(ZeroDivisionError):
        Explorer(divide, number=ipywidgets.IntSlider(0, min=0, max=9))


def test_stored_output_has_a_picture_with_alt_text_beside_the_widget(explorer):
    data, metadata = DisplayFormatter().format(explorer)
    assert data[VIEW]["model_id"] == explorer.model_id
    assert data["image/png"] == explorer.figure.png
    assert metadata["image/png"]["alt"] == explorer.figure.alt


def test_its_text_is_the_same_in_every_run(explorer):
    data, _ = DisplayFormatter().format(explorer)
    assert data["text/plain"] == repr(explorer) == 'Explorer: A bar "a", 3 high & < 100'
