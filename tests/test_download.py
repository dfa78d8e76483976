"""Downloads go wrong in many ways; each is really produced here, on servers on this machine."""

import contextlib
import gzip
import hashlib
import http.server
import random
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import child_process
import pytest

from tlcourse.data.download import RemoteFile, fetch
from tlcourse.data.errors import DataError

CONTENT = random.Random(0).randbytes(200_000)
ZIPPED = gzip.compress(CONTENT, compresslevel=1)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = "set/values.gz"


class Mirror(http.server.ThreadingHTTPServer):
    """A server that counts its requests and behaves as ``behaviour`` tells."""

    daemon_threads = True

    def __init__(self, behaviour):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.requests = 0
        self.started = threading.Event()  # a request came in, and is half-way if it stalls
        self.go_on = threading.Event()  # lets a stalling request end
        self.url = f"http://127.0.0.1:{self.server_port}/values.gz"

    def handle_error(self, request, client_address):
        """Keep quiet about clients that went away: that is what the tests are about."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        self.server.behaviour(self)

    def log_message(self, *_):
        pass

    def answer(self, body, length=None):
        """Send ``body``; say that it has ``length`` bytes, or with 0 say nothing of that."""
        self.send_response(200)
        if length != 0:
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def wait(self):
        self.server.started.set()
        self.server.go_on.wait(100)

    def drip(self, byte):
        with contextlib.suppress(OSError):
            while not self.server.go_on.wait(0.2):
                self.wfile.write(byte)


HALF = ZIPPED[:50_000]


def good(handler):
    handler.answer(ZIPPED)


def missing(handler):
    handler.send_error(404)


def corrupted(handler):
    handler.answer(gzip.compress(CONTENT[:-1] + b"?", compresslevel=1))


def stalling(handler):
    handler.answer(HALF, length=len(ZIPPED))
    handler.wait()


def slow_start(handler):
    handler.wait()
    handler.answer(ZIPPED)


def dripping(handler):
    handler.answer(b"", length=len(ZIPPED))
    handler.drip(b"x" * 100)


SLOW_READ = {"read_timeout": 1.0}
# What servers do wrong, the words for it, and for those that only a time-out ends, the time-out.
FAULTS = {
    "missing": (missing, "HTTP 404", {}),
    "truncated": (
        lambda handler: handler.answer(HALF, length=len(ZIPPED)),
        f"truncated after 50,000 of {len(ZIPPED):,} bytes",
        {},
    ),
    "cut without length": (lambda handler: handler.answer(HALF, length=0), "wrong content", {}),
    "corrupted": (corrupted, "wrong content", {}),
    "login page": (lambda handler: handler.answer(b"<html>Please log in"), "wrong content", {}),
    "silent": (Handler.wait, "timed out, no answer", SLOW_READ),
    "stalling": (stalling, "timed out, no answer", SLOW_READ),
    "dripping": (dripping, "timed out, almost nothing in 1", {"read_timeout": 1}),
    "hanging up": (
        lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
        "connection lost",
        {},
    ),
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """These servers are on this machine, whatever proxy its network needs."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def mirror():
    """Return a function that starts a server with the given behaviour."""
    with contextlib.ExitStack() as servers:

        def start(behaviour):
            server = servers.enter_context(Mirror(behaviour))
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            servers.callback(thread.join)
            servers.callback(server.shutdown)
            servers.callback(server.go_on.set)
            return server

        yield start


def wanted(*urls):
    return RemoteFile(NAME, tuple(urls), DIGEST)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def files(folder):
    """Return what is in the folder, without the lock."""
    return sorted(path.name for path in (folder / "set").iterdir() if path.suffix != ".lock")


def failure(file, folder, **timeouts) -> str:
    """Return the one paragraph with which fetching fails."""
    with pytest.raises(DataError) as caught:
        fetch(file, folder, **timeouts)
    message = str(caught.value)
    assert "\n" not in message
    assert "TLCOURSE_DATA_DIR" in message  # how to fix it
    return message


def child(code, folder, *urls):
    """Start a Python process that has ``fetch``, ``file`` and ``folder``, and runs ``code``."""
    start = (
        "import sys\nfrom pathlib import Path\nfrom tlcourse.data import download\n"
        f"file = download.RemoteFile({NAME!r}, tuple(sys.argv[2:]), {DIGEST!r})\n"
        "folder = Path(sys.argv[1])\n"
    )
    return child_process.start(start + code, folder, *urls)


FETCH = "download.fetch(file, folder)\n"


@pytest.mark.parametrize(("body", "length"), [(ZIPPED, None), (CONTENT, 0)])
def test_fetched_and_checked(mirror, tmp_path, body, length, capsys):
    server = mirror(lambda handler: handler.answer(body, length))
    path = fetch(wanted(server.url), tmp_path)
    assert path == tmp_path / NAME
    assert files(tmp_path) == ["values.gz"]
    shown = capsys.readouterr()
    assert f"values.gz from 127.0.0.1:{server.server_port}" in shown.err  # the bar
    assert fetch(wanted(server.url), tmp_path) == path
    assert server.requests == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_server(mirror, tmp_path, fault):
    behaviour, words, timeouts = FAULTS[fault]
    bad, fine = mirror(behaviour), mirror(good)
    message = failure(wanted(bad.url), tmp_path, **timeouts)
    assert f"127.0.0.1:{bad.server_port}: {words}" in message
    assert "values.gz is not in" in message
    assert bad.url in message
    assert files(tmp_path) == []
    # With a second mirror the same fault costs nothing but time. (A busy machine may need more
    # than a second for a good answer.)
    timeouts = dict.fromkeys(timeouts, 2)
    assert fetch(wanted(bad.url, fine.url), tmp_path, **timeouts).read_bytes() == ZIPPED
    assert files(tmp_path) == ["values.gz"]


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_no_network(tmp_path, monkeypatch, host):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    url = f"http://{host}:{closed_port()}/values.gz"
    message = failure(wanted(url), tmp_path, connect_timeout=30)
    assert "no network, or the server is down" in message
    assert files(tmp_path) == []


def test_every_mirror_is_named_with_its_fault(mirror, tmp_path):
    servers = [mirror(missing), mirror(FAULTS["truncated"][0]), mirror(corrupted)]
    message = failure(wanted(*(server.url for server in servers)), tmp_path)
    order = [message.index(words) for words in ("HTTP 404", "truncated", "wrong content")]
    assert order == sorted(order)


def test_offline(mirror, tmp_path, monkeypatch):
    server = mirror(good)
    monkeypatch.setenv("TLCOURSE_OFFLINE", "1")
    message = failure(wanted(server.url), tmp_path)
    assert "TLCOURSE_OFFLINE is set" in message
    assert server.requests == 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def damaged(tmp_path) -> Path:
    """Return a half file under the name of the right one."""
    path = tmp_path / NAME
    path.parent.mkdir()
    path.write_bytes(ZIPPED[:1000])
    return path


def test_another_file_of_that_name_is_replaced_and_kept_aside(mirror, damaged, tmp_path, capsys):
    server = mirror(good)
    asides = [f"{damaged}.damaged", f"{damaged}.damaged2"]
    for aside, content in zip(asides, (ZIPPED[:1000], b"my own"), strict=True):
        damaged.write_bytes(content)
        assert fetch(wanted(server.url), tmp_path).read_bytes() == ZIPPED
        shown = capsys.readouterr().out
        assert f"{damaged} is damaged" in shown
        assert f"The file that was there is kept as {aside}." in shown
        assert Path(aside).read_bytes() == content
    assert files(tmp_path) == ["values.gz", "values.gz.damaged", "values.gz.damaged2"]


@pytest.mark.parametrize("behaviour", [missing, corrupted])
def test_a_damaged_file_that_cannot_be_replaced_stays(mirror, damaged, tmp_path, behaviour):
    assert f"{damaged} is damaged" in failure(wanted(mirror(behaviour).url), tmp_path)
    assert damaged.read_bytes() == ZIPPED[:1000]
    assert files(tmp_path) == ["values.gz"]


@pytest.mark.parametrize("error", [KeyError("no such tensor"), ValueError("no HDF5")])
def test_any_digest_of_the_content(mirror, tmp_path, error):
    server = mirror(good)

    def unreadable(path):
        raise error

    file = RemoteFile(NAME, (server.url,), "12", content_digest=unreadable)
    assert "wrong content" in failure(file, tmp_path)
    file = RemoteFile(NAME, (server.url,), "12", content_digest=lambda path: "12")
    assert fetch(file, tmp_path).read_bytes() == ZIPPED


def test_folder_below_a_file(mirror, tmp_path):
    server = mirror(good)
    (tmp_path / "in the way").write_text("kept")
    message = failure(wanted(server.url), tmp_path / "in the way")
    assert "in the way" in message
    assert "cannot be used" in message
    assert (tmp_path / "in the way").read_text() == "kept"
    assert server.requests == 0


def test_unreadable_file_is_not_called_damaged(mirror, damaged, tmp_path, monkeypatch):
    usual = Path.open

    def refused(path, *arguments):  # root, as in a container, may read everything
        if path == damaged:
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *arguments)

    monkeypatch.setattr(Path, "open", refused)
    message = failure(wanted(mirror(good).url), tmp_path)
    assert f"{damaged} cannot be read" in message
    assert "Permission denied" in message
    assert "damaged" not in message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_quota(mirror, tmp_path):
    server = mirror(good)
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
    process = child(limit + FETCH, tmp_path, server.url, server.url)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "DataError: There is no room for values.gz in" in shown
    assert files(tmp_path) == []
    assert server.requests == 1


@pytest.fixture
def read_only_disk(tmp_path):
    """Return a small file system that cannot be written, with a file of three bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs Linux and more rights")
    (disk / "set").mkdir()
    (disk / NAME).write_bytes(b"old")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_read_only_disk(mirror, read_only_disk):
    server = mirror(good)
    message = failure(wanted(server.url), read_only_disk)
    assert f"{read_only_disk / NAME} is damaged" in message
    assert "cannot be used (Read-only file system)" in message
    # A good copy on a disk that cannot be written needs no lock.
    file = RemoteFile(NAME, (server.url,), hashlib.sha256(b"old").hexdigest())
    assert fetch(file, read_only_disk) == read_only_disk / NAME
    assert server.requests == 0


def test_killed_download(mirror, tmp_path):
    server = mirror(stalling)
    process = child(FETCH, tmp_path, server.url)
    assert server.started.wait(60)
    process.kill()
    process.communicate()
    assert not (tmp_path / NAME).exists()
    assert len(files(tmp_path)) == 1  # what the dead process left
    server.behaviour = good
    assert fetch(wanted(server.url), tmp_path).read_bytes() == ZIPPED
    assert files(tmp_path) == ["values.gz"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
def test_interrupted_download(mirror, tmp_path):
    server = mirror(stalling)
    # A process that was started in the background may have inherited that it ignores Ctrl-C.
    heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    process = child(heed + FETCH, tmp_path, server.url)
    assert server.started.wait(60)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in shown
    assert process.returncode != 0
    assert files(tmp_path) == []


def test_two_at_once_download_once(mirror, tmp_path):
    server = mirror(slow_start)
    # The second one needs some seconds to start, and on a busy machine more than a few.
    code = "download.LOCK_TIMEOUT = 0.1\ndownload.fetch(file, folder, read_timeout=100)\n"
    first = child(code, tmp_path, server.url)
    assert server.started.wait(60)
    second = child(code, tmp_path, server.url)
    assert "waiting for it" in second.stdout.readline()
    server.go_on.set()
    for process in (first, second):
        _, shown = process.communicate(timeout=60)
        assert process.returncode == 0, shown
    assert (tmp_path / NAME).read_bytes() == ZIPPED
    assert files(tmp_path) == ["values.gz"]
    assert server.requests == 1
