"""JupyterLab in headless Chromium, with folders of its own and without a network."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
from jupyter_server.serverapp import list_running_servers
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.notebook_environment import NO_NETWORK

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async () => {
  const found = await axe.run({ preload: false });
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
}"""
LAPTOP = {"width": 1366, "height": 768}
# Cells far below are in the page, too, so that axe sees them.
WINDOWING = "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"

IS_OPEN = """() => window.jupyterapp?.shell.currentWidget?.sessionContext
  && jupyterapp.commands.hasCommand('notebook:run-all-cells')"""
# Before that, "run all" would silently do nothing.
KERNEL_ANSWERS = """async () => {
  await jupyterapp.restored;
  const session = jupyterapp.shell.currentWidget.sessionContext;
  await session.ready;
  await session.session.kernel.info;
}"""
RUN_ALL = """seconds => Promise.race([
  jupyterapp.commands.execute('notebook:run-all-cells'),
  new Promise((_, no) => setTimeout(() => no(new Error('cells still run')), 1000 * seconds)),
])"""
CELLS = "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells"


@contextlib.contextmanager
def jupyterlab(notebooks: Path, home: Path) -> Iterator[str]:
    """Serve a folder of notebooks; give the address of JupyterLab with its token.

    Args:
        notebooks: the folder. Work on a copy: JupyterLab saves what it runs.
        home: an empty folder, for whatever JupyterLab and the kernels write.
    """
    settings = home / WINDOWING
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')
    env = {
        **os.environ,
        **NO_NETWORK,
        "HOME": str(home),
        "TLCOURSE_CACHE_DIR": str(home / "cache"),
        "TLCOURSE_DATA_DIR": str(home / "no-data"),
        **{
            name: str(home / name.lower())
            for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        },
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += [f"--ServerApp.root_dir={notebooks}", "--ServerApp.ip=127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with (home / "jupyterlab.log").open("w") as log:
        server = subprocess.Popen(command, env=env, cwd=home, stdout=log, stderr=log)
    try:
        yield _address(server, home)
    finally:
        server.terminate()  # ends the kernels too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(server: subprocess.Popen, home: Path) -> str:
    """Wait for the file in which the server says at which free port it listens."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(json.JSONDecodeError):  # half written
            for found in list_running_servers(str(home / "runtime")):
                return f"{found['url']}lab/tree/{{}}?reset&token={found['token']}"
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start: {(home / 'jupyterlab.log').read_text()}")


@contextlib.contextmanager
def chromium() -> Iterator[BrowserContext]:
    """Give a browser whose pages have the size of a laptop's screen and share one cache."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser.new_context(viewport=LAPTOP)
        finally:
            browser.close()


def foreign_requests(browser: BrowserContext) -> list[str]:
    """Return a list of the foreign addresses that any page asks for from now on."""
    foreign, own = [], re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|(data|blob):")
    browser.on("request", lambda request: own.match(request.url) or foreign.append(request.url))
    return foreign


def open_notebook(page: Page, address: str, name: str, *, kernel: bool = True) -> None:
    """Open a notebook and wait until it is shown and, unless told not to, its kernel answers."""
    page.goto(address.format(name))
    page.wait_for_function(IS_OPEN, timeout=90_000)
    if kernel:
        page.evaluate(KERNEL_ANSWERS)


def run_all(page: Page, seconds: int) -> list[dict]:
    """Run all cells; return them as they would be saved, with their outputs."""
    page.evaluate(RUN_ALL, seconds)
    return page.evaluate(CELLS)
