"""The views, driven with mouse, fingers and keys on the real page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession

from tests.browser.conftest import Visit

SMALL = "#image=coffee&width=64"
COUNT = "Number(stage.scene.root.dataset.drawn)"


def box_of(visit: Visit, view: str) -> dict[str, float]:
    """The frame of a view on the screen."""
    box = visit.page.locator(f'.lz-view[data-view="{view}"] .lz-view-frame').bounding_box()
    assert box is not None
    return {name: float(box[name]) for name in ("x", "y", "width", "height")}


def pixel(visit: Visit, view: str, x: float, y: float) -> list[int]:
    """RGBA of the image canvas of a view at fractions of its size."""
    return visit.run(
        "(() => { const c = stage.scene.views[given[0]].image; return [...c.getContext('2d')"
        ".getImageData(Math.floor(given[1] * c.width), Math.floor(given[2] * c.height), 1, 1).data]; })()",
        [view, x, y],
    )


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    """A visit on a phone with a touch screen."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, device_scale_factor=2)
    visit = Visit(context, address)
    yield visit
    visit.check()
    context.close()


def touch(session: CDPSession, kind: str, points: list[tuple[float, float]]) -> None:
    """One touch event with these fingers down."""
    fingers = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def test_the_views_follow_during_the_stroke_and_the_store_at_its_end(visit: Visit) -> None:
    visit.open(SMALL)
    before, drawn = visit.nodes(), visit.run(COUNT)
    visit.page.mouse.move(*visit.place(0.3, 0.3))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.5, 0.4), steps=5)
    during = visit.run("Array.from(stage.scene.frame.warp.nodes)")
    assert np.abs(np.subtract(before, during)).max() > 1e-2
    assert visit.run(COUNT) - drawn >= 5
    assert visit.run("store.get().paint") is None and visit.run("live.get().painting") is True
    visit.page.mouse.up()
    assert visit.painted(0.4, 0.35) > 0 and visit.run("live.get().painting") is False
    assert visit.nodes() == during


def test_what_moves_is_read_at_once_and_what_rests_exactly(visit: Visit) -> None:
    visit.open("#image=coffee&width=32").nodes()
    colours = "Array.from(stage.scene.frame.colours)"
    columns = "stage.scene.views.unzoomed.image.width"
    still = visit.run(columns)
    visit.page.mouse.move(*visit.place(0.3, 0.3))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.5, 0.4), steps=3)
    # The hand rests: the rows that were left out are read too, as quickly as the others.
    visit.wait("!stage.scene.halved && !stage.scene.dirty.size")
    during, quick = visit.run("Array.from(stage.scene.frame.warp.nodes)"), visit.run(colours)
    assert abs(visit.run(columns) - still / 2) <= 1
    visit.page.mouse.up()
    visit.wait(f"{columns} === {still}")
    assert visit.nodes() == during
    off = np.abs(np.subtract(quick, visit.run(colours)))
    assert 0 < off.mean() < 2 and off.max() < 40


def test_every_point_of_a_fast_stroke_is_painted(visit: Visit) -> None:
    visit.open(SMALL)
    visit.run("store.set({ brushSize: 0.02 })")
    visit.page.mouse.move(*visit.place(0.1, 0.8))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.9, 0.8))
    visit.page.mouse.up()
    assert all(visit.painted(x, 0.8) > 0 for x in np.linspace(0.1, 0.9, 40))


@pytest.mark.parametrize("end", ["pointercancel", "lostpointercapture"])
def test_a_stroke_that_the_browser_takes_away_is_kept(visit: Visit, end: str) -> None:
    visit.open(SMALL)
    visit.page.mouse.move(*visit.place(0.3, 0.3))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.5, 0.3), steps=3)
    visit.run(
        "stage.scene.views.source.overlay.dispatchEvent(new PointerEvent(given, { pointerId: 1, bubbles: true }))", end
    )
    assert visit.painted(0.4, 0.3) > 0
    visit.page.mouse.up()
    visit.page.keyboard.press("z")
    assert visit.run("store.get().paint") is None


def test_a_stroke_during_an_update_of_the_page_is_not_lost(visit: Visit) -> None:
    visit.open(SMALL)
    visit.page.mouse.move(*visit.place(0.2, 0.6))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.4, 0.6), steps=3)
    visit.run("store.set({ strength: 300, width: 80 })")
    visit.run("live.set({ answer: { sentence: 'late' }, answered: null })")
    visit.page.mouse.move(*visit.place(0.7, 0.6), steps=3)
    visit.page.mouse.up()
    assert all(visit.painted(x, 0.6) > 0 for x in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
    assert visit.run("store.get().strength") == 300


def test_the_right_button_erases(visit: Visit) -> None:
    visit.open(SMALL)
    visit.stroke((0.3, 0.5), (0.7, 0.5))
    visit.page.mouse.move(*visit.place(0.5, 0.5))
    visit.page.mouse.down(button="right")
    visit.page.mouse.up(button="right")
    assert visit.painted(0.5, 0.5) == 0 and visit.painted(0.3, 0.5) > 0


def test_painting_on_the_zoomed_view_paints_where_it_reads(visit: Visit) -> None:
    visit.open(SMALL)
    box = box_of(visit, "zoomed")
    x, y = box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"]
    visit.page.mouse.move(x, y)
    visit.wait("live.get().hover !== null")
    source = visit.run("live.get().hover.normalised.source")
    visit.page.mouse.down()
    visit.page.mouse.up()
    assert visit.painted((source[0] + 1) / 2, (source[1] + 1) / 2) > 200


def test_hover_links_the_views_and_tells_what_is_read(visit: Visit) -> None:
    visit.open(SMALL)
    visit.stroke((0.4, 0.4), (0.5, 0.5))
    visit.page.keyboard.press("v")
    box = box_of(visit, "zoomed")
    visit.page.mouse.move(box["x"] + 0.41 * box["width"], box["y"] + 0.52 * box["height"])
    visit.wait("live.get().hover !== null")
    hover = visit.run("live.get().hover")
    assert hover["zoomed"] == [int(0.41 * 64), int(0.52 * visit.run("stage.scene.frame.zoomed[0]"))]
    width, height = visit.run("[live.get().image.width, live.get().image.height]")
    visit.page.mouse.move(*visit.place((hover["source"][0] + 0.5) / width, (hover["source"][1] + 0.5) / height))
    visit.wait(f"live.get().hover && Math.abs(live.get().hover.source[0] - {hover['source'][0]}) < 3")
    assert visit.run("live.get().hover.zoomed") == hover["zoomed"]
    assert abs(sum(tap["weight"] for tap in hover["taps"]) - 1) < 1e-2
    weighted = visit.run(
        "given.map((t) => { const { data, width } = live.get().image; const k = 4 * (t.y * width + t.x);"
        " return [0, 1, 2].map((c) => t.weight * data[k + c]); })",
        hover["taps"],
    )
    assert np.abs(np.sum(weighted, 0) - hover["colour"]).max() < 2
    visit.page.mouse.move(5, 5)
    visit.wait("live.get().hover === null")


def test_space_shows_uniform_while_it_is_held(visit: Visit) -> None:
    visit.open(SMALL)
    visit.stroke((0.4, 0.4), (0.5, 0.5))
    warped = visit.nodes()
    visit.page.keyboard.down("Space")
    visit.wait("stage.scene.frame.warp.nodes.length === 8")
    visit.page.keyboard.up("Space")
    visit.wait("stage.scene.frame.warp.nodes.length > 8")
    assert visit.nodes() == warped


def test_pan_and_zoom_are_locked_and_reach_the_pixel(visit: Visit) -> None:
    visit.open(SMALL)
    visit.page.mouse.move(*visit.place(0.6, 0.4))
    for _ in range(16):
        visit.page.mouse.wheel(0, -400)
    visit.wait("stage.scene.views.source.projection.scale > 60")
    visit.nodes()
    source, unzoomed = visit.run(
        "[stage.scene.views.source, stage.scene.views.unzoomed].map((v) => [v.box, v.projection])"
    )
    middles = [
        ((b["width"] / 2 - p["x"]) / p["scale"], (b["height"] / 2 - p["y"]) / p["scale"]) for b, p in (source, unzoomed)
    ]
    assert np.abs(np.subtract(middles[0], middles[1])).max() < 1e-6
    extent, data = visit.run("[stage.scene.extent, live.get().image.displayWidth]")
    column, row = int(middles[0][0]), int(middles[0][1])
    true = visit.run("[...live.get().image.data.subarray(given, given + 3)]", 4 * (row * data + column))
    corner = visit.run(
        "((v) => [Math.round(Math.max(0, -v.projection.x / v.projection.scale) - 0.5),"
        " Math.round(Math.max(0, -v.projection.y / v.projection.scale) - 0.5)])(stage.scene.views.source)"
    )
    shown = visit.run(
        "((c) => [...c.getContext('2d').getImageData(given[0], given[1], 1, 1).data])(stage.scene.views.source.image)",
        [column - corner[0], row - corner[1]],
    )
    keep, grey = 0.5 * 0.9, 0.5 * 0.9 * np.dot(true, [0.2126, 0.7152, 0.0722])
    assert extent["width"] == data and np.abs(keep * np.array(true) + grey - shown[:3]).max() <= 1.5
    visit.page.keyboard.press("0")
    visit.wait("stage.scene.camera.zoom === 1")


def test_outside_the_view_the_unzoomed_image_is_empty(visit: Visit) -> None:
    visit.open("#image=coffee&width=64&sampler=lz&from=centre&anticrop=0&fwhm=13&nodes=31x31&separable=0")
    visit.nodes()
    assert pixel(visit, "unzoomed", 0.01, 0.01)[3] == 0
    assert pixel(visit, "unzoomed", 0.5, 0.5)[3] == 255


def test_compare_shows_uniform_beside_and_the_difference(visit: Visit) -> None:
    visit.open(SMALL)
    visit.page.keyboard.press("c")
    visit.page.locator('.lz-view[data-view="uniform"]').wait_for(state="visible")
    visit.wait("stage.scene.uniform !== null")
    assert visit.run("stage.scene.uniform.image.data.length") == visit.run("stage.scene.frame.image.data.length")
    visit.page.keyboard.press("c")
    visit.page.locator('.lz-view[data-view="uniform"]').wait_for(state="hidden")
    visit.wait("stage.scene.views.unzoomed.number.textContent.startsWith('mean ')")
    mean = float(visit.run("stage.scene.views.unzoomed.number.textContent").split()[1])
    assert 0.5 < mean < 60
    visit.page.keyboard.press("c")
    visit.wait("store.get().compare === 'none'")


def test_boxes_are_drawn_and_clicked_away(visit: Visit) -> None:
    visit.open(SMALL + "&from=boxes&tool=box&sampler=fovea")
    visit.stroke((0.2, 0.3), (0.5, 0.7))
    width, height = visit.run("[live.get().image.width, live.get().image.height]")
    (box,) = visit.run("store.get().boxes")
    assert np.abs(np.subtract(box, [0.2 * width, 0.3 * height, 0.5 * width, 0.7 * height])).max() <= 2
    visit.page.mouse.click(*visit.place(0.3, 0.5))
    assert visit.run("store.get().boxes") == []
    visit.page.keyboard.press("z")
    assert len(visit.run("store.get().boxes")) == 1


def test_the_keyboard_alone_can_paint_erase_and_read(visit: Visit) -> None:
    visit.open(SMALL)
    visit.run("stage.scene.views.source.overlay.focus()")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Enter")
    assert visit.painted(0.5, 0.5) > 0
    size = visit.run("store.get().brushSize")
    visit.page.keyboard.press("]")
    assert visit.run("store.get().brushSize") > size
    visit.page.keyboard.press("e")
    visit.page.keyboard.press("Enter")
    assert visit.painted(0.52, 0.5) == 0
    visit.page.keyboard.press("v")
    visit.page.keyboard.press("Shift+ArrowDown")
    visit.wait("live.get().hover !== null")
    visit.page.keyboard.press("Escape")
    visit.wait("live.get().hover === null")


def test_layers_have_keys_and_legends(visit: Visit) -> None:
    visit.open(SMALL)
    off = {"points": False, "saliency": False}
    visit.run("store.set({ layers: { ...store.get().layers, ...given } })", off)
    visit.wait("stage.scene.dirty.size === 0")
    for key, name in enumerate(
        ["points", "mesh", "saliency", "density", "jacobian", "folds", "approximation", "arrows", "aliasing"], 1
    ):
        drawn = visit.run(COUNT)
        visit.page.keyboard.press(str(key))
        visit.wait(f"{COUNT} > {drawn} && stage.scene.dirty.size === 0")
        button = visit.page.locator(f'.lz-layer[data-layer="{name}"]')
        assert button.get_attribute("aria-pressed") == "true"
        if name not in ("points", "saliency"):
            assert button.locator(".lz-layer-range").text_content()
        visit.page.keyboard.press(str(key))


def test_views_say_in_words_what_they_show(visit: Visit) -> None:
    visit.open(SMALL)
    visit.answered()
    label = "document.querySelector('[data-view=source] .lz-view-overlay').ariaLabel"
    before = visit.page.evaluate(label)
    visit.stroke((0.6, 0.6), (0.7, 0.7))
    visit.page.wait_for_function("(before) => " + label + " !== before", arg=before)
    visit.wait("live.get().measured.coverage !== undefined && live.get().measured.sentence.startsWith('Spends')")
    assert "600 by 400 pixels" in before and "samples" in visit.page.evaluate(label)


def test_light_and_dark_redraw_the_photograph(visit: Visit) -> None:
    visit.open(SMALL)
    visit.nodes()
    light = sum(pixel(visit, "source", 0.5, 0.5)[:3])
    visit.page.keyboard.press("d")
    visit.wait("stage.scene.palette.dark !== false && stage.scene.dirty.size === 0")
    dark = sum(pixel(visit, "source", 0.5, 0.5)[:3])
    low, high = sorted([light, dark])
    assert low / high == pytest.approx(0.72 / 0.9, abs=0.03)


def test_a_hidden_page_is_harmless_and_comes_back(visit: Visit) -> None:
    visit.open(SMALL)
    drawn = visit.run(COUNT)
    visit.run("(stage.scene.container.style.display = 'none')")
    visit.run("store.set({ width: 96 })")
    visit.rest()
    visit.run("(stage.scene.container.style.display = '')")
    visit.wait(f"{COUNT} > {drawn} && stage.scene.frame.zoomed[1] === 96")
    assert visit.run("stage.scene.views.source.box.width") > 200


def test_one_finger_paints_and_two_move_the_view(phone: Visit) -> None:
    phone.open(SMALL)
    phone.nodes()
    session = phone.page.context.new_cdp_session(phone.page)
    start, end = phone.place(0.3, 0.5), phone.place(0.5, 0.5)
    touch(session, "touchStart", [start])
    touch(session, "touchMove", [end])
    touch(session, "touchEnd", [])
    assert phone.painted(0.4, 0.5) > 0
    painted = phone.run("Array.from(store.get().paint.data)")
    (x, y), gap = phone.place(0.5, 0.5), 30
    touch(session, "touchStart", [(x - gap, y)])
    touch(session, "touchStart", [(x - gap, y), (x + gap, y)])
    for step in range(1, 5):
        touch(session, "touchMove", [(x - gap - 15 * step, y), (x + gap + 15 * step, y)])
    touch(session, "touchEnd", [])
    phone.wait("stage.scene.camera.zoom > 2")
    assert phone.run("Array.from(store.get().paint.data)") == painted
    assert phone.run("document.documentElement.scrollWidth") <= 390


def test_views_can_be_saved_by_the_browser_alone(visit: Visit) -> None:
    visit.open(SMALL)
    visit.nodes()
    for name in ("source", "zoomed", "unzoomed"):
        size = visit.page.evaluate(
            "async (name) => { const { warp: stage } = document.querySelector('[data-lzviz]').lzviz.rooms;"
            " const bitmap = await createImageBitmap(await stage.exportView(name, 'png')); return [bitmap.width, bitmap.height]; }",
            name,
        )
        expected = visit.run(
            "given === 'zoomed' ? [...stage.scene.frame.zoomed].reverse() : [stage.scene.extent.width, stage.scene.extent.height]",
            name,
        )
        assert size == expected
    text = visit.page.evaluate(
        "async () => (await document.querySelector('[data-lzviz]').lzviz.rooms.warp.exportView('source', 'svg')).text()"
    )
    assert text.startswith("<svg")
    assert text.split("<path")[-1].count("h0") == 64 * visit.run("stage.scene.frame.zoomed[0]")


def test_on_a_phone_the_open_room_is_in_sight_in_the_bar(phone: Visit) -> None:
    phone.open("#room=learn")
    phone.page.wait_for_selector(".lz-tab[data-tab=learn][aria-selected=true]")
    phone.page.wait_for_function(
        """() => {
          const [list, tab] = [".lz-tabs", ".lz-tab[aria-selected=true]"].map((each) =>
            document.querySelector(each).getBoundingClientRect());
          return tab.left >= list.left && tab.right <= list.right + 0.5;
        }"""
    )


def test_a_room_without_a_dock_has_nothing_of_it_and_the_page_never_scrolls(visit: Visit) -> None:
    visit.open("#room=learn")
    visit.page.wait_for_selector(".lz-learn:not([hidden])")
    moved = visit.run(
        "(([page]) => { page.scrollTo(40, 40); return [page.scrollLeft, page.scrollTop]; })(document.querySelectorAll('.lz-page'))"
    )
    assert moved == [0, 0]
    assert not visit.page.locator(".lz-dock-line, .lz-dock-tab").filter(visible=True).count()
