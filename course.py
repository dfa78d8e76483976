"""Set up the course and start it. Needs Python and a network the first time, nothing else.

    python course.py lab      open the course in JupyterLab, in copies of the notebooks: folder my
    python course.py reset    begin notebooks anew, your copies are kept: "reset 07", "reset all"
    python course.py test     run all tests: pytest, in the environment of the course
    python course.py bench    run the benchmarks, each alone; "bench grid": only that one
    python course.py timings  time every notebook, alone; "timings 06": only that one
    python course.py claims   execute the notebooks, and write the table of their claims
    python course.py setup    only create or update the environment, the folder .venv
    python course.py instructors   write the schedule and the solutions anew
    python course.py student  make the course without solutions: folder build/student
    python course.py site     make the web site of the course: folder build/site
    python course.py slides   make a deck of each notebook: folder build/slides
    python course.py offline-kit   make a folder for computers without a network, packages and all
    python course.py lock     resolve requirements.lock again; "lock --upgrade": newest versions
    python course.py clean    remove the environment; your work and the data stay

Each command first sets up what is missing. What else stands on the line goes to the program that
is started: "python course.py lab --no-browser", "python course.py test -k letters".
"""

# The course itself needs Python 3.11, but this file must be understood by older ones too (3.6
# and later), so that they can look for a better one, or say in a sentence what is missing.

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PYTHONS = ((3, 13), (3, 12), (3, 11))
# Where TensorFlow 2.21 has wheels: sys.platform, platform.machine().
MACHINES = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64"))
DISK_NEEDED = 3e9  # bytes

ROOT = os.path.dirname(os.path.abspath(__file__))
LOCK = os.path.join(ROOT, "requirements.lock")
WHEELS = os.path.join(ROOT, "wheels")  # in an offline kit: all packages
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
UV = os.path.join(BIN, "uv.exe" if os.name == "nt" else "uv")
STAMP = os.path.join(VENV, "course.json")
# Defaults in this environment alone; the learner's own Jupyter settings stay as they are.
JUPYTERLAB = os.path.join(VENV, "share", "jupyter", "lab", "settings", "overrides.json")
NEWS = "@jupyterlab/apputils-extension:notification"
SETTINGS = {NEWS: {"checkForUpdates": False, "fetchNews": "false"}}

# The commands that start a module and do nothing else.
MODULES = {
    "reset": ["tlcourse", "notebooks", "reset"],
    "test": ["pytest"],
    "bench": ["benchmarks"],
    "timings": ["benchmarks.timings"],
    "claims": ["benchmarks.claims"],
    "instructors": ["editions.instructors"],
    "student": ["editions.student"],
    "site": ["editions.site"],
    "slides": ["editions.slides"],
    "offline-kit": ["editions.offline_kit"],
}


def main(arguments):
    commands = {f.__name__: f for f in (lab, setup, lock, clean)}
    commands.update((name, starts(*command)) for name, command in MODULES.items())
    if not arguments or arguments[0] not in commands:
        print(__doc__.split("\n\n", 1)[1])
        return 0 if arguments in (["-h"], ["--help"]) else 2
    if sys.version_info[:2] not in PYTHONS:
        better = better_python()
        say("This is Python {}; going on with {}.".format(version(), better))
        return become([better, os.path.abspath(__file__), *arguments], dict(os.environ))
    try:
        return commands[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on from here.")
        return 130


# ---------------------------------------------------------------- commands


def lab(extra):
    set_up()
    # The learner works in copies, so that the course can be updated under them.
    if subprocess.call([PYTHON, "-m", "tlcourse", "notebooks", "update"]):
        return 1
    command = [PYTHON, "-m", "jupyterlab", "--ServerApp.root_dir=" + ROOT]
    command += ["--LabApp.default_url=/lab/tree/my/00_start_here.ipynb"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        say("You are root, as is usual in a container; telling Jupyter that this is meant.")
        command += ["--allow-root"]
    say("Starting JupyterLab; Ctrl-C here ends it.")
    return become(command + extra)


def starts(*command):
    """Return a command of the course: it starts a module of its environment."""

    def start(extra):
        set_up()
        return become([PYTHON, "-m", *command, *extra])

    return start


def setup(extra):
    if extra:
        raise SystemExit("setup takes nothing more; got {}.".format(" ".join(extra)))
    set_up()
    say("The environment in .venv is ready: python course.py lab (or make lab) opens the course.")
    return 0


def lock(extra):
    set_up()
    command = [UV, "pip", "compile", "--universal", "--python-version", "3.11"]
    # One version of a package for every Python and system, so that all see the same results.
    command += ["--fork-strategy", "fewest", "--generate-hashes", "--no-emit-index-url"]
    command += ["--no-header", "--no-annotate", "--quiet"]
    command += ["--group", "setup", "--group", "test", "--group", "editions"]
    command += ["-o", LOCK, os.path.join(ROOT, "pyproject.toml"), *extra]
    return become(command)


def clean(extra):
    remove_environment()
    say("The environment is gone; your work and the data are still there.")
    return 0


# ------------------------------------------------------------------ set-up


def set_up():
    """Make .venv what requirements.lock says; does nothing when it is that already."""
    if is_ready():
        return
    check_machine()
    with alone():
        if is_ready():  # whoever was waited for made it
            return
        if os.path.lexists(VENV) and not is_intact():
            say("The environment in .venv is unfinished, moved or broken; making it anew.")
            remove_environment()
        if shutil.disk_usage(ROOT).free < DISK_NEEDED:
            raise SystemExit(
                "The course needs 3 GB on this disk and {:.1f} GB are free; make room and run the "
                "same command again.".format(shutil.disk_usage(ROOT).free / 1e9)
            )
        where = "from the folder wheels" if local() else "500 to 900 MB to download once"
        say("Setting up the course: {}, 2.5 GB on disk, a few minutes.".format(where))
        if os.path.exists(STAMP):
            os.remove(STAMP)  # from here to the end, an interruption means: begin again
        else:
            create_environment()
        install_packages()
        install_course()
        with open(STAMP, "w") as file:
            json.dump(wanted(), file)


def is_ready():
    return is_intact() and read_stamp() == wanted()


def is_intact():
    """Tell whether a set-up was completed, in this folder, and its Python still runs."""
    keys = ("folder", "python")
    stamp = read_stamp()
    return all(key in stamp and stamp[key] == wanted()[key] for key in keys)


def read_stamp():
    try:
        with open(STAMP) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def wanted():
    """Return what the stamp says when nothing is left to do."""
    digest = hashlib.sha256()
    for path in (LOCK, os.path.join(ROOT, "pyproject.toml")):
        with open(path, "rb") as file:
            digest.update(file.read())
    # A moved folder breaks the environment; so does another Python under its feet.
    return {"content": digest.hexdigest(), "folder": ROOT, "python": python_of([PYTHON])[1]}


def create_environment():
    with step(1, "Python {} environment in .venv".format(version()), "venv") as run:
        # The base Python: this one may be the very environment that is being replaced.
        run([getattr(sys, "_base_executable", None) or sys.executable, "-m", "venv", VENV])


def local():
    """Return the options that let an installer use the folder of an offline kit alone."""
    return ["--no-index", "--find-links", WHEELS] if os.path.isdir(WHEELS) else []


def install_packages():
    with open(LOCK) as file:
        content = file.read()
    pip = [PYTHON, "-m", "pip", "install", "--retries", "2", "--require-hashes", "--no-deps"]
    pip += local()
    with tempfile.TemporaryDirectory() as folder:
        only_uv = os.path.join(folder, "uv.txt")
        with open(only_uv, "w") as file:
            file.write(re.search(r"^uv==.*\n(?: .*\n)*", content, re.MULTILINE).group())
        with step(2, "uv, which installs packages quickly", "packages") as run:
            run([*pip, "-r", only_uv])
    packages = len(re.findall(r"^\S+==", content, re.MULTILINE))
    with step(3, "about {} packages".format(packages // 10 * 10), "packages") as run:
        uv = [UV, "pip", "sync", "--python", PYTHON, "--compile-bytecode", "--require-hashes", LOCK]
        uv += local()
        if not run(uv, may_fail=True):
            say("uv could not do it; trying pip, which takes longer.")
            run([*pip, "--compile", "-r", LOCK])


def install_course():
    with step(4, "the course itself", "packages") as run:
        # Links this folder into the environment, with the command tlcourse.
        run([PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "-e", ROOT])
        os.makedirs(os.path.dirname(JUPYTERLAB), exist_ok=True)
        with open(JUPYTERLAB, "w") as file:
            json.dump(SETTINGS, file)


def remove_environment():
    try:
        shutil.rmtree(VENV)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SystemExit(
            "{} cannot be removed ({}). Close the programs that use it, or remove the folder "
            "yourself, and run the same command again.".format(error.filename, error.strerror)
        ) from None


@contextlib.contextmanager
def alone():
    """Wait while another set-up works in this folder, even one whose parent was killed."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(os.path.abspath(__file__)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        os.set_inheritable(file.fileno(), True)  # the installers hold the lock too
        yield


# --------------------------------------------------- running other programs


@contextlib.contextmanager
def step(number, what, kind):
    """Give a function that runs a command as one step of the set-up, on one line of the screen.

    When the command fails, the set-up ends with a sentence that fits its ``kind``.
    """
    title = "[{} of 4] {} ".format(number, what)
    start = time.time()
    sys.stdout.write(title)
    sys.stdout.flush()

    def run(command, may_fail=False):
        lines = []
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=ROOT,
            close_fds=os.name == "nt",  # see alone()
        ) as process:
            reader = threading.Thread(target=lambda: [lines.append(s) for s in process.stdout])
            reader.daemon = True
            reader.start()
            try:
                while reader.is_alive():
                    reader.join(0.5)
                    if sys.stdout.isatty():
                        now = "{}... {:.0f} s{}".format(
                            title, time.time() - start, downloaded(lines)
                        )
                        sys.stdout.write("\r" + now.ljust(79))
                        sys.stdout.flush()
            except BaseException:
                process.kill()
                raise
        if process.returncode == 0:
            return True
        sys.stdout.write("\n")
        if may_fail:
            return False
        raise SystemExit(explain(kind, b"".join(lines).decode("utf-8", "replace")))

    yield run
    line = "{}... {:.0f} s".format(title, time.time() - start)
    say("\r" + line.ljust(79) if sys.stdout.isatty() else line[len(title) :])


def downloaded(lines):
    """Return how far uv is, from lines such as b"Downloading numpy (16.1MiB)"."""
    sizes, done = {}, 0
    for line in list(lines):
        words = line.decode("utf-8", "replace").split()
        if len(words) == 3 and words[0] == "Downloading" and words[2].endswith("MiB)"):
            sizes[words[1]] = float(words[2][1:-4])
        elif len(words) == 2 and words[0] == "Downloaded":
            done += sizes.get(words[1], 0)
    total = sum(sizes.values())
    if not total:
        return ""
    return ", {:.0f} of {:.0f} MB here".format(done, total) if done < total else ", unpacking"


def explain(kind, output):
    """Return the sentence for a step that failed, from what its program printed."""
    again = " and run the same command again; what is already downloaded is kept."
    if re.search(r"No space left|not enough space|Disk quota", output, re.IGNORECASE):
        return "The disk is full: make room (the course needs 3 GB)" + again
    if kind == "venv" and "ensurepip" in output:
        return (
            "This Python cannot create environments: install its venv module (on Debian and "
            "Ubuntu: sudo apt install python{}.{}-venv)".format(*sys.version_info[:2])
            + again
        )
    if re.search(r"Retrying \(|ConnectionError|timed out|SSLError|ProxyError", output):
        return "The packages could not be downloaded: check the network (or its proxy)" + again
    last = "\n".join(output.strip().splitlines()[-15:])
    return last + "\nThe set-up failed; the lines above say why. Correct that" + again


def environment():
    """Return the variables for programs of the course: as if .venv were activated."""
    # The last one would keep Python from storing bytecode, and TensorFlow would load in 10 s
    # instead of 4; the others point Python at packages from elsewhere.
    unwanted = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    path = BIN + os.pathsep + env.get("PATH", os.defpath)
    env.update(VIRTUAL_ENV=VENV, PATH=path, PIP_USER="0")
    # A notebook imports Keras before the course's package, which would hold TensorFlow's greeting
    # about CPU instructions back: too late for the cell that imports.
    env.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return env


def become(command, env=None):
    """Become another program, so that it gets the signals and its exit code counts."""
    sys.stdout.flush()
    os.chdir(ROOT)
    if os.name != "nt":
        os.execve(command[0], command, env or environment())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for that program
    return subprocess.call(command, env=env or environment())


# -------------------------------------------------------------- this computer


def better_python():
    """Return the path of a suitable Python on this computer, or end with a sentence."""
    names = ["{}.{}".format(*pair) for pair in PYTHONS]
    commands = [["python" + name] for name in names] + [["python3"], ["python"]]
    if os.name == "nt":
        commands = [["py", "-" + name] for name in names] + commands
    for command in commands:
        path, found = python_of(command)
        if found in names:
            return path
    raise SystemExit(
        "The course needs Python 3.11, 3.12 or 3.13; this is Python {}, and no suitable one was "
        "found. Install Python 3.13 (https://www.python.org/downloads/) and run the same command "
        "again.".format(version())
    )


def python_of(command):
    """Return the path and version ("3.12") of the Python that a command starts, or two Nones."""
    code = "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])"
    # On the path as it was given: the Python of .venv is not to replace itself.
    env = dict(environment(), PATH=os.environ.get("PATH", os.defpath))
    try:
        output = subprocess.check_output(
            [*command, "-S", "-c", code], stderr=subprocess.DEVNULL, env=env
        )
        path, found = output.decode("utf-8").splitlines()
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None, None
    return path, found


def check_machine():
    machine = (sys.platform, platform.machine())
    if machine not in MACHINES:
        raise SystemExit(
            "TensorFlow 2.21 cannot be installed here ({}, {}): it exists for Linux (x86_64 and "
            "aarch64), for macOS on Apple silicon and for 64-bit Windows. Use such a computer, or "
            "a Python that is built for this one.".format(*machine)
        )


def version():
    return platform.python_version()


def say(text):
    print(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
