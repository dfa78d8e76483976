"""``make site``: the whole course as pages that a browser opens from a folder, without a network.

The notebooks are shown as they are stored; nothing is executed. Sphinx with myst-nb makes the
pages and their search. Quizzes answer in the page, terms show their definitions, and on the first
page three small networks run in the browser.
"""

import argparse
import base64
import io
import json
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.console import strip_escape_sequences
from sphinx.util.docutils import docutils_namespace, patch_docutils

from editions.folders import replaced
from editions.site_cells import write_page
from editions.site_sphinx import glossary_page, read_glossary
from tlcourse.data import DataError
from tlcourse.data.paths import REPOSITORY, repository_data

NOTEBOOKS = REPOSITORY / "notebooks"
HERE = Path(__file__).with_name("site")
PAD = REPOSITORY / "tlcourse" / "widgets" / "pad.js"
# TensorFlow.js: the packages tfjs-core and tfjs-backend-cpu 4.22.0, as they are published.
RUNTIME = ("tf-core.es2017.min.js", "tf-backend-cpu.es2017.min.js", "tfjs-LICENSE.txt")
TITLE = "Transfer learning with convolutional networks"
SETTINGS = {
    "project": TITLE,
    "html_title": TITLE,
    "language": "en",
    "extensions": ["myst_nb", "editions.site_sphinx"],
    "nb_execution_mode": "off",
    "nb_mime_priority_overrides": [("html", "text/html", 0)],
    "nb_ipywidgets_js": {},
    "myst_enable_extensions": ["colon_fence", "dollarmath"],
    "html_math_renderer": "mathml",
    "html_theme": "furo",
    "templates_path": [str(HERE)],
    "html_static_path": [str(HERE / name) for name in ("site.css", "site.js", *RUNTIME)],
    "html_css_files": ["site.css"],
    "html_js_files": [(name, {"defer": "defer"}) for name in ("terms.js", "site.js")],
    "html_show_search_summary": False,  # a page in a folder may not read the others
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_copy_source": False,
    "html_use_index": False,
    "html_extra_path": ["extra"],
}


def main(arguments: list[str] | None = None) -> int:
    """Make the site, say where it is; return 0."""
    parser = argparse.ArgumentParser(prog="python -m editions.site", description=__doc__)
    default = REPOSITORY / "build" / "site"
    parser.add_argument("--out", type=Path, default=default, help="folder of the site")
    out = parser.parse_args(arguments).out.resolve()
    try:
        build(out)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The site is ready; open it in a browser: {(out / 'index.html').as_uri()}")
    return 0


def build(out: Path, notebooks: Path = NOTEBOOKS) -> None:
    """Make the site, in the place of an earlier one.

    Args:
        out: its folder. It appears when the site is complete; until then, an older one stays.
        notebooks: the folder of the notebooks and of ``glossary.md``.

    Raises:
        DataError: ``out`` holds something else, there are no notebooks, or pages have faults.
    """
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise DataError(f"There are no notebooks in {notebooks}; the site is made of them.")
    with replaced(out, ".buildinfo", "site of the course") as made:
        source = made.with_name("source")
        pictures = source / "extra" / "pictures"
        pictures.mkdir(parents=True)
        for path in paths:
            write_page(path, source, pictures)
        glossary = read_glossary(notebooks / "glossary.md")
        (source / "glossary.md").write_text(glossary_page(glossary), encoding="utf-8")
        index = (HERE / "index.md").read_text(encoding="utf-8")
        chapters = "\n".join(path.stem for path in paths)
        (source / "index.md").write_text(index.replace("CHAPTERS", chapters), encoding="utf-8")
        _run_sphinx(source, made, SETTINGS | {"course_glossary": glossary})
        (made / "_static" / "pad_networks.js").write_text(pad_networks_script(), encoding="utf-8")
        (made / "_static" / "pad.js").write_text(pad_script(), encoding="utf-8")


def pad_networks_script() -> str:
    """Return the networks of the pad as a script: what a page in a folder may load."""
    record = json.loads(repository_data("pad_networks.json").read_text(encoding="utf-8"))
    data = base64.b64encode(repository_data("pad_networks.bin").read_bytes()).decode()
    return f"window.padNetworks = {json.dumps({**record, 'data': data}, ensure_ascii=False)};\n"


def pad_script() -> str:
    """Return the pad of the notebooks and what surrounds it on the site as one plain script.

    A page in a folder may not load modules.
    """
    widget = PAD.read_text(encoding="utf-8").replace("export default", "const widget =")
    rest = [(HERE / name).read_text(encoding="utf-8") for name in ("centring.js", "pad.js")]
    return "\n".join(["(() => {", widget, *rest, "})();\n"])


def _run_sphinx(source: Path, made: Path, settings: dict) -> None:
    said = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            source,
            None,
            made,
            source.with_name("doctrees"),
            "html",
            settings,
            status=None,
            warning=said,
        )
        app.build()
    if faults := strip_escape_sequences(said.getvalue()).replace(f"{source}/", "").strip():
        raise DataError(f"The site was not made, since its pages have faults:\n{faults}")


if __name__ == "__main__":
    sys.exit(main())
