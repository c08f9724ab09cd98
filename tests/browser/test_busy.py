"""A server without room: the page goes on with the browser's numbers, asks again, and loses nothing."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import Route, expect

from tests.app_server import english
from tests.browser.conftest import Visit

TROUBLE, FOLLOWS = ".lz-trouble", ".lz-follows"
BUSY = {"ok": False, "error": "The server is busy with other visitors; wait a moment and press again."}


def refuse(visit: Visit, path: str, count: int, after: int = 1) -> list[dict]:
    """The server has no room for the next ``count`` questions to a path; what was asked there, in order."""
    visit.expected, asked = ["Failed to load resource"], list[dict]()

    def answered(route: Route) -> None:
        asked.append(route.request.post_data_json or {})
        if len(asked) > count:
            return route.continue_()
        route.fulfill(
            status=503, headers={"retry-after": str(after)}, content_type="application/json", body=json.dumps(BUSY)
        )

    visit.page.route(f"**/{path}", answered)
    return asked


def test_a_stroke_that_finds_the_server_busy_shows_no_error_and_is_answered(visit: Visit) -> None:
    visit.open("#image=coffee")
    visit.answered()
    asked = refuse(visit, "lzviz/compute", 2)
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    expect(visit.page.locator(FOLLOWS)).to_have_text("Browser’s numbers; Python follows")
    expect(visit.page.locator(TROUBLE)).to_be_hidden()
    told = visit.answered()
    assert len(asked) == 3 and told["seq"] == asked[-1]["seq"] and english(told["sentence"]).startswith("Spends")
    expect(visit.page.locator(FOLLOWS)).to_be_hidden()
    expect(visit.page.locator(TROUBLE)).to_be_hidden()


def test_a_newer_stroke_does_not_wait_for_an_older_one_that_is_asked_again(visit: Visit) -> None:
    visit.open("#image=coffee")
    visit.answered()
    asked = refuse(visit, "lzviz/compute", 1, after=600)
    visit.stroke((0.2, 0.3), (0.3, 0.3))
    expect(visit.page.locator(FOLLOWS)).to_be_visible()
    visit.stroke((0.6, 0.6), (0.8, 0.6))
    visit.answered()
    expect(visit.page.locator(FOLLOWS)).to_be_hidden()
    assert len(asked) >= 2 and asked[0]["seq"] < asked[-1]["seq"]
    assert len({each["page"] for each in asked}) == 1 and len(asked[0]["page"]) > 10


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("#room=cad&image=coffee&cadview=features", "lzviz/cad"),
        ("#room=cad&image=coffee", "lzviz/cad-segmentation"),
        ("#room=cad&image=coffee", "lzviz/cad-mask"),
        ("#room=pipeline", "lzviz/learned"),
    ],
)
def test_networks_that_have_no_room_are_asked_again_as_well(visit: Visit, link: str, path: str) -> None:
    asked = refuse(visit, path, 1)
    visit.open(link)
    expect(visit.page.locator(FOLLOWS)).to_contain_text("Python")
    visit.wait("live.get().answer && !live.get().busy")
    assert len(asked) >= 2
    expect(visit.page.locator(FOLLOWS)).to_be_hidden()
    expect(visit.page.locator(TROUBLE)).to_be_hidden()


def test_times_are_asked_for_once_when_the_page_rests_and_not_for_every_stroke(visit: Visit) -> None:
    asked = refuse(visit, "lzviz/warp-time", 0)
    visit.open("#image=coffee")
    for k in range(3):
        visit.stroke((0.2 + 0.2 * k, 0.3), (0.3 + 0.2 * k, 0.4))
        visit.answered()
    visit.wait("live.get().times")
    visit.stroke((0.5, 0.7), (0.6, 0.7))
    visit.answered()
    visit.rest()
    assert len(asked) == 1
    visit.run("store.set({ width: 100 })")
    visit.wait("live.get().times === null")
    visit.wait("live.get().times")
    assert len(asked) == 2 and asked[-1]["state"]["width"] == 100


def test_long_work_says_how_long_and_can_be_stopped_and_asked_again(visit: Visit) -> None:
    visit.open("#image=coffee")
    visit.answered()
    held: list[Route] = []
    visit.page.route("**/lzviz/compute", lambda route: held.append(route))
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    waits = visit.page.locator(".lz-waits")
    expect(waits).to_contain_text("Python works: 2 s")
    if shots := os.environ.get("LZVIZ_SHOTS"):
        visit.page.screenshot(path=f"{shots}/waits.png")
    waits.get_by_role("button", name="Stop").click()
    expect(waits).to_be_hidden()
    expect(visit.page.locator(TROUBLE)).to_contain_text("Stopped")
    visit.page.unroute("**/lzviz/compute")
    visit.page.locator(TROUBLE).get_by_role("button", name="Ask again").click()
    visit.answered()
    expect(visit.page.locator(TROUBLE)).to_be_hidden()
    assert len(held) == 1
