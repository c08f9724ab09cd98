"""Pictures of one's own in the page: opened, refused, given again, and left out of a link."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit

TROUBLE = ".lz-trouble"


def png(height: int, width: int) -> bytes:
    """A small picture with a gradient in x and y."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([255 * x / max(1, width - 1), 255 * y / max(1, height - 1), 0 * x], -1)
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def choose_file(visit: Visit, name: str, data: bytes) -> None:
    """Open a file through the button, as a visitor does."""
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").click()
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": data})


def test_a_bad_file_is_told_and_nothing_is_lost(visit: Visit) -> None:
    visit.expected = ["Failed to load resource"]
    visit.open("#image=coffee")
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    nodes = visit.nodes()
    choose_file(visit, "no.png", b"this is no picture")
    expect(visit.page.locator(TROUBLE)).to_be_visible()
    assert visit.page.locator(".lz-trouble-text").inner_text().endswith(".")
    assert visit.run("store.get().image") == "coffee"
    assert visit.nodes() == nodes


def test_an_own_picture(visit: Visit) -> None:
    visit.open("#image=coffee")
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    choose_file(visit, "mine.png", png(90, 160))
    visit.wait("store.get().image === 'own' && live.get().image.width === 160")
    visit.answered()
    assert visit.run("store.get().paint") is None
    visit.page.keyboard.press("z")
    visit.wait("store.get().image === 'coffee' && live.get().image.width === 600")
    assert visit.painted(0.4, 0.4) > 200


def test_a_picture_that_the_server_forgot_is_given_again(visit: Visit) -> None:
    visit.expected = ["Failed to load resource"]
    visit.open("#image=coffee")
    choose_file(visit, "mine.png", png(40, 60))
    visit.wait("store.get().image === 'own'")
    visit.answered()
    before = visit.run("live.get().image.id")
    refused: list[str] = []

    def forget(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        said = {"ok": False, "error": "This picture is no longer here; open it again.", "missing": "picture"}
        route.fulfill(status=404, json=said)

    visit.page.route("**/lzviz/compute", forget)
    uploads = sum("lzviz/picture?page=" in url for url in visit.requests)
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    visit.answered()
    assert refused and sum("lzviz/picture?page=" in url for url in visit.requests) == uploads + 1
    assert visit.run("live.get().image.id") != "" and before
    expect(visit.page.locator(TROUBLE)).to_be_hidden()


def test_a_link_to_somebodys_own_picture_keeps_the_rest(visit: Visit) -> None:
    visit.open("#image=own&strength=77")
    expect(visit.page.locator(TROUBLE)).to_contain_text("own picture")
    assert visit.run("[store.get().strength, store.get().image]") == [77, "street"]
