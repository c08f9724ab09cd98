"""Own saliency and edge masks, brought and painted, in every room that can use them; and all that is seen of them.

Each row of :data:`TABLE` is a visitor's way: a room, where the map comes from, and what then stands on the page. The views of the
order are sampling points, deformed image, unzoomed features, quadtree, reconstructed segmentation and timing.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import Visit

MODEL = "lds-camvid-48x64"
ROOMS = {
    "warp": ("#image=rocket&room=warp&width=96", "Saliency from"),
    "cad": ("#image=rocket&room=cad&cadview=features", "Mask from"),
    "pipeline": (f"#image=rocket&room=pipeline&checkpoint={MODEL}&left=features", "Where to look, from"),
    "compare": ("#image=rocket&room=compare&methods=uniform,lzu&width=64", "Saliency from"),
}
SETTLED = {
    "warp": "live.get().answer && live.get().answered === store.get()",
    "cad": "room.answers.get().forest && room.answers.get().features"
    " && Math.abs(room.answers.get().features.active - room.answers.get().forest.active) < 1e-12",
    "pipeline": "room.answers.get().room && !room.answers.get().room.stale && !room.answers.get().asking"
    " && room.answers.get().features && !live.get().busy",
    "compare": "room.answers.get().table && room.answers.get().about === store.get()",
}
# Where the samples are, as one text: it differs when the map has moved them.
PLACES = {
    "warp": "String(room.scene.frame.warp.nodes)",
    "cad": "String(room.answers.get().forest.levels)",
    "pipeline": "String(room.answers.get().room.warp.nodes)",
    "compare": "String(room.scene.frames[1].grid.slice(0, 4000))",
}
# What has to be on the page, by the view of the order: each is true of what is drawn, not of a switch.
VIEWS = {
    "sampling points": {
        "warp": "store.get().layers.points",
        "pipeline": "room.answers.get().room.grid.length > 0 && store.get().layers.points",
        "compare": "room.scene.frames.every(({ grid }) => grid.length > 1000)",
        "cad": "room.answers.get().forest.rows.reduce((a, b) => a + b, 0) > 100",
    },
    "deformed image": {
        "warp": "drawn('[data-view=zoomed] .lz-view-image')",
        "pipeline": "drawn('.lz-learned-views [data-view=zoomed] .lz-view-image')",
    },
    "unzoomed features": {
        "pipeline": "room.answers.get().features.unzoomed.data.length > 1000",
        "cad": "drawn('[data-view=adaptive] .lz-view-image')",
    },
    "quadtree": {"cad": "new Set(room.answers.get().forest.levels).size > 1"},
    "reconstructed segmentation": {
        "pipeline": "new Set(room.answers.get().room.labels.data).size > 1"
        " && document.querySelectorAll('.lz-learned-classes tbody tr').length > 1",
    },
    "timing": {
        "warp": "live.get().times?.milliseconds",
        "cad": "live.get().times?.milliseconds",
        "pipeline": "room.answers.get().room.answer.stages.every(({ ms }) => ms > 0)",
        "compare": "room.answers.get().table.rows.every(({ p50 }) => p50 > 0)",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A room, the choice in its menu of maps, and the file or the key of the state that a hand paints."""

    room: str
    choice: str
    file: str = ""
    paints: str = ""

    @property
    def name(self) -> str:
        return f"{self.room}-{self.choice}-{self.file or self.paints}"


TABLE = [
    Row("warp", "File", file="saliency"),
    Row("warp", "Paint", paints="paint"),
    Row("warp", "File", file="edges"),
    Row("warp", "Edges", paints="edgePaint"),
    Row("cad", "File", file="saliency"),
    Row("cad", "File", file="edges"),
    Row("cad", "Paint", paints="cadPaint"),
    Row("cad", "Edges", paints="cadPaint"),
    Row("pipeline", "File", file="saliency"),
    Row("pipeline", "Paint", paints="paint"),
    Row("pipeline", "File", file="edges"),
    Row("pipeline", "Edges", paints="edgePaint"),
    Row("compare", "File", file="saliency"),
    Row("compare", "Paint", paints="paint"),
    Row("compare", "Edges", paints="edgePaint"),
]


def brought(kind: str) -> dict[str, object]:
    """A file: a saliency map as an array, an edge mask as a picture."""
    y, x = np.mgrid[:60, :80]
    buffer = io.BytesIO()
    if kind == "saliency":
        np.save(buffer, np.exp(-((x - 20) ** 2 + (y - 40) ** 2) / 90).astype(np.float32))
    else:
        Image.fromarray(np.where((np.abs(x - 55) < 2) | (np.abs(y - 15) < 2), 255, 0).astype(np.uint8)).save(
            buffer, "PNG"
        )
    suffix = "npy" if kind == "saliency" else "png"
    return {"name": f"mine.{suffix}", "mimeType": "application/octet-stream", "buffer": buffer.getvalue()}


def ask(visit: Visit, room: str, expression: str, wait: bool = False):
    """Evaluate JavaScript, or wait until it holds, with ``room`` at hand; ``drawn`` asks a canvas."""
    script = (
        "() => { const { store, live, rooms } = document.querySelector('[data-lzviz]').lzviz;"
        f" const room = rooms.{room}; const drawn = (at) => {{ const c = document.querySelector(at);"
        " return new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 20; };"
        f" return ({expression}); }}"
    )
    return visit.page.wait_for_function(script) if wait else visit.page.evaluate(script)


def paint(visit: Visit) -> None:
    """A stroke over the source, in the first view of any room."""
    visit.page.keyboard.press("b")
    box = visit.page.locator(".lz-stage .lz-view:visible .lz-view-overlay:visible").first.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 0.42 * box["width"], box["y"] + 0.45 * box["height"])
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    visit.page.mouse.up()


def choose(visit: Visit, row: Row) -> None:
    """Take the map of a row, as a visitor does."""
    menu = visit.page.get_by_role("radiogroup", name=ROOMS[row.room][1]).locator("visible=true")
    choice = menu.get_by_text(row.choice, exact=True)
    if row.file:
        if visit.run("live.get().file !== null"):
            choice.click()
            choice = visit.page.get_by_role("button", name="Open another map").locator("visible=true")
        with visit.page.expect_file_chooser() as chooser:
            choice.click()
        chooser.value.set_files(brought(row.file))  # type: ignore[arg-type]
        ask(visit, row.room, f"live.get().file?.title === {brought(row.file)['name']!r}", wait=True)
        return
    choice.click()
    paint(visit)
    ask(visit, row.room, f"store.get().{row.paints} !== null && !live.get().painting", wait=True)


@pytest.mark.parametrize("room", ROOMS)
def test_own_maps_move_the_samples_and_every_view_of_the_order_is_there(visit: Visit, room: str) -> None:
    visit.open(ROOMS[room][0])
    ask(visit, room, SETTLED[room], wait=True)
    for row in (row for row in TABLE if row.room == room):
        before = ask(visit, room, PLACES[room])
        choose(visit, row)
        ask(visit, room, f"{SETTLED[room]} && {PLACES[room]} !== {before!r}", wait=True)
        for view, rooms in VIEWS.items():
            if room in rooms and view != "timing":
                ask(visit, room, rooms[room], wait=True)
    ask(visit, room, VIEWS["timing"].get(room, "true"), wait=True)
    assert visit.run("live.get().error") is None


def test_every_view_of_the_order_is_seen_somewhere_with_own_maps() -> None:
    assert {"warp", "cad", "pipeline", "compare"} == {row.room for row in TABLE}
    for view, rooms in VIEWS.items():
        assert rooms.keys() & {row.room for row in TABLE if row.file}, view
        assert rooms.keys() & {row.room for row in TABLE if row.paints}, view


@pytest.mark.parametrize("room", ["warp", "cad", "pipeline"])
def test_a_map_is_dropped_where_the_menu_of_maps_stands(visit: Visit, room: str) -> None:
    visit.open(ROOMS[room][0])
    ask(visit, room, SETTLED[room], wait=True)
    visit.page.evaluate(
        """(name) => {
          const menu = [...document.querySelectorAll(`[role=radiogroup][aria-label="${name}"]`)].find((e) => e.offsetParent);
          const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
          canvas.getContext("2d").fillRect(0, 0, 9, 9);
          canvas.toBlob((blob) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([blob], "dropped.png"));
            for (const type of ["dragover", "drop"]) {
              menu.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
            }
          });
        }""",
        ROOMS[room][1],
    )
    ask(visit, room, "live.get().file?.title === 'dropped.png'", wait=True)
    state = {"warp": "saliency", "cad": "cadMask", "pipeline": "learnedFrom"}[room]
    assert visit.run(f"[store.get().{state}, store.get().image]") == ["file", "rocket"]
