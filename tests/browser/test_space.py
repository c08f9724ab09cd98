"""How the page shares its room: measured on the real page, in windows of usual sizes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from .conftest import Visit

WINDOWS = ((1280, 800), (1440, 900), (1920, 1080), (2560, 1440))
EMPTY = """(() => {
  const stage = document.querySelector(".lz-stage"), style = getComputedStyle(stage);
  const inside = (a, b) => parseFloat(style[a]) + parseFloat(style[b]);
  const width = stage.clientWidth - inside("paddingLeft", "paddingRight");
  const height = stage.clientHeight - inside("paddingTop", "paddingBottom");
  const common = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
    * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  let filled = 0;
  for (const view of stage.querySelectorAll(".lz-view")) {
    const [all, frame, image] = [view, view.querySelector(".lz-view-frame"), view.querySelector(".lz-view-image")]
      .map((element) => element.getBoundingClientRect());
    filled += all.width * (all.height - frame.height) + common(frame, image);
  }
  return 100 * (1 - filled / (width * height));
})()"""
LOST = """[...document.querySelectorAll(".lz-dock-part")].filter((part) => part.offsetParent
  && (part.scrollHeight > part.clientHeight + 1 || part.scrollWidth > part.clientWidth + 1))
  .map((part) => part.getAttribute("aria-label"))"""


def settled(visit: Visit, width: int, height: int) -> None:
    """Wait until the views are drawn for a window of the size."""
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.rest()
    visit.wait(
        "[rooms.warp, rooms.cad, rooms.pipeline]"
        ".every(({scene}) => !scene || scene.root.hidden || scene.dirty.size === 0)"
    )


def picture(width: int, height: int) -> dict[str, object]:
    """A picture of the visitor."""
    file = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return {"name": "own.png", "mimeType": "image/png", "buffer": file.getvalue()}


@pytest.mark.parametrize("room", ["warp", "cad", "pipeline"])
@pytest.mark.parametrize("shape", ["2:1", "4:3"])
def test_at_most_eight_percent_of_the_stage_is_empty(visit: Visit, room: str, shape: str) -> None:
    visit.open(f"#image=street&room={room}")
    if shape == "4:3":
        with visit.page.expect_file_chooser() as chooser:
            visit.page.get_by_role("button", name="Open a picture").click()
        chooser.value.set_files(picture(800, 600))  # type: ignore[arg-type]
        visit.wait("live.get().image?.width === 800")
    rooms = "document.querySelector('[data-lzviz]').lzviz.rooms"
    visit.wait(
        {
            "warp": "stage.scene.frame",
            "cad": f"{rooms}.cad.answers.get().forest && {rooms}.cad.answers.get().segmentation",
            "pipeline": f"{rooms}.pipeline.answers.get().room?.picture === live.get().image",
        }[room]
    )
    shares = []
    for width, height in WINDOWS:
        settled(visit, width, height)
        shares.append(visit.page.evaluate(EMPTY))
        assert visit.page.evaluate(LOST) == [], f"numbers are cut at {width}"
    print(
        f"{room}, {shape}: " + ", ".join(f"{w}: {share:.1f} %" for (w, _), share in zip(WINDOWS, shares, strict=True))
    )
    assert max(shares) <= 8


NAMES = """[...document.querySelectorAll(".lz-view[data-view=source] .lz-layers .lz-layer-name")].filter((name) => {
  const [at, row] = [name, name.closest(".lz-layers")].map((element) => element.getBoundingClientRect());
  return at.width > 8 && at.left >= row.left - 1 && at.right <= row.right + 1 && name.offsetParent;
}).length"""


@pytest.mark.parametrize("width", [1280, 1440])
def test_every_layer_has_its_name_at_usual_sizes(visit: Visit, width: int) -> None:
    visit.open("#image=street")
    settled(visit, width, 800)
    assert visit.page.evaluate(NAMES) == visit.page.locator(".lz-view[data-view=source] .lz-layer:visible").count()


def test_the_dock_closes_and_its_border_is_drawn_by_hand(visit: Visit) -> None:
    visit.open("#image=street")
    page = visit.page
    dock, line = page.locator(".lz-dock"), page.locator(".lz-dock-line")
    before = dock.bounding_box()
    assert before
    page.mouse.move(before["x"] + 60, before["y"])
    page.mouse.down()
    page.mouse.move(before["x"] + 60, before["y"] + 70, steps=4)
    page.mouse.up()
    page.wait_for_function(f"document.querySelector('.lz-dock').offsetHeight <= {before['height'] - 60}")
    line.focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_function(f"document.querySelector('.lz-dock').offsetHeight > {before['height'] - 60}")
    page.get_by_role("button", name="Show or hide the numbers").click()
    page.wait_for_function("document.querySelector('.lz-dock').offsetHeight < 20")
    page.reload()
    visit.ready()
    page.wait_for_function("document.querySelector('.lz-dock').offsetHeight < 20")
    page.get_by_role("button", name="Show or hide the numbers").click()
    line.dblclick(position={"x": 60, "y": 4})
    page.wait_for_function(f"document.querySelector('.lz-dock').offsetHeight === {before['height']}")
