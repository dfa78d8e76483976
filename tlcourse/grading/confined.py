"""Run code that nobody has read: without a network, in a scratch folder, within limits.

What keeps a process confined, and where:

* time, memory and the number of its processes are watched from outside: everywhere;
* a limit on memory that the system enforces: Linux;
* writing only in the scratch folder, and no reading in home folders and other people's scratch
  folders (Landlock): Linux 5.13 and later;
* no sockets, so no network and no talking to other programs, and no signals (seccomp): Linux on
  x86-64 and ARM;
* processes of its own, which all end with it (a PID namespace): Linux, unless an administrator or
  a container forbids it.

It does not protect from: faults of the system's kernel; reading what lies outside home and
temporary folders, such as the packages and the course itself; a full disk, beyond a limit for each
file; or code that, within its own process, changes the very check that looks at it.
"""

import contextlib
import ctypes
import json
import multiprocessing
import os
import platform
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tlcourse.data.paths import REPOSITORY, data_dir

DANGERS = ("use the network", "write and read your files", "leave processes behind")
MOST_PROCESSES = 16
PATIENCE = 5
_FORK = "forkserver" if os.name == "posix" else "spawn"
_PRIVATE = {"home", "root", "Users", "tmp", "var", "run", "mnt", "media", "srv"}
_LONGEST = 20_000  # bytes of a result
_LARGEST_FILE = 10**8  # bytes
_DELIVERED = 77  # exit code of a process that has sent its result
_LIBC = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
# For each machine its name in the kernel, and the numbers of socket, kill, tkill, tgkill,
# rt_sigqueueinfo, ptrace, process_vm_writev, pidfd_send_signal, io_uring_setup.
_CALLS = {
    "x86_64": (0xC000003E, (41, 62, 200, 234, 129, 101, 311, 424, 425)),
    "aarch64": (0xC00000B7, (198, 129, 130, 131, 138, 117, 271, 424, 425)),
}


class Limits(NamedTuple):
    """What a run may take: seconds of computing, and bytes beyond what Python itself takes.

    By the clock it may take ``PATIENCE`` times as long, on a computer that does other things, too.
    """

    seconds: float
    memory: float


class Outcome(NamedTuple):
    """What came of a run: its result, or a sentence on why there is none."""

    result: Any
    why: str = ""


def prepare(modules: Sequence[str]) -> None:
    """Have modules loaded once, before the first run, for all runs."""
    multiprocessing.get_context(_FORK).set_forkserver_preload(["tlcourse", __name__, *modules])


def run(function: Callable, *arguments: Any, limits: Limits) -> Outcome:
    """Return what a function returns, run in a confined process.

    Args:
        function: of a module; its result must be something that JSON can hold.
        arguments: of the function, which can be pickled.
        limits: of the run.
    """
    context = multiprocessing.get_context(_FORK)
    scratch = Path(tempfile.mkdtemp(prefix="tlcourse-run-"))
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(
        target=_begin, args=(writer, str(scratch), limits, function, arguments), daemon=True
    )
    try:
        process.start()
        writer.close()
        why = _watch(process, limits)
        _end(process)
        # Bytes, and not recv, which would run what a hostile process pickled.
        return Outcome(*json.loads(reader.recv_bytes(_LONGEST))) if not why else Outcome(None, why)
    except (EOFError, OSError, ValueError, TypeError):
        return Outcome(None, "It ended Python.")
    finally:
        _end(process)
        reader.close()
        shutil.rmtree(scratch, ignore_errors=True)


def missing_protections() -> list[str]:
    """Return what a confined process could do here, since the system lacks a protection."""
    in_force = run(_in_force, limits=Limits(120, 2e9)).result or {}
    return [danger for danger in DANGERS if not in_force.get(danger)]


# ----------------------------------------------------------------------------- from the outside


def _watch(process: multiprocessing.Process, limits: Limits) -> str:
    """Wait for the end of a process; return a sentence if it has to be ended before."""
    start, own = time.monotonic(), 0
    while True:
        process.join(0.02 if time.monotonic() - start < 0.5 else 0.2)
        if not process.is_alive():
            return ""
        family = _family(process)
        if not family:
            continue
        if len(family) > MOST_PROCESSES:
            return "It was stopped, since it started too many processes."
        taken = [_taken(member) for member in family]
        own = own or max(memory for memory, _ in taken)
        if sum(max(0, memory - own) for memory, _ in taken) > limits.memory:
            return f"It was stopped, since it took more than {limits.memory / 1e9:g} GB of memory."
        if (
            sum(seconds for _, seconds in taken) > limits.seconds
            or time.monotonic() - start > PATIENCE * limits.seconds
        ):
            return f"It was stopped after {limits.seconds:g} seconds: too slow, or without an end."


def _family(process: multiprocessing.Process) -> list[psutil.Process]:
    """Return a process and all that it started."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def _taken(process: psutil.Process) -> tuple[int, float]:
    """Return bytes of memory and seconds of computing; nothing for one that has ended."""
    try:
        with process.oneshot():
            return process.memory_info().rss, sum(process.cpu_times()[:2])
    except psutil.Error:
        return 0, 0.0


def _end(process: multiprocessing.Process) -> None:
    """End a process and all that it started."""
    if process.pid is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        _kill_children(psutil.Process(process.pid))
    process.kill()
    process.join()


def _kill_children(process: psutil.Process) -> None:
    """Kill what a process started, until nothing is left: orphans stay its children."""
    while sum(map(_kill, process.children(recursive=True))):
        pass


def _kill(process: psutil.Process) -> bool:
    """Kill a process; return whether it still lived."""
    try:
        living = process.status() != psutil.STATUS_ZOMBIE
        process.kill()
    except psutil.Error:
        return False
    return living


# ------------------------------------------------------------------------------ from the inside


def _begin(writer: Connection, scratch: str, limits: Limits, function: Callable, arguments) -> None:
    """Run a function in this process's child, and report if that ends without a result."""
    if os.name != "posix":
        os.chdir(scratch)
        writer.send_bytes(_result(function, arguments))
        return
    private = sys.platform == "linux" and _leave_other_processes()
    _end_with_parent()
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _kill_children(psutil.Process())  # orphans, where there is no namespace to end with it
        if code != _DELIVERED:
            ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            writer.send_bytes(json.dumps([None, f"It ended Python ({ending})."]).encode())
        os._exit(0)
    _confine(writer.fileno(), scratch, limits, private=private)
    writer.send_bytes(_result(function, arguments))
    os._exit(_DELIVERED)


def _result(function: Callable, arguments: Sequence) -> bytes:
    try:
        return json.dumps([function(*arguments), ""]).encode()
    except BaseException as error:
        return json.dumps([None, f"It raises {type(error).__name__}."]).encode()


def _leave_other_processes() -> bool:
    """Give the children of this process a PID namespace; at least, let no orphan escape it."""
    _LIBC.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    user, group = os.getuid(), os.getgid()
    if _LIBC.unshare(0x30000000):  # CLONE_NEWUSER | CLONE_NEWPID
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def _end_with_parent() -> None:
    if sys.platform == "linux":
        _LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def _confine(kept: int, scratch: str, limits: Limits, *, private: bool) -> None:
    """Confine this process for good, as far as the system can; keep one open file."""
    import resource

    os.setsid()
    os.nice(5)  # who watches it comes first
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
    os.chdir(scratch)
    places = dict.fromkeys(("HOME", "TMPDIR", "KERAS_HOME", "TLCOURSE_CACHE_DIR"), scratch)
    os.environ.update(places, TLCOURSE_OFFLINE="1")
    tempfile.tempdir = scratch
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    if sys.platform != "linux":
        return
    # Addresses are taken more freely than memory is: by threads, and by TensorFlow.
    most = int(psutil.Process(os.getpid()).memory_info().vms + 2 * limits.memory)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if private:  # elsewhere the user's other processes and threads would count
        resource.setrlimit(resource.RLIMIT_NPROC, (256, 256))
    _end_with_parent()
    _LIBC.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    _restrict_files(scratch)
    _restrict_calls()


def _restrict_files(scratch: str) -> None:
    """Let this process read the system and the course, and write in one folder (Landlock)."""
    version = _LIBC.syscall(444, None, 0, 1)
    if version < 1:
        return
    everything = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    reading = 0b1101  # execute, read a file, read a folder
    attributes = struct.pack("QQQ", everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = _LIBC.syscall(444, attributes, 24 if version >= 6 else 16 if version >= 4 else 8, 0)
    system = [p for p in Path("/").iterdir() if p.is_dir() and p.name not in _PRIVATE]
    python = [sys.prefix, sys.base_prefix, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    allowed = dict.fromkeys([*system, *filter(None, python), REPOSITORY, data_dir()], reading)
    allowed |= {scratch: everything, os.devnull: everything & 0b100000000000110}
    for path, rights in allowed.items():
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        _LIBC.syscall(445, rules, 1, struct.pack("=Qi", rights, place), 0)
        os.close(place)
    _LIBC.syscall(446, rules, 0)
    os.close(rules)


def _restrict_calls() -> None:
    """Take sockets, signals and other processes' memory away from this process (seccomp)."""
    if platform.machine() not in _CALLS:
        return
    architecture, numbers = _CALLS[platform.machine()]
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, 0x80000000)]
    program += [(load, 0, 0, 0), (at_least, len(numbers) + 1, 0, 0x40000000)]  # no other numbering
    program += [(equal, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    program += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050001)]  # allow; EPERM
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    pointer = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    _LIBC.prctl(22, 2, pointer, 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _in_force() -> dict[str, bool]:
    def fails(attempt: Callable) -> bool:
        try:
            attempt()
        except OSError:
            return True
        return False

    held = (
        fails(socket.socket),
        fails(lambda: tempfile.TemporaryFile(dir="..").close()),
        os.getpid() == 1,
    )
    return dict(zip(DANGERS, held, strict=True))
