"""Solutions in the edition for students: out of sight until they are released.

In that edition, which ``editions/student.py`` makes, ``notebook_NN.toml`` holds in the place of a
solution the results that a check compares with, and ``sealed.json`` the solutions, encrypted. In
the instructor's there is no such file, and all solutions are open.
"""

import base64
import copy
import hashlib
import json
import pickle
import secrets
import zlib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from tlcourse.data import DataError, store

FILE = Path(__file__).with_name("sealed.json")
_KEY = "solutions_key"


def solution(name: str, key: str | None = None) -> str | None:
    """Return the solution of an exercise, or a comment that says when it is shown.

    Args:
        name: of the exercise.
        key: what the instructor gave out; one that fits is remembered, for all exercises.

    Returns:
        The code; None where solutions are open, as in the instructor's edition.

    Raises:
        DataError: the key does not fit.
    """
    if not FILE.exists():
        return None
    content = json.loads(FILE.read_text(encoding="utf-8"))
    opens, known = content["opens"], key or store.read(_KEY, None)
    if known is None and opens and date.today() >= date.fromisoformat(opens):
        known = unpack(content["key"])
    if known is None:
        return (
            f"# Not yet: solutions are shown {f'from {opens} on' if opens else 'with a key'}.\n"
            "# If your instructor gave you a key, write it into the cell above:\n"
            f'# tl.checks.solution("{name}", key="...")'
        )
    code = unseal(content["solutions"][name], known)
    if key:
        store.update(_KEY, lambda old: key, None)
    return code


def seal(text: str, key: str) -> str:
    """Return a text encrypted with a key."""
    salt = secrets.token_bytes(16)
    content = text.encode()
    content += hashlib.sha256(content).digest()
    return base64.b85encode(salt + _xor(content, key, salt)).decode()


def unseal(sealed: str, key: str) -> str:
    """Return the text that ``seal`` encrypted.

    Raises:
        DataError: it was another key.
    """
    content = base64.b85decode(sealed)
    content = _xor(content[16:], key, content[:16])
    if hashlib.sha256(content[:-32]).digest() != content[-32:]:
        raise DataError(
            "This key does not open the solutions. Write it exactly as your instructor gave it "
            "out: capital letters, hyphens and all."
        )
    return content[:-32].decode()


def _xor(content: bytes, key: str, salt: bytes) -> bytes:
    # scrypt is slow on purpose, so that a short key is not soon found by trying all.
    stretched = hashlib.scrypt(key.encode(), salt=salt, n=2**13, r=8, p=1)
    stream = hashlib.shake_256(stretched).digest(len(content))
    return bytes(a ^ b for a, b in zip(content, stream, strict=True))


def pack(value: Any) -> str:
    """Return a value in a form in which nobody reads it by accident. It is no encryption."""
    return base64.b85encode(zlib.compress(pickle.dumps(value), 9)).decode()


def unpack(packed: str) -> Any:
    """Return what was packed; only for what comes with the course, as it may run code."""
    return pickle.loads(zlib.decompress(base64.b85decode(packed)))


def record(function: Callable, cases: Iterable[tuple]) -> str:
    """Return, packed, what a function returns for the arguments of each case, or raises."""
    results: list[tuple[Any, tuple[str, str] | None]] = []
    for case in cases:
        try:
            result = function(*copy.deepcopy(case))
            # A tensor as an array, which needs no TensorFlow to be read.
            results.append((result.numpy() if hasattr(result, "numpy") else result, None))
        except Exception as error:
            results.append((None, (type(error).__name__, str(error))))
    return pack(results)


def replay(packed: str) -> Callable:
    """Return a function that gives what was recorded, one case at each call."""
    results = iter(unpack(packed))

    def recorded(*_: Any) -> Any:
        result, error = next(results)
        if error:
            raise type(error[0], (Exception,), {})(error[1])
        return result

    return recorded
