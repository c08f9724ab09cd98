"""The link carries where one looks and what the results show; Back stays in the page."""

from __future__ import annotations

import os

from PIL import Image
from playwright.sync_api import expect

from tests.app_server import encoded
from tests.browser.conftest import Visit

HASH = "location.hash"
HELD = """async (wanted) => {
  if (!(await indexedDB.databases()).some(({ name }) => name === "lzviz")) return false;
  return new Promise((done) => {
    const opening = indexedDB.open("lzviz");
    opening.onsuccess = () => {
      const asked = opening.result.transaction("own").objectStore("own").get("%s");
      asked.onsuccess = () => { opening.result.close(); done(%s); };
    };
  });
}"""
KEPT = HELD % ("picture", "Boolean(asked.result) === wanted")
PAINTED = HELD % ("made", "Boolean(asked.result?.paint)")
FILTERS = "#image=street&room=models&metric=small&cost=pixels&off=lzu,48x64"


def test_the_link_carries_the_camera_and_opens_at_it(visit: Visit) -> None:
    visit.open("#image=coffee").nodes()
    visit.run("rooms.warp.scene.zoomBy(rooms.warp.scene.views.source, 3)")
    visit.wait("Math.abs(rooms.warp.scene.camera.zoom - 3) < 1e-3")
    visit.page.wait_for_function("location.hash.includes('camera=')")
    visit.rest()
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


def test_a_reload_offers_the_own_picture_with_its_painting_again_and_can_forget_it(visit: Visit) -> None:
    visit.open("#image=coffee")
    page, bar = visit.page, visit.page.locator(".lz-back")
    expect(bar).to_have_count(0)
    data = encoded(Image.effect_noise((64, 40), 60).convert("RGB"))
    with page.expect_file_chooser() as chosen:
        page.locator(".lz-thumb-add").first.click()
    chosen.value.set_files({"name": "mine.png", "mimeType": "image/png", "buffer": data})
    visit.wait("live.get().own?.title === 'mine.png' && store.get().image === 'own'")
    page.wait_for_function(KEPT, arg=True)  # it is written beside the work, not before it
    visit.stroke((0.3, 0.3), (0.5, 0.5))
    visit.wait("store.get().paint !== null")
    page.wait_for_function(PAINTED)
    page.wait_for_function("!location.hash.includes('coffee')")
    visit.rest()
    page.reload()
    visit.ready()
    assert visit.run("[store.get().image, store.get().paint]") == ["street", None]
    expect(bar).to_contain_text("Bring back mine.png?")
    if shots := os.environ.get("LZVIZ_SHOTS"):
        page.screenshot(path=f"{shots}/back.png")
    bar.get_by_role("button", name="Bring back").click()
    visit.wait("store.get().image === 'own' && live.get().image?.width === 64")
    expect(bar).to_have_count(0)
    assert visit.painted(0.4, 0.4) > 200
    page.reload()
    visit.ready()
    bar.get_by_role("button", name="Forget it").click()
    page.wait_for_function(KEPT, arg=False)
    page.reload()
    visit.ready()
    visit.answered()
    expect(bar).to_have_count(0)
