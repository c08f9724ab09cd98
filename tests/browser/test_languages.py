"""Words have one home: in the pseudo-language, which marks every line of ``lzviz/text``, no room shows a word unmarked."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator

from lzviz.text import PSEUDO, t

from .conftest import DESKTOP, Visit

ROOT = Path(__file__).parents[2]
STATE = {field["key"]: field for field in json.loads((ROOT / "lzviz/canvas/schema.json").read_text("utf-8"))["state"]}
ROOMS = STATE["room"]["choices"]
ENGLISH = (ROOT / "lzviz/text/en.json").read_text("utf-8")
# What each room is also shown with: choices that bring other words onto the page.
SHOWN: dict[str, list[dict[str, object]]] = {
    "warp": [
        {"saliency": "boxes", "compare": "uniform"},
        {"sampler": "es", "saliency": "edges"},
        {"sampler": "resizer"},
    ],
    "cad": [{"cadView": "features"}, {"cadView": "keypoints"}],
    "pipeline": [{"learnedLeft": "error", "learnedRight": "features"}],
}
# What shows that a room that fetches itself is there.
FETCHED = {"models": ".lz-models[data-ready] .lz-card", "doctor": ".lz-doctor-finding"}
UNMARKED = r"""(english) => {
  const attributes = ["title", "aria-label", "placeholder", "alt", "data-tip", "aria-description", "aria-valuetext"];
  const root = document.querySelector("[data-lzviz]");
  for (const fold of root.querySelectorAll("details")) fold.open = true;
  const seen = (element) => (element.localName === "option" ? element.closest("select") : element).checkVisibility();
  // What is written in another language says so.
  const other = (element) => element.closest("[lang]") !== root;
  const data = (element) => element.closest("[translate=no], style, script") !== null || other(element);
  const amiss = (text) => {
    let rest = text;
    for (let was = ""; was !== rest; rest = rest.replace(/⟦[^⟦⟧]*⟧/g, "")) was = rest;
    // A number that a sentence itself says, as "the paper's 0.034", is no number that ignores the language.
    const numbers = (text.match(/\d+\.\d+/g) ?? []).filter((number) => !english.includes(number));
    return /\p{L}/u.test(rest) || numbers.length > 0;
  };
  const where = (element) => `${element.localName}.${element.closest("[class]")?.getAttribute("class").split(" ")[0]}`;
  const found = new Set();
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!data(element) && amiss(node.data) && seen(element)) found.add(`${where(element)}: ${node.data.trim()}`);
  }
  for (const element of root.querySelectorAll("*")) {
    for (const name of attributes) {
      const text = element.getAttribute(name);
      if (text && !data(element) && amiss(text) && seen(element)) found.add(`${where(element)} ${name}: ${text}`);
    }
  }
  return [...found];
}"""


@pytest.fixture(scope="module")
def pseudo(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, address).open("?lang=pseudo#image=street")
    visit.expected += ["Failed to load resource"]
    yield visit
    visit.check()
    context.close()


def unmarked(visit: Visit) -> set[str]:
    visit.rest()
    return set(visit.page.evaluate(UNMARKED, ENGLISH))


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_shows_a_word_that_no_file_has(pseudo: Visit, room: str) -> None:
    pseudo.run("store.set({ room: given })", room)
    pseudo.wait("document.querySelector('[data-lzviz]').dataset.room === store.get().room")
    if room in FETCHED:
        pseudo.page.wait_for_selector(FETCHED[room])
    found = unmarked(pseudo)
    for change in SHOWN.get(room, []):
        pseudo.run("store.set(given)", change)
        found |= unmarked(pseudo)
    for key in ("?", "x", "l"):
        pseudo.page.locator("[data-lzviz]").press(key)
        found |= unmarked(pseudo)
        pseudo.page.keyboard.press("Escape")
    assert not found, "\n".join(sorted(found))


def test_a_link_that_is_wrong_and_a_server_that_is_gone_are_told_in_the_language(pseudo: Visit) -> None:
    pseudo.page.goto("about:blank")
    pseudo.open("?lang=pseudo#image=street&sampler=bogus&nodes=999x3&fwhm=1e9")
    assert pseudo.page.get_by_text("⟦").first.is_visible()
    found = unmarked(pseudo)
    pseudo.page.route("**/lzviz/**", lambda route: route.abort())
    pseudo.run("store.set({ fwhm: 7 })")
    pseudo.wait("live.get().error !== null")
    found |= unmarked(pseudo)
    pseudo.page.unroute("**/lzviz/**")
    assert not found, "\n".join(sorted(found))


def png(height: int, width: int, value: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((height, width), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def refused(visit: Visit, press: Locator, data: bytes) -> set[str]:
    """Choose a file that Python refuses; what is then shown unmarked."""
    visit.run("live.set({ error: null })")
    with visit.page.expect_file_chooser() as chooser:
        press.click()
    chooser.value.set_files({"name": "mine.png", "mimeType": "image/png", "buffer": data})
    visit.wait("live.get().error !== null")
    assert visit.run("live.get().error.detail") is None
    assert visit.page.locator(".lz-trouble-text").inner_text().count("⟦") >= 2  # the headline, and what to do about it
    return unmarked(visit)


def test_files_that_python_refuses_are_told_in_the_language(pseudo: Visit) -> None:
    pseudo.page.goto("about:blank")
    page = pseudo.open("?lang=pseudo#image=coffee").page
    whole = png(300, 400, 9)
    found = refused(pseudo, page.get_by_role("button", name=t("keys.open", PSEUDO)), whole[: len(whole) // 2])
    menu = page.get_by_role("radiogroup", name=t("state.from", PSEUDO)).locator("visible=true")
    found |= refused(pseudo, menu.get_by_text(t("source.file", PSEUDO), exact=True), png(20_000, 5_001, 0))
    pseudo.run("store.set({ room: 'pipeline', checkpoint: 'lds-scenes-64x128' })")
    pseudo.wait("document.querySelector('[data-lzviz]').dataset.room === 'pipeline' && !live.get().busy")
    add = page.get_by_role("button", name=t("truth.add", PSEUDO))
    height, width = pseudo.run("[live.get().image.height, live.get().image.width]")
    found |= refused(pseudo, add, png(height // 2, width // 2, 1))
    found |= refused(pseudo, add, png(height, width, 200))
    assert not found, "\n".join(sorted(found))
