"""The first notebook as a learner meets it: real JupyterLab in a real (headless) browser."""

import re
import shutil

import pytest
from lab import CHROMIUM, chromium, jupyterlab, open_notebook, run_all
from notebook_rules import FOLDER
from playwright.sync_api import expect

NOTEBOOK = "00_start_here.ipynb"
SECONDS = 900  # for all cells, on a busy machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


@pytest.fixture
def page(tmp_path):
    """Give a page in Chromium; when the test fails, its last sight stays in ``tmp_path``."""
    with chromium() as page:
        try:
            yield page
        finally:
            page.screenshot(path=tmp_path / "last sight.png")


def test_run_all_and_move_a_slider(page, tmp_path, no_network):
    notebooks = shutil.copytree(FOLDER, tmp_path / "notebooks")
    home = tmp_path / "home"
    home.mkdir()
    with jupyterlab(notebooks, home) as address:
        open_notebook(page, address, NOTEBOOK)
        cells = run_all(page, SECONDS)

        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        assert [output for output in outputs if output["output_type"] == "error"] == []
        assert [output for output in outputs if output.get("name") == "stderr"] == []
        # The stored outputs are those of MNIST: these are new ones.
        assert "Data in use: digits" in str(outputs)

        explorer = page.locator(".jp-OutputArea .widget-vbox", has=page.locator("img")).first
        explorer.scroll_into_view_if_needed()
        picture, handle = explorer.locator("img"), explorer.get_by_role("slider").first
        seen = [picture.get_attribute("src")]

        def assert_moved(value: str) -> None:
            expect(handle).to_have_attribute("aria-valuetext", value)
            expect(picture).not_to_have_attribute("src", seen[-1])
            expect(picture).to_have_attribute("alt", re.compile(r"\w+ \w+ \w+"))
            seen.append(picture.get_attribute("src"))

        first, last = (
            int(float(handle.get_attribute(name))) for name in ("aria-valuemin", "aria-valuemax")
        )
        handle.focus()
        page.keyboard.press("ArrowRight")
        assert_moved(str(first + 1))

        place = handle.bounding_box()
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        page.mouse.down()
        page.mouse.move(place["x"] + 600, place["y"], steps=5)
        page.mouse.up()
        assert_moved(str(last))
        assert len(set(seen)) == 3
