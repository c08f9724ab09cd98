"""What a visitor does next: other pictures, refused files, uniform for a moment, many links at once, a phone."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser

from .conftest import Visit
from .journey import WAYS, paint_compare_and_share

# What a page may load before anybody has touched it; a room, a menu or a text that can come later does.
FIRST_BYTES, FIRST_REQUESTS = 1.4e6, 65
NUMBERS = "document.querySelector('.lz-dock-warp').textContent"
SENTENCE = "document.querySelector('.lz-sentence').textContent"


def picture(width: int, height: int) -> dict[str, object]:
    """A picture of the visitor."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return {"name": "own.png", "mimeType": "image/png", "buffer": file.getvalue()}


def give(visit: Visit, name: str, file: dict[str, object]) -> None:
    """Press what opens a file dialog, and choose a file in it."""
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name=name, exact=True).click()
    chooser.value.set_files(file)  # type: ignore[arg-type]


def test_the_first_load_is_small(visit: Visit) -> None:
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    sent: list[float] = []
    session.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    visit.open()
    visit.page.wait_for_selector("[data-lzviz][data-explained]")
    assert 0.9e6 < sum(sent) < FIRST_BYTES, f"{sum(sent) / 1e6:.3f} MB"
    assert len([url for url in visit.requests if url.startswith("http")]) <= FIRST_REQUESTS


def test_paint_belongs_to_its_picture(visit: Visit) -> None:
    visit.open()
    painted = visit.run("store.get().paint.data.reduce((sum, value) => sum + value, 0)")
    assert painted > 0
    give(visit, "Open a picture", picture(320, 200))
    visit.wait("live.get().image?.width === 320 && store.get().image === 'own'")
    assert visit.run("store.get().paint") is None
    visit.page.get_by_role("button", name="Street").click()
    visit.wait("store.get().image === 'street' && store.get().paint !== null")
    assert visit.run("store.get().paint.data.reduce((sum, value) => sum + value, 0)") == painted


def test_a_cancelled_file_leaves_the_choice_and_can_be_pressed_again(visit: Visit) -> None:
    visit.open()
    for _ in range(2):
        with visit.page.expect_file_chooser() as chooser:
            visit.page.get_by_text("File", exact=True).first.click()
        assert visit.page.get_by_role("radio", name="Paint", exact=True).first.is_checked()
        assert visit.run("store.get().saliency") == "paint"
    visit.expected.append("415")
    chooser.value.set_files({"name": "map.png", "mimeType": "image/png", "buffer": b"no picture"})
    visit.wait("live.get().error")
    assert visit.run("store.get().saliency") == "paint"


def test_holding_space_shows_uniforms_numbers(visit: Visit) -> None:
    visit.open()
    visit.answered()
    before = visit.run(NUMBERS), visit.run(SENTENCE)
    visit.page.mouse.move(*visit.place(0.5, 0.5))
    visit.page.keyboard.down(" ")
    visit.page.wait_for_function(f"{NUMBERS}.includes('1.00–1.00 ×')")
    assert "at most 1.0× zoom" in visit.run(SENTENCE)
    visit.page.keyboard.up(" ")
    visit.page.wait_for_function(
        "(text) => document.querySelector('.lz-dock-warp').textContent === text", arg=before[0]
    )
    visit.page.wait_for_function("(text) => document.querySelector('.lz-sentence').textContent === text", arg=before[1])


def test_numbers_move_during_the_stroke(visit: Visit) -> None:
    visit.open()
    visit.answered()
    before = visit.run(NUMBERS), visit.run(SENTENCE)
    visit.page.mouse.move(*visit.place(0.3, 0.3))
    visit.page.mouse.down()
    visit.page.mouse.move(*visit.place(0.5, 0.4), steps=5)
    visit.page.wait_for_function(
        "(text) => document.querySelector('.lz-dock-warp').textContent !== text", arg=before[0]
    )
    visit.page.wait_for_function("(text) => document.querySelector('.lz-sentence').textContent !== text", arg=before[1])
    assert visit.run("live.get().painting")
    visit.page.mouse.up()


def test_the_last_of_fifty_links_is_what_is_shown(visit: Visit) -> None:
    visit.expected.append("status of 409")  # a question that a newer one took the place of
    visit.open()
    names = ["coffee", "chelsea", "astronaut", "rocket", "motorcycle"]
    for k in range(50):
        visit.page.evaluate("(hash) => { location.hash = hash; }", f"#image={names[k % 5]}&width={100 + k}")
        if k % 10 == 9:
            visit.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    visit.wait("store.get().width === 149 && live.get().image?.id === 'motorcycle' && !live.get().loading")
    visit.rest()
    assert visit.run("[store.get().image, live.get().image.id, store.get().width]") == ["motorcycle", "motorcycle", 149]
    pressed = "[...document.querySelectorAll('.lz-thumb[aria-pressed=true]')].map((each) => each.dataset.id)"
    assert visit.page.evaluate(pressed) == ["motorcycle"]


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_nothing_is_cut_and_fingers_can_flip_and_fit(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 780}, has_touch=True, is_mobile=True)
    visit = Visit(context, address).open()
    page = visit.page
    share = page.get_by_role("button", name="Share").bounding_box()
    assert share and share["x"] + share["width"] <= width - 8
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(name.is_visible() for name in page.locator(".lz-view[data-view=source] .lz-layer-name").all())
    assert page.locator(".lz-sampler .lz-head").is_visible()
    button = page.get_by_role("button", name="Hold to see uniform sampling")
    button.dispatch_event("pointerdown")
    visit.wait("live.get().uniform")
    button.dispatch_event("pointerup")
    visit.wait("!live.get().uniform")
    assert not page.get_by_role("button", name="Fit").is_visible()
    visit.run("stage.scene.zoomBy(stage.scene.views.source, 2)")
    page.get_by_role("button", name="Fit").click()
    visit.wait("stage.scene.camera.zoom === 1")
    visit.check()
    context.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_visitor_paints_compares_and_shares_in_three_actions(browser: Browser, address: str, way: str) -> None:
    paint_compare_and_share(browser, address, way)
