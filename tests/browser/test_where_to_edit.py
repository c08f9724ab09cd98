"""Where to edit: an overlay is one file of the canvas, and a room one file and its line in the list of rooms. Both are added to a
copy of the package, and then stand in menus, link and exports; nothing else of the copy is touched."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

import lzviz
from tests.browser.conftest import DESKTOP, Visit

LAYER = """// @ts-check
/** A line across the picture. @type {import("../layers.js").Layer} */
export const layer = {
  name: "across",
  title: "Across",
  help: "A line across the picture",
  key: 11,
  draw: ({ frame }) => ({ range: String(frame.zoomed[1]), lines(pen, p, image) {
    pen.beginPath();
    pen.moveTo(p.x, p.y + (p.scale * image.height) / 2);
    pen.lineTo(p.x + p.scale * image.width, p.y + (p.scale * image.height) / 2);
    pen.lineWidth = 6;
    pen.strokeStyle = "#ff00ff";
    pen.stroke();
  } }),
};
"""

ROOM = """// @ts-check
/** The picture twice, side by side, with one camera. */
import { png } from "../../viewer/exporting.js";
import { createCamera } from "../../viewer/camera.js";
import { mountViews } from "../../viewer/room.js";
import { Viewer } from "../../viewer/viewer.js";
import { project } from "../../viewer/camera.js";
import { stageCommands } from "../../viewer/keyboard.js";
import { h } from "../../kit/dom.js";

/** @extends {Viewer<"source">} */
class Pane extends Viewer {
  /** @param {HTMLElement} place @param {any} context @param {any} camera */
  constructor(place, context, camera) {
    super(place, ["source"], context, camera);
    this.root.append(this.views.source.section);
    place.append(this.root);
  }
  /** @param {{width: number}} space */
  arrange({ width }) {
    return { narrow: false, frames: { source: { width, height: width / 2 } } };
  }
  drawPhoto() {
    const view = this.views.source;
    view.projection = project(this.camera, view.box, this.extent);
    this.renderer.photo(view, this.picture?.levels ?? [], view.projection, this.ratio, { receded: false, brightness: 1 });
  }
}

/** @type {import("../../core/rooms.js").Declared} */
export const twice = {
  id: "twice",
  tab: "Twice",
  accepts: "image/*",
  tools: ["pick", "pan"],
  files: [["source", ["png"], "file.source"]],
  mount: mountViews({
    views({ context }) {
      const camera = createCamera();
      const places = [0, 1].map(() => h("div", { style: "width: 45%; display: inline-block" }));
      const root = h("div", { class: "lz-twice" }, ...places);
      return { root, viewers: places.map((place) => new Pane(place, context, camera)) };
    },
    draws: {},
    commands: ({ context, scene }) => stageCommands(context.store, scene),
    gives: ({ scene }) => ({ exportView: async () => png({ raster: scene().picture.levels[0], title: "twice" }) }),
  }),
};
"""

BUILD = """async (base) => {
  document.body.replaceChildren();
  const { mount, overHttp } = await import(new URL("edited/main.js", base));
  const element = document.createElement("div");
  element.className = "lz";
  element.dataset.lzviz = "";
  document.body.append(element);
  const { browserPage } = await import(new URL("edited/core/browser.js", base));
  window.mounted = await mount(element,
    { address: browserPage().address, transport: { ...overHttp(base), answers: () => false } });
  window.lzviz = element.lzviz;
}"""
MAKE = """
import sys
from lzviz.contract.__main__ import main
from lzviz.contract.state import State
state = State.from_link("#image=chelsea&room=twice&layers=across,mesh")
assert (state.room, state.layers) == ("twice", {"across", "mesh"}), state
assert State.from_link(state.to_link()) == state
sys.exit(main([]))
"""


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The canvas of a copy with a layer and a room more."""
    package = tmp_path_factory.mktemp("edited") / "lzviz"
    shutil.copytree(Path(lzviz.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "canvas/viewer/layers/across.js").write_text(LAYER)
    (package / "canvas/rooms/twice").mkdir()
    (package / "canvas/rooms/twice/room.js").write_text(ROOM)
    rooms = package / "contract/rooms.py"
    rooms.write_text(re.sub(r'"models"\)', '"models", "twice")', rooms.read_text()))
    subprocess.run(
        [sys.executable, "-c", MAKE], cwd=package.parent, check=True, env={"PYTHONPATH": str(package.parent)}
    )
    return package / "canvas"


@pytest.fixture
def page(browser: Browser, address: str, edited: Path) -> Iterator[Visit]:
    """A page of the copy, which the server's own catalogue and pictures fill."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, address)

    def file(route: Route) -> None:
        name = route.request.url.split("/edited/")[1]
        route.fulfill(path=(edited.parent if name.startswith("text/") else edited) / name)

    visit.page.route("**/edited/**", file)
    visit.page.goto(address + "lzviz/catalogue")
    visit.page.evaluate(BUILD, address)
    visit.page.wait_for_selector("[data-lzviz][data-ready][data-lzviz-ready]")
    yield visit
    visit.check()
    context.close()


def test_an_overlay_is_one_file(page: Visit) -> None:
    across = page.page.locator('.lz-layer[data-layer="across"]').first
    assert across.get_attribute("aria-pressed") == "false" and "Across" in across.inner_text()
    page.run("store.set({ layers: { across: true } })")
    page.wait("stage.scene.dirty.size === 0 && stage.scene.motion === 'done'")
    assert across.get_attribute("aria-pressed") == "true"
    assert page.run("store.get().width") == int(across.locator(".lz-layer-range").text_content() or 0)
    text = page.page.evaluate("async () => (await lzviz.rooms.warp.exportView('source', 'svg')).text()")
    assert text.count('stroke="#ff00ff"') == 1
    colour = """async (blob) => {
      const bitmap = await createImageBitmap(await blob);
      const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      pen.drawImage(bitmap, 0, 0);
      return [...pen.getImageData(bitmap.width >> 1, bitmap.height >> 1, 1, 1).data];
    }"""
    assert page.page.evaluate(f"({colour})(lzviz.rooms.warp.exportView('source', 'png'))") == [255, 0, 255, 255]


DRAWN = """() => {
  const images = [...document.querySelectorAll(".lz-twice .lz-view-image")];
  const bytes = (image) => [...image.getContext("2d").getImageData(0, 0, image.width, image.height).data];
  return images.map((image) => image.width > 1 ? image.style.transform + bytes(image).reduce((a, b) => (a * 31 + b) % 1e9, 7)
    : null);
}"""


def test_a_room_is_one_file_and_its_line_and_its_viewers_share_a_camera(page: Visit) -> None:
    tab = page.page.get_by_role("tab", name="Twice")
    expect(tab).to_have_attribute("aria-selected", "false")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    page.page.wait_for_function("location.hash.includes('room=twice')")
    page.page.go_back()
    expect(tab).to_have_attribute("aria-selected", "false")
    page.page.go_forward()
    expect(tab).to_have_attribute("aria-selected", "true")
    page.run("store.set({ tool: 'pan' })")
    frames = page.page.locator(".lz-twice .lz-view-frame")
    expect(frames).to_have_count(2)
    seen = []
    for turn in range(3):
        frames.nth(turn % 2).scroll_into_view_if_needed()
        box = frames.nth(turn % 2).bounding_box()
        assert box and box["width"] > 100
        page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        if turn == 1:
            page.page.mouse.wheel(0, -300)
        elif turn == 2:
            page.page.mouse.down()
            page.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3, steps=3)
            page.page.mouse.up()
        page.page.wait_for_function(
            f"(seen) => {{ const now = ({DRAWN})(); return now[0] && now[0] === now[1] && !seen.includes(now[0]); }}",
            arg=seen,
        )
        seen.append(page.page.evaluate(DRAWN)[0])
    size = (
        "async () => { const { width } = await createImageBitmap(await lzviz.rooms.twice.exportView()); return width; }"
    )
    assert page.page.evaluate(size) == page.run("live.get().image.displayWidth")
