"""The decks: what their slides and the speaker's notes hold, and what they do in a browser.

They are made of two small notebooks that have one cell of each kind.
"""

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from lab import AXE, CHROMIUM, RUN_AXE, chromium, foreign_requests
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import expect
from stored import figure

from editions.slide_cells import CODE_LINES, divided, first_sentences
from editions.slides import build, main
from tlcourse.checks.exercise import EXERCISES
from tlcourse.checks.quiz import questions
from tlcourse.data import DataError

WAIT = 60_000  # milliseconds, on a busy machine
LAB = "http://localhost:8888/lab/tree/my/00_first.ipynb"


LONG = "\n".join(["one = 1  # " + 89 * "x", *[f"line_{k} = {k}" for k in range(2, 23)]])
FIRST = [
    new_markdown_cell("# 00 · First\n\nThe start."),
    new_markdown_cell(
        "## 1 · A part\n\nShown, e.g. by *Lee et al.* Both. "
        + "This is said only. " * 20
        + "\n\nAlso "
        "said, with [the second](01_second.ipynb)."
    ),
    new_code_cell(LONG, id="long", outputs=[new_output("stream", text="\x1b[1mhello\x1b[0m <1>")]),
    new_markdown_cell("Read the output like this."),
    new_markdown_cell("A table says it:\n\n| a | b |\n| - | - |\n| 1 | two |\n\n$$\\frac{a}{b}$$"),
    new_code_cell("plain", id="plain", outputs=[figure(200)]),
    new_code_cell("moving", id="moving", outputs=[figure(90, widget=True)]),
    new_markdown_cell("## 2 · Quiz\n\nAnswer."),
    new_code_cell('tl.widgets.quiz("00")', outputs=[figure(80)]),
    new_markdown_cell(
        "## Exercises\n\n### Exercise 00.2 · One\n\nDo it. " + "And all of it. " * 40
    ),
    new_code_cell(EXERCISES["00.2"].stub, id="stub"),
    new_code_cell('tl.checks.check("00.2", accuracy)'),
    new_code_cell('tl.checks.solution("00.2")'),
]
SECOND = [new_markdown_cell("# 01 · Second\n\nBack to [the first](00_first.ipynb).")]


@pytest.fixture(scope="module")
def slides(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    for name, cells in (("00_first", FIRST), ("01_second", SECOND)):
        write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    (folder / "00.md").write_text("# 00\n\n## What learners ask\n\n- Why?", encoding="utf-8")
    build(folder / "slides", folder, instructors=folder)
    return folder / "slides"


@pytest.fixture(scope="module")
def sections(slides) -> list[list[Tag]]:
    page = soup(slides / "00_first.html")
    return [part.find_all("section") for part in page.select(".slides > section")]


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def shown(slide: Tag) -> str:
    return slide.select_one(".body").text


def notes(slide: Tag) -> str:
    return slide.select_one("aside.notes").text


def test_each_section_begins_with_its_first_sentences_and_the_rest_is_said(sections):
    assert [part[0].find("h2").text for part in sections] == [
        "00 · First",
        "1 · A part",
        "2 · Quiz",
        "Exercise 00.2 · One",
    ]
    part = sections[1][0]
    assert shown(part).strip().startswith("Shown, e.g. by Lee et al. Both.")
    assert len(shown(part)) < 300 < len(notes(part))
    assert "Also" not in shown(part)
    assert part.select_one("aside a")["href"] == "01_second.html"


def test_the_instructors_page_comes_first_in_the_notes(sections):
    assert re.search(r"(?s)What learners ask.*Why\?.*The start\.", notes(sections[0][0]))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("One. Two. Three.", 9, "One. Two."),
        ("A long first one. Two.", 3, "A long first one."),
        ("**Is it?** Lee et al. (2013) say so, e.g. here. No.", 40, "**Is it?**"),
    ],
)
def test_first_sentences_are_whole(text, limit, expected):
    assert first_sentences(text, limit) == expected


def test_long_code_is_divided_where_a_reader_would(sections):
    first, second = sections[1][1:3]
    assert shown(first).strip() + "\n" + shown(second).split("hello")[0].strip() == LONG
    assert shown(second).strip().endswith("hello <1>")
    assert "Read the output like this." in notes(second)
    functions = "\n".join(f"def f_{k}():\n    pass\n    return {k}\n\n" for k in range(5))
    assert [part.count("def ") for part in divided(functions)] == [2, 3]
    deep = "def f():\n" + "    pass\n" * 20
    assert divided(deep) == [deep.strip("\n")]
    assert all(len(part.split("\n")) <= CODE_LINES for part in divided("\n".join([LONG] * 5)))


def test_tables_and_formulas_are_shown(sections):
    slide = sections[1][3]
    assert slide.find("td").text == "1"
    assert slide.find("mfrac")


def test_figures_share_a_slide_with_short_code_and_keep_their_alt_text(sections, slides):
    plain, moving = sections[1][4:]
    assert [slide.find("img")["alt"] for slide in (plain, moving)] == [
        "A plane of one grey, 200.",
        "A plane of one grey, 90.",
    ]
    assert plain.find("pre").text.strip() == "plain"
    assert (slides / plain.find("img")["src"]).is_file()
    assert not plain.select(".still")
    assert moving.select_one(".still")


def test_right_answers_and_hints_are_the_speakers(sections):
    asked = questions("00")
    assert len(sections[2]) == 1 + len(asked)
    for slide, question in zip(sections[2][1:], asked, strict=True):
        (right,) = (choice for choice in question.choices if choice.right)
        assert [item.text for item in slide.select(".body li")] == [
            choice.text for choice in question.choices
        ]
        assert f"✓ Right: {right.text}" in notes(slide)
        assert right.reason not in shown(slide)
    (exercise,) = sections[3]
    assert shown(exercise).count("And all of it.") == 40
    assert shown(exercise).strip().endswith(EXERCISES["00.2"].stub.strip())
    assert EXERCISES["00.2"].hint in notes(exercise)
    assert EXERCISES["00.2"].solution not in exercise.text


def test_every_slide_of_a_cell_leads_to_that_cell(sections):
    links = [slide.select_one(".foot .live") for part in sections for slide in part]
    assert [link["href"].removeprefix(LAB) for link in links if link] == [
        "",
        *[f"#cell-id={name}" for name in ("long", "long", "plain", "moving", "stub")],
    ]


def test_every_other_link_leads_to_a_file_of_the_folder(slides):
    pages = sorted(slides.glob("*.html"))
    assert [page.stem for page in pages] == ["00_first", "01_second", "index"]
    for page in pages:
        for element in soup(page).select("[href]:not(.live), [src]"):
            target = element.get("href") or element["src"]
            assert (slides / target).is_file(), element


def test_what_is_no_deck_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["--out", str(tmp_path)]) == 1
    assert "is no folder of slides of the course, and would be" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(DataError, match="no notebooks in"):
        build(tmp_path / "slides", tmp_path)


@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_deck_is_shown_from_its_folder_by_keyboard(slides, tmp_path):
    folder = shutil.copytree(slides, tmp_path / "elsewhere with spaces")
    with chromium() as browser:
        foreign, faults = foreign_requests(browser), []
        browser.route("http://localhost:8888/**", lambda route: route.fulfill(body="the lab"))
        page = browser.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.emulate_media(color_scheme="light")
        page.goto((folder / "00_first.html").as_uri())
        slide = page.locator("section.present > section.present")
        expect(slide).to_contain_text("The start.", timeout=WAIT)
        assert slide.bounding_box()["height"] > 600
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        expect(popup.value.locator(".speaker-controls-notes")).to_contain_text("Why?", timeout=WAIT)
        popup.value.close()

        page.keyboard.press("Space")
        page.keyboard.press("Space")
        expect(slide).to_contain_text("one = 1", timeout=WAIT)
        code = slide.locator("pre")
        assert code.evaluate("pre => parseFloat(getComputedStyle(pre).fontSize)") >= 22
        assert code.evaluate("pre => [pre.scrollWidth - pre.clientWidth, pre.scrollLeft]") == [0, 0]
        with page.expect_popup() as popup:
            page.keyboard.press("j")
        popup.value.wait_for_url(f"{LAB}#cell-id=long")
        popup.value.close()
        page.bring_to_front()

        page.add_script_tag(content=AXE)
        for theme in ("light", "dark"):
            assert page.locator("html").get_attribute("data-theme") == theme
            assert page.evaluate(RUN_AXE) == []
            page.keyboard.press("d")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        expect(slide.locator("img")).to_have_attribute(
            "alt", "A plane of one grey, 200.", timeout=WAIT
        )
        box = slide.locator("img").bounding_box()
        assert box["height"] > 350
        assert box["width"] / box["height"] == pytest.approx(1.5, rel=0.02)
        page.goto((folder / "index.html").as_uri())
        page.add_script_tag(content=AXE)
        assert page.evaluate(RUN_AXE) == []
    assert {url for url in foreign if not url.startswith(("file:", LAB))} == set()
    assert faults == []
