"""Kernels that need not import TensorFlow: forked from a process that has done so.

Importing takes a kernel longer than most cells, and there are two dozen kernels to start. (That
a notebook's own imports work, and write nothing, is seen by ``test_quiet_import.py``,
``test_report.py`` and ``test_browser.py``.)
"""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel

# What most notebooks import; of the course only what ``import tlcourse`` does. No computation may
# have begun in TensorFlow, whose threads a fork would lose.
PRELOADED = [
    "tlcourse",
    "tensorflow",
    "keras",
    "seaborn",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "anywidget",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
]


class WarmKernel(RunningKernel):
    """A kernel for nbval in a process of its own, with its own folder and environment."""

    def __init__(self, cwd: str, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.file, _ = write_connection_file()
        arguments = (self.file, cwd, dict(environment))
        self.km = self  # what nbval asks of a manager
        self.process = context.Process(target=_serve, args=arguments)
        self.process.start()
        self.kc = BlockingKernelClient(connection_file=self.file)
        self.kc.load_connection_file()
        self.kc.start_channels(hb=False)  # on a busy machine a kernel misses heartbeats
        try:
            self._wait_for_answer()
            self._ensure_iopub_up()
        except BaseException:
            self.stop()  # or Python would wait for it at the end
            raise

    def _wait_for_answer(self) -> None:
        while self.process.is_alive():
            self.kc.kernel_info()
            with contextlib.suppress(Empty):
                self.kc.get_shell_msg(timeout=5)
                return
        raise RuntimeError("The kernel died before it answered.")

    def is_alive(self) -> bool:
        return self.process.is_alive()

    def interrupt_kernel(self) -> None:
        os.kill(self.process.pid, signal.SIGINT)

    def shutdown_kernel(self, *, now: bool) -> None:
        self.process.kill()
        self.process.join()
        Path(self.file).unlink(missing_ok=True)


def start_kernel(cwd: str, environment: Mapping[str, str]) -> RunningKernel:
    """Return a kernel of this environment; a warm one, where processes can be forked."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return WarmKernel(cwd, environment)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return RunningKernel(CURRENT_ENV_KERNEL_NAME, cwd=cwd, startup_timeout=300)


def _serve(file: str, cwd: str, environment: dict[str, str]) -> None:
    import matplotlib
    from ipykernel.kernelapp import IPKernelApp

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if keras := sys.modules.get("keras"):  # which has read another environment
        keras.src.backend.config._KERAS_DIR = environment["KERAS_HOME"]
    matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # whose end is the kernel's, too
    IPKernelApp.launch_instance(argv=["-f", file, parent])
