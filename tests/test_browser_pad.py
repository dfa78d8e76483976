"""The digit pad as a learner meets it: real strokes with mouse and keyboard in JupyterLab."""

import pytest
from lab import CHROMIUM, chromium, jupyterlab, open_notebook, run_all
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

SECONDS = 300  # for the cells, on a busy machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

# A "network" that says 1 to what is tall, 7 to what is wide, and 0 to what is neither.
CELL = """
import numpy as np
import tlcourse as tl


def shape(images):
    rows, columns = np.nonzero(images[0, ..., 0] > 0.3)
    height, width = np.ptp(rows), np.ptp(columns)
    digit = 1 if height > 2 * width else 7 if width > 2 * height else 0
    return np.eye(10)[None, digit]


tl.widgets.digit_pad({"shape": shape})
"""


@pytest.fixture
def page(tmp_path):
    """Give a page in Chromium; when the test fails, its last sight stays in ``tmp_path``."""
    with chromium() as page:
        try:
            yield page
        finally:
            page.screenshot(path=tmp_path / "last sight.png")


@pytest.fixture
def pad(page, tmp_path, no_network):
    """Give a page with a pad on it, and check that nothing was written to stderr."""
    notebooks, home = tmp_path / "notebooks", tmp_path / "home"
    notebooks.mkdir()
    home.mkdir()
    cells = [new_code_cell("before = 1"), new_code_cell(CELL.strip()), new_code_cell("after = 1")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebooks / "pad.ipynb")
    with jupyterlab(notebooks, home) as address:
        open_notebook(page, address, "pad.ipynb")
        done = run_all(page, SECONDS)
        outputs = [output for cell in done for output in cell.get("outputs", [])]
        bad = [x for x in outputs if x["output_type"] == "error" or x.get("name") == "stderr"]
        assert bad == []
        page.locator(".tl-pad canvas").scroll_into_view_if_needed()
        yield page


def stroke(page: Page, *corners: tuple[float, float]) -> None:
    """Draw with the mouse through corners given as shares of the surface."""
    box = page.locator(".tl-pad canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def ink(page: Page, x: float, y: float) -> int:
    """Return how white the surface is at a place, 0 to 255."""
    return page.locator(".tl-pad canvas").evaluate(
        """(canvas, [x, y]) => canvas.getContext('2d')
          .getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0]""",
        [x, y],
    )


def test_mouse_strokes_are_drawn_and_answered_and_cleared(pad):
    said = pad.locator(".tl-pad-said")
    picture = pad.locator(".jp-OutputArea .widget-vbox img").first
    expect(said).to_have_text("Draw a digit.")
    expect(picture).to_have_attribute("alt", "The digit pad is empty, and there are no answers.")
    surface = pad.locator(".tl-pad canvas")
    assert surface.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"

    stroke(pad, (0.3, 0.1), (0.3, 0.9))
    assert ink(pad, 0.3, 0.5) == 255, "drawn at once, by the browser itself"
    assert ink(pad, 0.7, 0.5) == 0
    expect(said).to_have_text("shape: 1 (100%)")
    expect(picture).to_have_attribute(
        "alt", "The drawing, sized and centred. Answers: shape: 1 (100%)."
    )

    stroke(pad, (0.3, 0.9), (0.9, 0.9))  # with the first one neither tall nor wide
    expect(said).to_have_text("shape: 0 (100%)")

    pad.get_by_role("button", name="Clear").click()
    expect(said).to_have_text("Draw a digit.")
    assert ink(pad, 0.3, 0.5) == 0
    stroke(pad, (0.1, 0.5), (0.9, 0.5))
    expect(said).to_have_text("shape: 7 (100%)")


def test_a_stroke_that_leaves_the_pad_ends_where_the_mouse_is_let_go(pad):
    stroke(pad, (0.2, 0.5), (1.3, 0.5))
    expect(pad.locator(".tl-pad-said")).to_have_text("shape: 7 (100%)")


def test_the_right_button_draws_nothing(pad):
    pad.locator(".tl-pad canvas").click(button="right", position={"x": 140, "y": 140})
    assert ink(pad, 0.5, 0.5) == 0


def test_it_can_be_drawn_on_with_the_keyboard(pad):
    said, pen = pad.locator(".tl-pad-said"), pad.locator(".tl-pad-pen")
    where = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
    pad.get_by_role("application", name="Pad to draw a digit on").focus()
    before = pad.evaluate(where)
    for _ in range(8):
        pad.keyboard.press("ArrowUp")
    expect(pen).to_have_text("Pen up, column 14, row 6")
    assert ink(pad, 0.5, 0.3) == 0, "a lifted pen draws nothing"

    pad.keyboard.press("Space")
    for _ in range(16):
        pad.keyboard.press("ArrowDown")
    expect(pen).to_have_text("Pen down, column 14, row 22")
    expect(said).to_have_text("Draw a digit.")
    pad.keyboard.press("Space")
    expect(said).to_have_text("shape: 1 (100%)")
    assert ink(pad, 0.5, 0.5) == 255
    assert pad.evaluate(where) == before, "JupyterLab did not take the arrow keys for itself"

    pad.keyboard.press("Tab")
    expect(pad.get_by_role("button", name="Clear")).to_be_focused()
    pad.keyboard.press("Enter")
    expect(said).to_have_text("Draw a digit.")


def test_going_away_lifts_the_pen(pad):
    surface = pad.get_by_role("application", name="Pad to draw a digit on")
    surface.focus()
    pad.keyboard.press("Space")
    for _ in range(10):
        pad.keyboard.press("ArrowRight")
    pad.keyboard.press("Tab")
    expect(pad.locator(".tl-pad-said")).to_have_text("shape: 7 (100%)")
