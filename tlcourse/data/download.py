"""Fetching one file from public mirrors: checked by its content, written whole, fetched once.

``fetch`` is all that other modules need. pooch talks to the servers; here are the mirrors, the
lock, the checks, and an end to servers that hardly send anything.
"""

import contextlib
import errno
import glob
import gzip
import hashlib
import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from tlcourse.data.errors import DataError
from tlcourse.data.paths import atomic_write, put_aside

MIN_BYTES_PER_SECOND = 1_000  # a server below this is given up
LOCK_TIMEOUT = 2.0  # seconds of silent waiting for another process that fetches the same file
_CHUNK = 1_024  # bytes; what arrives is looked at after each of them
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def open_decompressed(path: Path) -> BinaryIO:
    """Open a file for reading; gzip is undone, whatever the file's name says."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if zipped else path.open("rb")


def sha256_decompressed(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal, after undoing gzip."""
    with open_decompressed(path) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@dataclass(frozen=True)
class RemoteFile:
    """A file that public servers offer, known by what it contains.

    Attributes:
        name: where it belongs, relative to the folder given to ``fetch``.
        urls: the mirrors, tried in turn.
        digest: the digest of the right content, as ``content_digest`` computes it.
        content_digest: takes the path of a file and returns its digest; may raise
            OSError, EOFError, zlib.error, ValueError or KeyError for a file it cannot read.
        other_names: names under which a copy that is already there is accepted too.
        folder_variable: the environment variable that names the folder, for messages.
    """

    name: str
    urls: tuple[str, ...]
    digest: str
    content_digest: Callable[[Path], str] = sha256_decompressed
    other_names: tuple[str, ...] = ()
    folder_variable: str = "TLCOURSE_DATA_DIR"

    def copies(self, folder: Path) -> list[Path]:
        """Return the copies in ``folder``, good or damaged."""
        paths = [folder / name for name in (self.name, *self.other_names)]
        return [path for path in paths if os.path.isfile(path)]  # never raises

    def matches(self, path: Path) -> bool:
        """Tell whether the file at ``path`` has the right content.

        Raises:
            OSError: the file cannot be opened.
        """
        with path.open("rb"):  # a file that may not be read is not a damaged one
            pass
        try:
            return self.content_digest(path) == self.digest
        except (OSError, EOFError, zlib.error, ValueError, KeyError):
            return False


def offline() -> bool:
    """Tell whether ``TLCOURSE_OFFLINE`` forbids to use the network."""
    return os.environ.get("TLCOURSE_OFFLINE", "") not in ("", "0")


def fetch(
    file: RemoteFile, folder: Path, *, connect_timeout: float = 8, read_timeout: float = 20
) -> Path:
    """Return the path of a good copy of ``file`` in ``folder``; download it if there is none.

    A copy that is already there is used as it is, and nothing is written. Otherwise the mirrors
    are tried in turn. ``folder`` never shows a half or unchecked file: the content is verified
    before the file gets its name, and another one under that name is put aside, not lost.
    Processes that want the same file at once download it once.

    Args:
        file: what to fetch.
        folder: where it belongs; made when it does not exist.
        connect_timeout: seconds in which a server must accept the connection.
        read_timeout: seconds in which a server must send something, and over which it must send
            ``MIN_BYTES_PER_SECOND`` at least.

    Raises:
        DataError: no good copy is there and none can be had, or there is no room for it.
    """
    path = folder / file.name
    try:
        if good := _good_copy(file, folder):
            return good
        if offline():
            raise DataError(
                f"{_state(file, folder)}, and nothing is downloaded while TLCOURSE_OFFLINE is set. "
                f"Unset it, or put the file from {file.urls[0]} into {path.parent} yourself "
                f"({file.folder_variable} can name another folder)."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path.parent):
            # Whoever was waited for may have fetched it.
            return _good_copy(file, folder) or _from_a_mirror(
                file, folder, connect_timeout, read_timeout
            )
    except OSError as error:
        if error.errno in _FULL:
            raise _no_room(file, path) from error
        raise DataError(
            f"{_state(file, folder)}, and {error.filename or path.parent} cannot be used "
            f"({error.strerror}). Correct that, or let {file.folder_variable} name a folder in "
            "which you may write."
        ) from error


def _from_a_mirror(
    file: RemoteFile, folder: Path, connect_timeout: float, read_timeout: float
) -> Path:
    """Download ``file`` from the first mirror that has it; only under the folder's lock."""
    path = folder / file.name
    # Temporary files of ``atomic_write`` whose process was killed; the lock says it is dead.
    for left_over in path.parent.glob(f".????????.{glob.escape(path.name)}"):
        left_over.unlink(missing_ok=True)
    if file.copies(folder):
        print(f"{_state(file, folder)}; fetching a good copy.")
    failures = []
    for url in file.urls:
        host = urlsplit(url).netloc
        try:
            with atomic_write(path) as part:
                _transfer(url, part, path.name, connect_timeout, read_timeout)
                if not file.matches(part):
                    raise _MirrorError("wrong content")
                if path.exists():  # damaged, or the user's own
                    print(f"The file that was there is kept as {put_aside(path)}.")
            return path
        except _MirrorError as failure:
            failures.append(f"{host}: {failure}")
    raise DataError(
        f"{_state(file, folder)}, and no mirror gave a good copy ({'; '.join(failures)}). Check "
        f"the network and try again, or put the file from {file.urls[0]} into {path.parent} "
        f"yourself ({file.folder_variable} can name another folder)."
    )


def _good_copy(file: RemoteFile, folder: Path) -> Path | None:
    return next((copy for copy in file.copies(folder) if file.matches(copy)), None)


def _state(file: RemoteFile, folder: Path) -> str:
    """Say in a few words that the file is damaged, unreadable or missing."""
    for copy in file.copies(folder):
        try:
            if not file.matches(copy):
                return f"{copy} is damaged (its content is not the expected one)"
        except OSError:
            return f"{copy} cannot be read"
    return f"{Path(file.name).name} is not in {(folder / file.name).parent}"


def _no_room(file: RemoteFile, path: Path) -> DataError:
    return DataError(
        f"There is no room for {path.name} in {path.parent}: that disk or quota is full. Free some "
        f"space and try again, or use another disk ({file.folder_variable} can name another "
        "folder)."
    )


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time download into ``folder``; say so when it takes long."""
    import filelock

    # The system frees the lock when its owner dies, so a killed download locks nobody out.
    lock = filelock.FileLock(folder / ".download.lock")
    try:
        lock.acquire(timeout=LOCK_TIMEOUT)
    except filelock.Timeout:
        print(f"Another notebook or program is fetching files into {folder}; waiting for it …")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _transfer(url: str, part: Path, name: str, connect_timeout: float, read_timeout: float) -> None:
    """Write what ``url`` gives to ``part``, with a progress bar that names the file.

    Raises:
        _MirrorError: the server or the way to it failed, or was too slow.
        OSError: the file cannot be written.
    """
    import pooch
    from tqdm.auto import tqdm

    title = f"{name} from {urlsplit(url).netloc}"
    with (
        part.open("wb") as file,
        tqdm(desc=title, total=1, unit="B", unit_scale=True) as bar,
    ):
        download = pooch.HTTPDownloader(
            progressbar=bar,
            chunk_size=_CHUNK,
            timeout=(connect_timeout, read_timeout),
            headers={"Accept-Encoding": "identity"},  # else a server may unzip the .gz for us
        )
        try:
            download(url, _Watched(file, read_timeout), None)
        except (_MirrorError, OSError) as error:
            if isinstance(error, _MirrorError) or error.errno is not None:
                raise
            raise _MirrorError(_reason(error)) from error  # requests' errors are OSErrors
        except Exception as error:  # whatever it is, the other mirrors are still to be tried
            raise _MirrorError(_reason(error)) from error


class _MirrorError(Exception):
    """One mirror did not give the file; the message says why in a few words."""


class _Watched:
    """A file to write to, which gives up when too little arrives over some seconds."""

    def __init__(self, file: BinaryIO, seconds: float) -> None:
        self._file, self._seconds = file, seconds
        self._since, self._arrived = time.monotonic(), 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._arrived += len(chunk)
        passed = time.monotonic() - self._since
        if passed > self._seconds:
            if self._arrived < MIN_BYTES_PER_SECOND * passed:
                raise _MirrorError(f"timed out, almost nothing in {self._seconds:g} s")
            self._since, self._arrived = time.monotonic(), 0

    def flush(self) -> None:
        self._file.flush()


def _reason(error: BaseException) -> str:
    """Say in a few words why a request failed."""
    from requests import exceptions as requests
    from urllib3 import exceptions as urllib3

    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)

    def caused_by(*kinds):
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    if cut := caused_by(urllib3.IncompleteRead):
        return f"truncated after {cut.partial:,} of {cut.partial + cut.expected:,} bytes"
    if caused_by(requests.SSLError, urllib3.SSLError):
        return "no secure connection"
    if caused_by(requests.ProxyError):
        return "no network, or the proxy is down"
    if caused_by(urllib3.NewConnectionError):
        return "no network, or the server is down"
    if caused_by(requests.Timeout, urllib3.TimeoutError):  # after those, which are of that kind
        return "timed out, no answer"
    if caused_by(requests.ConnectionError):
        return "connection lost"
    return f"failed with {type(error).__name__}"
