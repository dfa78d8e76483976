"""The web site: what its pages hold, and what they do in a browser, opened from a folder.

It is made of two small notebooks that have one cell of each kind.
"""

import base64
import csv
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from lab import AXE, CHROMIUM, RUN_AXE, chromium, foreign_requests
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Page, expect
from stored import figure

from editions.site import HERE, build, main
from tlcourse.checks.exercise import EXERCISES
from tlcourse.checks.quiz import questions
from tlcourse.data import DataError
from tlcourse.data.centring import centre_like_mnist
from tlcourse.data.paths import repository_data

pytestmark = [
    pytest.mark.timeout(300),
    # myst-parser's business with the next versions of Sphinx.
    pytest.mark.filterwarnings("ignore:.*Check CHANGES for Sphinx API"),
]
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here: apt-get install chromium"
)
RECORD = json.loads(repository_data("pad_networks.json").read_text(encoding="utf-8"))


FIRST = [
    new_markdown_cell(
        "# 00 · First\n\nThe **seed** and another seed, `seed`, in [02](01_second.ipynb): seeds. "
        "The loss is $-\\ln p_k$ for $z_0 \\dots z_9$.\n\n$$\\frac{a}{b} = " + "c + " * 90 + "d$$"
    ),
    new_markdown_cell("## A seed in a heading\n\nIts seeds, and label spreading, not spreading."),
    new_code_cell("print('x' * 300)  # seed", outputs=[new_output("stream", text="x" * 300)]),
    new_code_cell("plain", outputs=[figure(200)]),
    new_code_cell("moving", outputs=[figure(90, widget=True)]),
    new_code_cell('tl.widgets.quiz("00")', outputs=[figure(80)]),
    new_markdown_cell("## Exercises\n\n### Exercise 00.2 · One"),
    new_code_cell(EXERCISES["00.2"].stub, metadata={"tags": ["exercise-00.2"]}),
    new_code_cell('tl.checks.check("00.2", accuracy)'),
    new_code_cell('tl.checks.solution("00.2")'),
]
SECOND = [new_markdown_cell("# 01 · Second\n\nBack to [the first](00_first.ipynb): momentum.")]
GLOSSARY = """# Glossary

**label spreading** – labels < that > pass to neighbours. [00](00_first.ipynb)

**momentum** – a running mean of gradients. [01](01_second.ipynb)

**seed** – the number that chance begins with. [00](00_first.ipynb)
"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    for name, cells in (("00_first", FIRST), ("01_second", SECOND)):
        write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    (folder / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(notebooks, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder, notebooks)
    return folder


@pytest.fixture(scope="module")
def first(site) -> BeautifulSoup:
    return soup(site / "00_first.html").find("article")


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


# ------------------------------------------------------------------------------------ the command


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["--out", str(tmp_path)]) == 1
    assert "is no site of the course, and would be replaced. Name" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_named_and_the_older_site_stays(notebooks, tmp_path):
    shutil.copytree(notebooks, tmp_path / "notebooks")
    cell = new_markdown_cell("# 01 · Second\n\nSee [that](07_gone.ipynb).")
    write(new_notebook(cells=[cell]), tmp_path / "notebooks" / "01_second.ipynb")
    out = tmp_path / "site"
    out.mkdir()
    (out / ".buildinfo").touch()
    with pytest.raises(DataError, match=r"(?s)01_second.*07_gone"):
        build(out, tmp_path / "notebooks")
    assert [path.name for path in out.iterdir()] == [".buildinfo"]


def test_without_notebooks_it_says_so(tmp_path):
    with pytest.raises(DataError, match="no notebooks in"):
        build(tmp_path / "site", tmp_path)


# ------------------------------------------------------------------------------------- the pages


def test_every_link_leads_to_a_file_or_a_place_of_the_site(site):
    pages = {path.name: soup(path) for path in site.glob("*.html")}
    assert {"index.html", "00_first.html", "01_second.html", "glossary.html"} < set(pages)
    for page in pages.values():
        for element in page.select("[href], [src]"):
            target = element.get("href") or element["src"]
            if target.startswith("https://"):
                assert element.name == "a", f"{element} would need a network"
                continue
            file, _, anchor = re.sub(r"\?v=\w+", "", target).partition("#")
            assert not file or (site / file).is_file(), element
            if anchor and file in pages:
                assert pages[file].find(id=anchor), element


def test_figures_are_files_with_their_alt_text_and_widgets_are_pictures(first):
    images = first.find_all("img")
    assert [image["alt"] for image in images] == [
        "A plane of one grey, 200.",
        "A plane of one grey, 90.",
    ]
    assert all(image["src"].startswith("pictures/00-") for image in images)
    assert {(image["width"], image["height"]) for image in images} == {("60", "40")}
    (still,) = first.select(".still")
    assert still.find_previous("img") == images[1]


def test_an_exercise_has_its_stub_and_folded_up_its_hint_and_its_solution(first):
    hint, solution = first.find_all("details")
    exercise = EXERCISES["00.2"]
    assert not hint.has_attr("open")
    assert exercise.hint in hint.text
    assert solution.find("pre").text.strip() == exercise.solution
    assert hint.find_previous("pre").text.strip() == exercise.stub
    assert "tl.checks" not in first.text


def test_a_term_is_linked_once_in_a_section_and_only_in_running_text(first):
    links = [link.parent for link in first.select(".course-term")]
    assert [link.text for link in links] == ["seed", "seeds", "label spreading"]
    assert links[0].parent.name == "strong"
    assert {link["href"] for link in links} == {
        "glossary.html#term-seed",
        "glossary.html#term-label-spreading",
    }


def test_formulas_are_mathml(first):
    formulas = ["".join(formula.text.split()) for formula in first.find_all("math")]
    assert formulas[:2] == ["−ln\u2061pk", "z0…z9"]
    assert first.select_one("math[display=block]").text


def test_pages_lead_to_the_previous_and_the_next_one(site):
    pages = {name: soup(site / f"{name}.html") for name in ("00_first", "01_second")}
    assert pages["00_first"].select_one("a.next-page")["href"] == "01_second.html"
    assert pages["01_second"].select_one("a.prev-page")["href"] == "00_first.html"


# ---------------------------------------------------------------------------- the pad's networks


def test_the_stored_networks_are_whole_and_small_and_those_of_the_experiment():
    data = repository_data("pad_networks.bin").read_bytes()
    assert hashlib.sha256(data).hexdigest() == RECORD["sha256"]
    sizes = [np.prod(t["shape"]) for net in RECORD["networks"] for t in net["tensors"]]
    assert len(data) == 784 * len(RECORD["example_labels"]) + sum(sizes) < 400_000
    with repository_data("experiment_mnist.csv").open(encoding="utf-8", newline="") as file:
        measured = {
            row["method"]: float(row["accuracy"])
            for row in csv.DictReader(file)
            if (row["labels"], row["seed"]) == (str(RECORD["labels"]), str(RECORD["seed"]))
        }
    for network in RECORD["networks"]:
        assert network["accuracy"] == pytest.approx(measured[network["method"]], abs=0.005)
        assert network["accuracy_packed"] == pytest.approx(network["accuracy"], abs=0.002)


# ---------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def page(site) -> Iterator[Page]:
    """Give a page that fails the tests if it asks for anything outside its folder, or complains."""
    with chromium() as browser:
        browser.set_offline(True)
        foreign = foreign_requests(browser)
        page = browser.new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(request.url))
        yield page
        assert [url for url in foreign if not url.startswith("file:")] == []
        assert faults == []


@pytest.fixture
def visit(page, site):
    def go(name: str, width: int = 1366, scheme: str = "light") -> Page:
        page.set_viewport_size({"width": width, "height": 768})
        page.emulate_media(color_scheme=scheme)
        page.goto((site / name).as_uri())
        return page

    return go


@in_browser
def test_centring_does_what_python_does(page):
    rng, drawings = np.random.default_rng(0), [np.zeros((28, 28), np.uint8)]
    for _ in range(300):  # lopsided ink in a rectangle of any size and place
        drawing, (top, left) = np.zeros((28, 28)), rng.integers(0, 27, 2)
        height, width = rng.integers(1, [29 - top, 29 - left])
        ink = rng.integers(0, 256, (height, width)) * rng.random((1, width)) ** 3
        drawing[top : top + height, left : left + width] = ink * (ink > rng.integers(0, 99))
        drawings.append(drawing.astype(np.uint8))
    script = (HERE / "centring.js").read_text(encoding="utf-8")
    code = f"""text => {{
      {script}
      const centred = [];
      for (const ink of text.split(" ")) {{
        centred.push(btoa(String.fromCharCode(...centre(bytes(ink)))));
      }}
      return centred.join(" ");
      function bytes(ink) {{ return Uint8Array.from(atob(ink), c => c.charCodeAt(0)); }}
    }}"""
    given = " ".join(base64.b64encode(drawing.tobytes()).decode() for drawing in drawings)
    got = [base64.b64decode(text) for text in page.evaluate(code, given).split(" ")]
    got = np.array([np.frombuffer(ink, np.uint8).reshape(28, 28) for ink in got], float)
    expected = np.array([centre_like_mnist(drawing) for drawing in drawings], float)
    np.testing.assert_allclose(got, expected, atol=1)


@in_browser
def test_the_networks_predict_in_the_browser_what_they_predict_in_python(visit):
    page = visit("index.html")
    for k, label in enumerate(RECORD["example_labels"]):
        page.get_by_role("button", name="Show a digit of the test set").click()
        said = page.locator(".tl-pad-text").inner_text()
        expected = f"A handwritten {label}"
        for network in RECORD["networks"]:
            p = network["example_probabilities"][k]
            expected += f". {network['title']}: {np.argmax(p)} ({100 * max(p):.0f}%)"
        assert numbers(said) == pytest.approx(numbers(expected), abs=1)
        assert re.sub(r"\d+%", "%", said) == re.sub(r"\d+%", "%", expected)


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


@in_browser
@pytest.mark.parametrize("width", [1366, 360])
def test_a_drawn_digit_is_recognised_by_the_best_network(visit, width):
    page = visit("index.html", width)
    pad = page.get_by_role("application", name="Pad to draw a digit on")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    corners = [(80, 60), (130, 30), (180, 50), (190, 90), (130, 130), (190, 160), (200, 210)]
    corners += [(140, 250), (70, 220)]
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    expect(page.locator(".network .prediction").last).to_have_text("3")
    expect(page.locator(".tl-pad-text")).to_contain_text("FixMatch: 3 (")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".tl-pad-text")).to_have_text("Draw a digit.")
    expect(page.locator(".network .prediction").last).to_have_text("")


@in_browser
def test_a_digit_is_drawn_with_the_keyboard(visit):
    page = visit("index.html")
    page.get_by_role("application", name="Pad to draw a digit on").focus()
    for key, times in (("ArrowUp", 9), ("Space", 1), ("ArrowDown", 18), ("Space", 1)):
        for _ in range(times):
            page.keyboard.press(key)
    expect(page.locator(".tl-pad-text")).to_contain_text("FixMatch: 1 (")


@in_browser
def test_a_quiz_answers_by_keyboard(visit):
    page = visit("00_first.html")
    question = questions("00")[0]
    group = page.get_by_role("group", name=question.text)
    group.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for choice in question.choices:
        word = "✓ Right." if choice.right else "✗ Not this one."
        expect(group.get_by_role("status")).to_have_text(f"{word} {choice.reason}")
        page.keyboard.press("ArrowDown")


@in_browser
def test_a_term_shows_its_meaning_to_pointer_and_keyboard_until_escape(visit):
    page = visit("00_first.html")
    term = page.get_by_role("link", name="label spreading")
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_hidden()
    term.focus()
    expect(tip).to_have_text("labels < that > pass to neighbours.")
    expect(term).to_have_accessible_description("labels < that > pass to neighbours.")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.get_by_role("link", name="seeds").hover()
    expect(tip).to_have_text("the number that chance begins with.")
    tip.hover()
    expect(tip).to_be_visible()
    page.mouse.move(700, 5)
    expect(tip).to_be_hidden()


@in_browser
def test_search_finds_words_and_terms(visit):
    page = visit("index.html")
    page.get_by_role("textbox", name="Search").fill("momentum")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    expect(results).to_have_count(3)  # the glossary twice: its page and its entry
    found = [result.get_attribute("href") for result in results.all()]
    assert {"01_second.html", "glossary.html#term-momentum"} < set(found)


@in_browser
@pytest.mark.parametrize(("width", "scheme"), [(1366, "light"), (360, "dark")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(visit, site, width, scheme):
    for path in sorted(site.glob("*.html")):
        page = visit(path.name, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE) == [], path.name
