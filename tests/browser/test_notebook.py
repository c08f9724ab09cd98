"""The canvas in a cell: a real Jupyter server, its kernel, and a Chromium that paints and runs the next cell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page

from benchmarks.served import PATIENCE as START
from benchmarks.served import ROOT, free_port
from tests.browser.conftest import PATIENCE

CELLS = (
    "import lzviz\ncanvas = lzviz.show(height=700)\ntold = []\ncanvas.observe(lambda change: told.append(1), 'saliency')\ncanvas",
    "s = canvas.saliency\nprint('TENSOR', tuple(s.shape), float(s.max()) > 10 * float(s.min()), len(told) > 0)",
    "import torch\nwanted = torch.zeros(24, 48); wanted[:6, 36:] = 1\n"
    "canvas.saliency = wanted\nprint('SET', canvas.state.saliency)",
    "from pathlib import Path\nprint('SAVED', canvas.save_html('canvas.html').stat().st_size)\n"
    "small = canvas.warp.zoom(torch.rand(1, 3, 384, 768), (96, 192))\nprint('WARP', tuple(small.shape))",
)
SETTINGS = {"checkForUpdates": False, "fetchNews": "false"}


def notebook(cells: tuple[str, ...]) -> dict:
    made = [
        {
            "cell_type": "code",
            "id": f"cell{k}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for k, source in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab whose folder has the notebook, and that folder."""
    home = tmp_path_factory.mktemp("jupyter")
    folder, settings = home / "work", home / "settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir()
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(SETTINGS))
    (folder / "canvas.ipynb").write_text(json.dumps(notebook(CELLS)))
    port = free_port()
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = {
        **os.environ, **{name: str(home / part) for name, part in own.items()}, "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--allow-root",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1",
    ]  # fmt: skip
    log = home / "log.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/", folder
    finally:
        process.terminate()
        process.wait(60)


def run_cell(page: Page, at: int, expected: str) -> str:
    """Run a cell and wait for what it prints."""
    page.locator(".jp-CodeCell .cm-content").nth(at).click()
    page.keyboard.press("Control+Enter")
    output = page.locator(".jp-CodeCell").nth(at).locator(".jp-OutputArea-output", has_text=expected)
    output.wait_for()
    return output.inner_text().strip()


def canvas_of(page: Page) -> Frame:
    frame = page.wait_for_selector("iframe[title=lzviz]")
    assert frame is not None
    inner = frame.content_frame()
    assert inner is not None
    inner.wait_for_selector("[data-lzviz][data-ready][data-lzviz-ready]")
    return inner


def paint(page: Page, inner: Frame) -> None:
    """A stroke across the source, as a hand makes it."""
    frame = page.wait_for_selector("iframe[title=lzviz]")
    assert frame is not None
    frame.scroll_into_view_if_needed()
    box, around = (
        inner.evaluate(
            "document.querySelector('[data-lzviz]').lzviz.rooms.warp.scene.views.source.overlay.getBoundingClientRect().toJSON()"
        ),
        frame.bounding_box(),
    )
    assert around is not None
    x, y = around["x"] + box["x"] + box["width"] / 2, around["y"] + box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 10, steps=5)
    page.mouse.up()


def test_what_is_painted_in_a_cell_is_a_tensor_in_the_next_and_the_other_way(
    browser: Browser, lab: tuple[str, Path]
) -> None:
    address, folder = lab
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(2 * PATIENCE * 1000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}doc/tree/canvas.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("| Idle").wait_for()  # before, a press of the keys is lost
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    inner = canvas_of(page)
    paint(page, inner)
    inner.wait_for_function("document.querySelector('[data-lzviz]').lzviz.store.get().paint !== null")
    inner.wait_for_function(
        "(({ store, live }) => live.get().answer && live.get().answered === store.get())"
        "(document.querySelector('[data-lzviz]').lzviz)"
    )
    if folder_of_pictures := os.environ.get("LZVIZ_PICTURES"):
        page.screenshot(path=f"{folder_of_pictures}/notebook.png")
    # What is painted is sent to the kernel a little after the hand rests: a cell run again sees it, and says so.
    for _ in range(round(PATIENCE)):
        if run_cell(page, 1, "TENSOR").endswith("True True"):
            break
        page.wait_for_timeout(1000)
    assert run_cell(page, 1, "TENSOR") == "TENSOR (1, 1, 31, 51) True True"

    run_cell(page, 2, "SET file")
    inner.wait_for_function("document.querySelector('[data-lzviz]').lzviz.store.get().saliency === 'file'")
    inner.wait_for_function("document.querySelector('[data-lzviz]').lzviz.live.get().file !== null")
    saved = run_cell(page, 3, "WARP")
    assert "WARP (1, 3, 96, 192)" in saved
    assert (folder / "canvas.html").stat().st_size > 500_000
    home = urlsplit(address).netloc
    assert [url for url in asked if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != home] == []
    page.context.close()
