"""The link carries where one looks and what the results show; Back stays in the page."""

from __future__ import annotations

from tests.browser.conftest import Visit

HASH = "location.hash"
FILTERS = "#image=street&room=models&metric=small&cost=pixels&off=lzu,48x64"


def test_the_link_carries_the_camera_and_opens_at_it(visit: Visit) -> None:
    visit.open("#image=coffee").nodes()
    visit.run("rooms.warp.scene.zoomBy(rooms.warp.scene.views.source, 3)")
    visit.page.wait_for_function("location.hash.includes('camera=')")
    looked, link = visit.run("rooms.warp.scene.camera"), visit.run(HASH)
    assert looked["zoom"] > 2.9
    visit.answered()  # what Python said still belongs to the state
    visit.page.goto("about:blank")
    visit.open(link).nodes()
    visit.wait("Math.abs(rooms.warp.scene.camera.zoom - 3) < 0.01")
    visit.run("store.set({ room: 'cad' }, { history: true })")
    visit.wait("rooms.cad.scene && Math.abs(rooms.cad.scene.camera.zoom - 3) < 0.2")
    visit.run("store.set({ room: 'warp' }, { history: true })")
    visit.run("rooms.warp.scene.fit()")
    visit.page.wait_for_function("!location.hash.includes('camera=')")


def test_the_link_carries_the_filters_of_the_results_and_back_stays_in_the_page(visit: Visit) -> None:
    visit.open(FILTERS)
    page = visit.page
    page.wait_for_selector(".lz-models-filters [data-value=lzu]")
    off = ".lz-switch-item[aria-pressed=false]"
    assert page.locator(off).evaluate_all("all => all.map((one) => one.dataset.value)") == ["lzu", "48x64"]
    page.locator(".lz-switch-item[data-value=cad]").click()
    page.wait_for_function("location.hash.includes('off=lzu,48x64,cad')")
    visit.run("store.set({ room: 'cad' }, { history: true })")
    page.wait_for_function("location.hash.includes('room=cad')")
    page.go_back()
    visit.wait("store.get().room === 'models'")
    assert (
        visit.run("[...store.get().resultsOff]") == ["lzu", "48x64", "cad"]
        and visit.run("store.get().resultsCost") == "pixels"
    )
