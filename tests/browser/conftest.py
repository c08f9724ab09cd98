"""The real ``app.py`` in a process of its own, and a Chromium that looks at it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from benchmarks.served import App

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Of every wait: a busy machine takes its time, and what holds is not waited for any longer.
PATIENCE = 60.0
DESKTOP = {"width": 1280, "height": 800}
expect.set_options(timeout=PATIENCE * 1000)
# Resolves once nothing in the document has changed for longer than any timer with which the page puts things off: timers run
# in the order in which they are due, so that on a busy machine too what was put off comes before.
STILL = """() => new Promise((done) => {
  let changed = false;
  const watch = new MutationObserver(() => { changed = true; });
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const look = () => {
    changed = false;
    setTimeout(() => requestAnimationFrame(() => requestIdleCallback(() => {
      if (changed) return look();
      watch.disconnect();
      done();
    })), 400);
  };
  look();
})"""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of the app."""
    with App() as app:
        yield app.wait().address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of the system, headless."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"no Chromium on the PATH ({', '.join(NAMES)}): run `sh tests/browser/install.sh`, then test again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


SCOPE = "const { store, live, rooms } = document.querySelector('[data-lzviz]').lzviz; const stage = rooms.warp;"
"""What JavaScript of the tests has at hand."""


class Visit:
    """One page of the app in a fresh browser context, with everything that it asked for and complained about."""

    def __init__(self, context: BrowserContext, address: str):
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []
        self.asking: set[Request] = set()
        self.page.on("request", self._asks)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self.asking.discard(request))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _asks(self, request: Request) -> None:
        self.requests.append(request.url)
        # Gradio's own streams stay open for ever.
        if "/gradio_api/" not in request.url:
            self.asking.add(request)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, rest: str = "") -> Visit:
        """Load the page (``rest``: query and hash) until its first picture is drawn."""
        self.page.goto(self.address + rest)
        return self.ready()

    def ready(self) -> Visit:
        """Wait until the page can be used."""
        self.page.wait_for_selector("[data-lzviz][data-ready][data-lzviz-ready]")
        return self

    def run(self, expression: str, argument: Any = None) -> Any:
        """Evaluate JavaScript with ``store``, ``live`` and ``stage`` at hand and ``given`` as its argument."""
        return self.page.evaluate(f"(given) => {{ {SCOPE} return ({expression}); }}", argument)

    def wait(self, condition: str, scope: str = "") -> None:
        """Wait until a JavaScript condition holds; ``scope``: statements that bring more to hand."""
        self.page.wait_for_function(f"() => {{ {SCOPE} {scope} return ({condition}); }}")

    def rest(self) -> Visit:
        """Wait until nothing is asked, computed or drawn any more."""
        end = time.monotonic() + PATIENCE
        while True:
            self.wait("!live.get().busy && !live.get().loading")
            asked = len(self.requests)
            self.page.evaluate(STILL)
            if not self.asking and asked == len(self.requests):
                return self
            assert time.monotonic() < end, f"never answered: {[request.url for request in self.asking]}"

    def answered(self) -> dict[str, Any]:
        """Wait for Python's answer to the state that is shown now."""
        self.wait("live.get().answer && live.get().answered === store.get() && !live.get().busy")
        return self.run("live.get().answer")

    def nodes(self) -> list[float]:
        """The control nodes that are drawn, once nothing moves any more."""
        self.wait("stage.scene.motion === 'done' && stage.scene.dirty.size === 0")
        return self.run("Array.from(stage.scene.frame.warp.nodes)")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Screen position of a point of the source, as fractions of its width and height."""
        script = """(stage.scene.views.source.overlay.getBoundingClientRect().toJSON())"""
        box, scene = self.run(script), self.run("({p: stage.scene.views.source.projection, e: stage.scene.extent})")
        scale = scene["p"]["scale"]
        left, top = box["x"] + scene["p"]["x"], box["y"] + scene["p"]["y"]
        return left + x * scene["e"]["width"] * scale, top + y * scene["e"]["height"] * scale

    def stroke(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
        """Drag the tool over the source, from and to fractions of its width and height."""
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(*end), steps=steps)
        self.page.mouse.up()

    def painted(self, x: float, y: float) -> int:
        """The painted value (0..255) at a point of the source, as fractions."""
        return self.run(
            "((map) => map ? map.data[Math.round(given[1] * (map.h - 1)) * map.w + Math.round(given[0] * (map.w - 1))]"
            " : 0)(store.get().paint)",
            [x, y],
        )

    def check(self) -> None:
        """No request left the app's own address, and nothing was complained about that was not expected."""
        home = urlsplit(self.address).netloc
        outside = [
            url for url in self.requests if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != home
        ]
        assert outside == []
        assert [text for text in self.complaints if not any(part in text for part in self.expected)] == []


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """A visit at desktop size that is checked for outside requests and complaints when the test ends."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, address)
    yield visit
    visit.check()
    context.close()
