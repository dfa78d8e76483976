"""The page as a learner meets it: keys, names, alt texts and the digit pad in JupyterLab.

All tests share one JupyterLab and one executed notebook, and leave its cells as they are.
"""

import re
import shutil
from collections.abc import Iterator

import pytest
from lab import (
    AXE,
    CHROMIUM,
    LAPTOP,
    chromium,
    foreign_requests,
    jupyterlab,
    open_notebook,
    run_all,
)
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from notebook_rules import FOLDER
from playwright.sync_api import Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

SECONDS = 400  # for the cells, on a busy machine
STORED = ("00_start_here", "02_convolution", "11_mnist_experiment")
RUN_AXE = """async () => {
  const found = await axe.run({ include: [['.jp-OutputArea-output']] });
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
}"""
CELLS = """() => {
  const notebook = jupyterapp.shell.currentWidget.content;
  return [notebook.activeCellIndex, ...notebook.widgets.map(cell => cell.model.sharedModel.source)];
}"""

# Every kind of control; and a "network" that says 1 to what is tall, 7 to what is wide, else 0.
SOURCES = (
    "before = 1",
    """
import ipywidgets
import numpy as np
import tlcourse as tl

tl.widgets.quiz("02")
""",
    """
def draw(**values):
    with tl.plots.subplots(size=(8, 1)) as (figure, axes):
        axes.barh(["sum"], [len(str(values))])
    return tl.plots.AltFigure(figure, f"The controls are set to {values}")


tl.widgets.Explorer(
    draw,
    slider=ipywidgets.IntSlider(3, max=9, description="slider", continuous_update=False),
    entry=ipywidgets.SelectionSlider(options=["low", "high"], description="entry"),
    drop=ipywidgets.Dropdown(options=["first", "second"], description="drop"),
    tick=ipywidgets.Checkbox(description="tick"),
    number=ipywidgets.BoundedFloatText(1, max=9, step=1, description="number"),
    pool=ipywidgets.ToggleButtons(options=["max", "mean"], description="pool"),
    radio=ipywidgets.RadioButtons(options=["one", "two"], description="radio"),
    press=ipywidgets.ToggleButton(description="press"),
)
""",
    "tl.widgets.kernel_explorer(np.eye(28, dtype=np.float32))",
    "tl.widgets.ranking(10, ['scratch', 'letters_frozen'])",
    """
def shape(images):
    rows, columns = np.nonzero(images[0, ..., 0] > 0.3)
    height, width = np.ptp(rows), np.ptp(columns)
    digit = 1 if height > 2 * width else 7 if width > 2 * height else 0
    return np.eye(10)[None, digit]


tl.widgets.digit_pad({"shape": shape})
""",
    "draw(plain=True)",
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        foreign = foreign_requests(browser)
        yield browser
        assert foreign == [], "figures and widgets need no network"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Serve copies of three notebooks with their stored outputs, and one of all controls."""
    base = tmp_path_factory.mktemp("browser")
    notebooks, home = base / "notebooks", base / "home"
    notebooks.mkdir()
    home.mkdir()
    for name in STORED:
        shutil.copy(FOLDER / f"{name}.ipynb", notebooks)
    cells = [new_code_cell(source.strip()) for source in SOURCES]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebooks / "all.ipynb")
    with jupyterlab(notebooks, home) as address:
        yield address


@pytest.fixture(scope="module")
def executed(browser, address) -> Page:
    """Return the notebook of all controls, executed without errors or anything on stderr."""
    page = browser.new_page()
    open_notebook(page, address, "all.ipynb")
    outputs = [output for cell in run_all(page, SECONDS) for output in cell["outputs"]]
    assert not [x for x in outputs if x["output_type"] == "error" or x.get("name") == "stderr"]
    return page


@pytest.fixture
def page(executed, tmp_path) -> Iterator[Page]:
    """Give the same page; what it looked like after the test stays in ``tmp_path``."""
    executed.set_viewport_size(LAPTOP)
    yield executed
    executed.screenshot(path=tmp_path / "last sight.png")


def box(page: Page, cell: int) -> Locator:
    """Return the widget that a cell shows."""
    return page.locator(".jp-Cell").nth(cell).locator(".tl-widget")


# ---------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("control", "key", "setting"),
    [
        (".noUi-handle >> nth=0", "ArrowRight", "'slider': 4"),
        (".noUi-handle >> nth=1", "ArrowRight", "'entry': 'high'"),
        ("select", "ArrowDown", "'drop': 'second'"),
        ("input[type=checkbox]", "Space", "'tick': True"),
        ("input[type=number]", "ArrowUp", "'number': 2.0"),
        (".widget-toggle-buttons button >> nth=1", "Space", "'pool': 'mean'"),
        ("input[type=radio] >> nth=0", "ArrowDown", "'radio': 'two'"),
        ("button:text('press')", "Space", "'press': True"),
    ],
    ids=lambda value: value.split(":")[0].strip("'") if ":" in value else None,
)
def test_a_key_moves_the_control_and_leaves_the_notebook_alone(page, control, key, setting):
    explorer = box(page, 2)
    explorer.locator(control).focus()
    before = page.evaluate(CELLS)
    for letter in "ddbxz":  # delete, insert, cut and undo, if JupyterLab hears them
        page.keyboard.press(letter)
    page.keyboard.press(key)
    expect(explorer.locator("img")).to_have_attribute("alt", re.compile(re.escape(setting)))
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate(CELLS) == before


def test_arrow_keys_choose_the_next_answer_of_a_quiz(page):
    quiz = box(page, 1)
    question = quiz.get_by_role("radiogroup").first
    question.get_by_role("radio").first.focus()
    before = page.evaluate(CELLS)
    seen = []
    for key in ("Space", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
        chosen = question.locator("label", has=page.locator("input:focus"))
        expect(chosen.locator("input")).to_be_checked()
        seen.append(chosen.inner_text())
        expect(quiz.get_by_role("status").first).to_contain_text(re.compile("Right|Not this one"))
    assert seen == question.locator("label").all_inner_texts()[:3]
    assert page.evaluate(CELLS) == before


def test_shortcuts_and_tab_still_reach_jupyterlab(page):
    handles = box(page, 2).get_by_role("slider")
    handles.nth(0).focus()
    collapsed = "() => jupyterapp.shell.leftCollapsed"
    before = page.evaluate(collapsed)
    page.keyboard.press("Control+b")
    assert page.evaluate(collapsed) != before
    page.keyboard.press("Control+b")
    handles.nth(0).focus()
    page.keyboard.press("Tab")  # its readout, which can be edited
    page.keyboard.press("Tab")
    expect(handles.nth(1)).to_be_focused()


def test_a_slider_can_be_dragged(page):
    explorer = box(page, 2)
    handle = explorer.get_by_role("slider", name="slider")
    handle.scroll_into_view_if_needed()
    place = handle.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.move(place["x"] + 600, place["y"], steps=5)
    page.mouse.up()
    expect(explorer.locator("img")).to_have_attribute("alt", re.compile("'slider': 9"))


# --------------------------------------------------------------------------- names and alt texts


def test_screen_readers_are_told_names_and_values(page):
    explorer, kernels = box(page, 2), box(page, 3)
    for name in ("slider", "entry"):
        expect(explorer.get_by_role("slider", name=name, exact=True)).to_be_visible()
    entry = explorer.get_by_role("slider", name="entry")
    entry.press("Home")
    expect(entry).to_have_attribute("aria-valuetext", "low")
    expect(explorer.get_by_role("radiogroup", name="radio")).to_be_visible()
    pool = explorer.get_by_role("group", name="pool")
    pool.get_by_role("button", name="max").click()
    expect(pool.get_by_role("button", name="max")).to_have_attribute("aria-pressed", "true")
    expect(pool.get_by_role("button", name="mean")).to_have_attribute("aria-pressed", "false")
    kernels.get_by_role("slider", name="Stride").press("End")  # which gives "Row" a new end
    expect(kernels.get_by_role("slider", name="Row")).to_have_attribute("aria-valuemax", "8.0")
    (asked,) = re.findall(r"1\. (.*)", box(page, 1).inner_text())
    expect(box(page, 1).get_by_role("radiogroup", name=asked)).to_be_visible()


def test_axe_finds_nothing_in_live_widgets_and_figures(page):
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("name", STORED)
def test_axe_finds_nothing_in_stored_outputs_that_nobody_has_trusted(browser, address, name):
    page = browser.new_page()
    open_notebook(page, address, f"{name}.ipynb", kernel=False)
    figures = page.locator(".jp-OutputArea-output img")
    expect(figures.first).to_be_visible()
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE) == []
    for figure in figures.all():
        assert len(figure.get_attribute("alt").split()) > 3
        assert figure.evaluate("image => image.naturalWidth") > 100, "it is there to be seen"
    page.close()


def test_at_twice_the_size_all_figures_shrink_alike_and_stay_readable(page):
    page.set_viewport_size({name: side // 2 for name, side in LAPTOP.items()})
    explored, plain = box(page, 2).locator("img"), page.locator(".jp-RenderedHTML img").last
    widths = [image.evaluate("image => image.clientWidth") for image in (explored, plain)]
    assert widths == [480, 480]  # of 800, and so larger than before, on a screen of half the width


# ------------------------------------------------------------------------------------ digit pad


@pytest.fixture
def pad(page) -> Page:
    """Give the page with an empty pad in sight."""
    page.locator(".tl-pad canvas").scroll_into_view_if_needed()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".tl-pad-text")).to_have_text("Draw a digit.")
    return page


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
    text, figure = pad.locator(".tl-pad-text"), box(pad, 5).locator("img")
    expect(figure).to_have_attribute("alt", re.compile("The digit pad is empty"))
    surface = pad.locator(".tl-pad canvas")
    assert surface.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"

    stroke(pad, (0.3, 0.1), (0.3, 0.9))
    assert ink(pad, 0.3, 0.5) == 255, "drawn at once, by the browser itself"
    assert ink(pad, 0.7, 0.5) == 0
    expect(text).to_have_text("shape: 1 (100%)")
    expect(figure).to_have_attribute("alt", re.compile(r"shape: 1 \(100%\)"))

    stroke(pad, (0.3, 0.9), (0.9, 0.9))  # with the first one neither tall nor wide
    expect(text).to_have_text("shape: 0 (100%)")

    pad.get_by_role("button", name="Clear").click()
    expect(text).to_have_text("Draw a digit.")
    assert ink(pad, 0.3, 0.5) == 0


def test_a_stroke_that_leaves_the_pad_ends_where_the_mouse_is_let_go(pad):
    stroke(pad, (0.2, 0.5), (1.3, 0.5))
    expect(pad.locator(".tl-pad-text")).to_have_text("shape: 7 (100%)")


def test_the_right_button_draws_nothing(pad):
    pad.locator(".tl-pad canvas").click(button="right", position={"x": 140, "y": 140})
    pad.keyboard.press("Escape")  # the menu
    assert ink(pad, 0.5, 0.5) == 0


def test_it_can_be_drawn_on_with_the_keyboard(pad):
    text, pen = pad.locator(".tl-pad-text"), pad.locator(".tl-pad-pen")
    pad.get_by_role("application", name="Pad to draw a digit on").focus()
    before = pad.evaluate(CELLS)
    for letter in "ddbx":
        pad.keyboard.press(letter)
    row = r"row (\d+)"
    pad.keyboard.press("ArrowUp")
    start = int(re.search(row, pen.inner_text())[1])
    for _ in range(start - 6):
        pad.keyboard.press("ArrowUp")
    expect(pen).to_have_text(re.compile("Pen up, column 14, row 6"))
    assert ink(pad, 0.5, 0.3) == 0, "a lifted pen draws nothing"

    pad.keyboard.press("Space")
    for _ in range(16):
        pad.keyboard.press("ArrowDown")
    expect(pen).to_have_text("Pen down, column 14, row 22")
    expect(text).to_have_text("Draw a digit.")
    pad.keyboard.press("Space")
    expect(text).to_have_text("shape: 1 (100%)")
    assert ink(pad, 0.5, 0.5) == 255
    assert pad.evaluate(CELLS) == before, "JupyterLab did not take the keys for itself"

    pad.keyboard.press("Tab")
    expect(pad.get_by_role("button", name="Clear")).to_be_focused()


def test_going_away_lifts_the_pen(pad):
    pad.get_by_role("application", name="Pad to draw a digit on").focus()
    pad.keyboard.press("Space")
    for _ in range(10):
        pad.keyboard.press("ArrowRight")
    pad.keyboard.press("Tab")
    expect(pad.locator(".tl-pad-text")).to_have_text("shape: 7 (100%)")
