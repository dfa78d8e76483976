"""The learner's own copies of the notebooks, in ``my/``: made, brought up to date, and reset.

The originals stay as they are, so that the course can be updated; no answer is lost.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tlcourse.data.errors import DataError
from tlcourse.data.paths import REPOSITORY, atomic_write
from tlcourse.data.validation import check_choice

ORIGINALS, COPIES = REPOSITORY / "notebooks", REPOSITORY / "my"
_STATE = ".course.json"  # for each copy, the digest of the original that it was made from
_EARLIER = "earlier"  # the folder of copies that were replaced


def update(originals: Path = ORIGINALS, copies: Path = COPIES) -> list[str]:
    """Copy notebooks that are new or have changed; a copy that the learner has worked in is kept.

    Where both have changed, the new version gets the learner's answers to the exercises, and what
    the copy was before is kept in ``earlier``. Outputs do not count as work: whoever only ran a
    notebook gets the new one.

    Args:
        originals: the folder of the course's notebooks.
        copies: the folder of the learner; made if it is not there.

    Returns:
        A sentence for each notebook in which the learner had worked, and which has changed.

    Raises:
        DataError: the copies cannot be written.
    """
    told = []
    try:
        copies.mkdir(parents=True, exist_ok=True)
        state = _read_state(copies)
        for original in sorted(originals.iterdir()):
            copy = copies / original.name
            if original.suffix != ".ipynb":
                if original.is_file() and original.name[0] != ".":
                    _write(copy, original.read_bytes())  # pictures and the glossary
                continue
            new, made_from = _digest(original), state.get(original.name)
            if not copy.exists():
                _write(copy, original.read_bytes())
            elif new != made_from:
                worked_in = _digest(copy) not in (made_from, new)
                if worked_in:
                    kept = _put_away(copy)
                    told.append(
                        f"{original.name} has changed. Your answers were taken over; your copy of "
                        f"before is {kept.relative_to(copies.parent)}."
                    )
                    _write(copy, _with_answers(original, kept))
                else:
                    _write(copy, original.read_bytes())
            state[original.name] = new
            _write(copies / _STATE, json.dumps(state, indent=1).encode())
    except OSError as error:
        raise DataError(
            f"The copies of the notebooks cannot be written to {copies} ({error.strerror}). Free "
            "some space, or correct its permissions."
        ) from error
    return told


def reset(names: Sequence[str], originals: Path = ORIGINALS, copies: Path = COPIES) -> list[str]:
    """Make copies anew, without the learner's answers; what they were before is kept.

    Args:
        names: numbers of notebooks, like ``"07"``, or ``"all"``.
        originals: the folder of the course's notebooks.
        copies: the folder of the learner.

    Returns:
        A sentence for each.

    Raises:
        DataError: no such notebook, or the copies cannot be written.
    """
    known = {path.name[:2]: path for path in sorted(originals.glob("*.ipynb"))}
    chosen = (
        known if list(names) == ["all"] else [check_choice(n, known, "notebook") for n in names]
    )
    told = []
    for number in chosen:
        copy = copies / known[number].name
        if copy.exists():
            kept = _put_away(copy)
            told.append(f"{copy.name} is new; before it was {kept.relative_to(copies.parent)}.")
    update(originals, copies)
    return told


def _digest(notebook: Path) -> str:
    """Return the SHA-256 of what stands in the cells, outputs aside; of a damaged file, of all."""
    content = notebook.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        content = json.dumps([_source(cell) for cell in cells]).encode()
    except (ValueError, KeyError, TypeError):
        pass
    return hashlib.sha256(content).hexdigest()


def _source(cell: dict) -> str:
    # JupyterLab writes lists of lines, other programs one text.
    return "".join(cell["source"])


def _with_answers(original: Path, earlier: Path) -> bytes:
    """Return the original with the sources of the exercises' cells in an earlier copy."""
    notebook = json.loads(original.read_bytes())
    try:
        cells = json.loads(earlier.read_bytes())["cells"]
        answers = {_exercise(cell): cell["source"] for cell in cells}
    except (ValueError, KeyError, TypeError):  # damaged; it is kept as it is
        answers = {}
    for cell in notebook["cells"]:
        exercise = _exercise(cell)
        if exercise and exercise in answers:
            cell["source"] = answers[exercise]
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _exercise(cell: dict) -> str:
    tags = cell.get("metadata", {}).get("tags", [])
    return next((tag for tag in tags if tag.startswith("exercise-")), "")


def _put_away(copy: Path) -> Path:
    """Move a copy to the folder of earlier ones, under a name of its own; return where it is."""
    folder = copy.parent / _EARLIER
    folder.mkdir(exist_ok=True)
    stem = f"{copy.stem} {datetime.now():%Y-%m-%d %H.%M}"
    target, number = folder / f"{stem}{copy.suffix}", 1
    while target.exists():
        number += 1
        target = folder / f"{stem} ({number}){copy.suffix}"
    return Path(shutil.move(copy, target))


def _read_state(copies: Path) -> dict[str, str]:
    try:
        state = json.loads((copies / _STATE).read_text(encoding="utf-8"))
        return state if isinstance(state, dict) else {}
    except (FileNotFoundError, ValueError):
        return {}


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as part:
        part.write_bytes(content)
