"""The README: its picture, its links and its table of results are those of the course."""

import base64
import json
import re

import pytest
from markdown_it import MarkdownIt

from tlcourse.data.paths import REPOSITORY
from tlcourse.experiment import analysis, results
from tlcourse.plots.style import title

TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ROWS = [row for row in re.findall(r"^\| (.+) \|$", TEXT, re.MULTILINE) if " ± " in row]


def test_links_and_pictures_lead_somewhere():
    tokens = [part for token in MarkdownIt().parse(TEXT) for part in token.children or []]
    targets = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens]
    files = [target for target in targets if target and "://" not in target]
    assert len(files) > 12
    assert [file for file in files if not (REPOSITORY / file).exists()] == []


def test_the_picture_is_what_notebook_00_shows():
    notebook = json.loads((REPOSITORY / "notebooks/00_start_here.ipynb").read_text("utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "together"]
    (shown,) = [output["data"]["image/png"] for output in cell["outputs"] if "data" in output]
    picture = (REPOSITORY / "notebooks/ten_labels.png").read_bytes()
    assert picture == base64.b64decode("".join(shown)), "save the output of that cell there"


def test_every_row_of_results_is_that_of_the_table():
    scores = analysis.means(results.experiment_table())
    titles = {title(name): name for name in scores.index.get_level_values("method")}
    assert len(ROWS) == 9
    for row in ROWS:
        name, *cells = row.split(" | ")
        for labels, cell in zip((10, 50, 100, 1_000, 3_000, 60_000), cells, strict=True):
            if (titles[name], labels) not in scores.index:
                assert cell == "–"
                continue
            found = scores.loc[titles[name], labels]
            mean, half = map(float, cell.split(" ± "))
            assert mean == pytest.approx(found["mean"], abs=0.005)
            assert half == pytest.approx(found["high"] - found["mean"], abs=0.005)
