"""The doctor's room, as a visitor meets it: specimens, files, fixes that are applied and undone, warps handed to and fro."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from lzviz.doctor.specimens import SPECIMENS, healthy
from tests.browser.conftest import Visit

CHART = "(document.querySelector('.lz-doctor')?.lzvizDoctor?.chart.get() ?? {})"
SCENE = "document.querySelector('.lz-doctor').lzvizDoctor.scene"


def seen(visit: Visit, condition: str = "true") -> dict:
    """The diagnosis that is shown, once it is settled and ``condition`` holds of ``c``, what the room knows."""
    visit.wait(f"((c) => c.now && !c.asking && ({condition}))({CHART})")
    return visit.run(f"(({{ now, next, chosen, applied }}) => ({{ now, next, chosen, applied }}))({CHART})")


def opened(visit: Visit) -> Visit:
    visit.open("#room=doctor")
    seen(visit)
    return visit


def test_it_opens_on_a_specimen_flies_to_its_place_and_shows_the_fix_beside_it(visit: Visit) -> None:
    opened(visit)
    expect(visit.page.locator("article[data-chosen] h3")).to_have_text("folds")
    told = seen(visit, "c.next")
    assert told["now"]["findings"][0]["verdict"] == "fault" and told["next"]["well"]
    visit.wait(f"{SCENE}.camera.zoom > 1.5")
    light = visit.page.locator("article[data-chosen] .lz-light-fault")
    expect(light).to_be_visible()
    expect(visit.page.locator(".lz-doctor-label").first).to_have_text("folds")
    different = (
        "((s) => { const { now, next } = s.pair; return now.image.data.some((v, k) => v !== next.image.data[k]); })"
    )
    assert visit.run(f"{different}({SCENE})")


def test_a_fix_is_applied_with_a_key_and_undone_with_another(visit: Visit) -> None:
    opened(visit)
    visit.page.locator("button[data-name=axis-order]").click()
    assert seen(visit, "c.next && c.now.name === 'axis-order'")["now"]["findings"][0]["check"] == "axis-order"
    visit.page.keyboard.press("a")
    told = seen(visit, "c.now.applied.length === 1")
    assert told["now"]["well"] and told["applied"] == ["axis-order"]
    expect(visit.page.locator(".lz-doctor-done")).to_contain_text("axis-order")
    visit.page.keyboard.press("z")
    assert not seen(visit, "c.now.applied.length === 0")["now"]["well"]


def test_a_file_is_looked_at_and_every_fix_is_applied(visit: Visit, tmp_path: Path) -> None:
    visit.page.on("filechooser", lambda _: None)  # choosers are caught from here on, not only once one is expected
    opened(visit)
    spoilt = SPECIMENS["folds"].spoil(healthy((24, 48)), (1024, 2048))[..., ::-1]
    np.save(tmp_path / "mine.npy", spoilt.astype(np.float32))
    with visit.page.expect_file_chooser() as chosen:
        visit.page.locator(".lz-doctor-drop").click()
    chosen.value.set_files(tmp_path / "mine.npy")
    seen(visit, "c.now.name === 'mine.npy'")
    visit.page.get_by_role("button", name="Apply every fix").click()
    assert seen(visit, "c.applied.length === 2 && c.now.applied.length === 2")["now"]["well"]
    visit.expected.append("status of 422")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY")
    with visit.page.expect_file_chooser() as chosen:
        visit.page.keyboard.press("o")
    chosen.value.set_files(tmp_path / "bad.npy")
    expect(visit.page.locator(".lz-trouble-text")).to_contain_text("bad.npy")


def test_the_warp_of_explore_is_handed_over_with_a_key_and_comes_back_as_a_sampler(visit: Visit) -> None:
    visit.open("#image=coffee&sampler=lzu")
    nodes = visit.nodes()
    visit.page.keyboard.press("i")
    told = seen(visit, "c.subject.warp && c.now.name === 'lzu'")
    assert told["now"]["well"] and told["now"]["grid"]["nodesSize"] == [31, 51]
    visit.page.get_by_role("button", name="Warp to Explore").click()
    visit.wait("store.get().room === 'warp' && store.get().sampler === 'given'")
    visit.answered()
    assert visit.nodes() == nodes
    visit.page.wait_for_function("location.hash.includes('sampler=given') && location.hash.includes('.lzu')")
    visit.page.reload()
    visit.ready()
    visit.answered()
    assert visit.nodes() == nodes


def test_a_dropped_array_goes_to_the_doctor_from_any_room(visit: Visit) -> None:
    visit.open("#image=coffee")
    text = json.dumps(((healthy((24, 48)) + 1) / 2).tolist())
    visit.page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "dropped.json"));
          const stage = document.querySelector(".lz-view-overlay");
          for (const type of ["dragover", "drop"]) {
            stage.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }""",
        text,
    )
    visit.wait("store.get().room === 'doctor' && document.querySelector('.lz-doctor')?.lzvizDoctor")
    assert seen(visit, "c.now.name === 'dropped.json'")["now"]["findings"][0]["check"] == "units"


def test_the_link_holds_what_is_looked_at_and_the_finding_that_is_shown(visit: Visit, tmp_path: Path) -> None:
    opened(visit)
    visit.page.locator("button[data-name=pyramid]").click()
    worst = seen(visit, "c.now.name === 'pyramid'")["now"]["findings"]
    visit.page.keyboard.press("j")
    chosen = seen(visit, f"c.chosen !== {worst[0]['check']!r}")["chosen"]
    visit.page.wait_for_function(
        f"location.hash.includes('examined=pyramid') && location.hash.includes('finding={chosen}')"
    )
    visit.page.reload()
    visit.ready()
    assert seen(visit, "c.now.name === 'pyramid'")["chosen"] == chosen
    visit.page.evaluate("location.hash = location.hash.replace('examined=pyramid', 'examined=transposed')")
    seen(visit, "c.now.name === 'transposed'")
    np.save(tmp_path / "mine.npy", healthy((24, 48)).astype(np.float32)[..., ::-1])
    with visit.page.expect_file_chooser() as chooser:
        visit.page.locator(".lz-doctor-drop").click()
    chooser.value.set_files(tmp_path / "mine.npy")
    held = seen(visit, "c.now.name === 'mine.npy'")["now"]["id"]
    visit.page.wait_for_function(f"location.hash.includes('examined={held}')")
    visit.page.reload()
    visit.ready()
    assert seen(visit, "c.now.name === 'mine.npy'")["now"]["id"] == held
    visit.expected.append("status of 404")
    visit.page.evaluate(f"location.hash = location.hash.replace('{held}', '{'0' * 32}')")
    expect(visit.page.locator(".lz-trouble-text")).to_contain_text("no longer holds this array")


def test_a_gradient_and_a_stride_are_laid_beside_the_warp_and_taken_away(visit: Visit, tmp_path: Path) -> None:
    opened(visit)
    np.save(tmp_path / "slope.npy", np.random.default_rng(0).normal(size=(16, 32)).astype(np.float32))
    button = visit.page.locator(".lz-doctor-part[data-part=gradient]")
    before = visit.run(f"{SCENE}.views.source.overlay.toDataURL()")
    with visit.page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(tmp_path / "slope.npy")
    assert seen(visit, "c.now.beside.includes('gradient')")["now"]["downhill"]["size"] == [16, 32]
    expect(button).to_have_text("Gradient: slope.npy ×")
    visit.wait(f"{SCENE}.views.source.overlay.toDataURL() !== {json.dumps(before)}")
    stride = visit.page.get_by_label("Stride in source pixels")
    stride.fill("8")
    stride.press("Enter")
    checks = [
        f["check"]
        for f in seen(visit, "c.stride === 8 && c.now.findings.some(f => f.check === 'lattice')")["now"]["findings"]
    ]
    assert {"lattice", "gradient"} < set(checks)
    button.click()
    assert seen(visit, "!c.now.beside.length")["now"]["downhill"] is None
    expect(button).to_have_text("+ Gradient")


def test_the_link_holds_fixes_sizes_and_what_lies_beside_and_a_gradient_has_its_switch(
    visit: Visit, tmp_path: Path
) -> None:
    opened(visit)
    ids = np.zeros((64, 128), np.uint8)
    ids[20:40, 30:90] = 7
    Image.fromarray(ids).save(tmp_path / "ids.png")
    np.save(tmp_path / "slope.npy", np.random.default_rng(0).normal(size=(16, 32)).astype(np.float32))
    for part, name in (("labels", "ids.png"), ("gradient", "slope.npy")):
        with visit.page.expect_file_chooser() as chooser:
            visit.page.locator(f".lz-doctor-part[data-part={part}]").click()
        chooser.value.set_files(tmp_path / name)
        seen(visit, f"c.now.beside.includes('{part}')")
    switch = visit.page.locator("[data-layer=gradient]")
    expect(switch).to_have_attribute("aria-pressed", "true")
    drawn = visit.run(f"{SCENE}.views.source.overlay.toDataURL()")
    switch.click()
    visit.wait(f"{SCENE}.views.source.overlay.toDataURL() !== {json.dumps(drawn)}")
    visit.page.get_by_label("Width of the source").fill("1200")
    visit.page.get_by_label("Width of the source").press("Enter")
    for nonsense in ("", "-5"):
        visit.page.get_by_label("Width of the source").fill(nonsense)
        visit.page.get_by_label("Width of the source").press("Enter")
        expect(visit.page.get_by_label("Width of the source")).to_have_value("1200")
    stride = visit.page.get_by_label("Stride in source pixels")
    stride.fill("8")
    stride.press("Enter")
    seen(visit, "c.stride === 8 && c.source?.[1] === 1200 && c.now.findings.some(f => f.check === 'lattice')")
    visit.page.locator("article[data-check=folds]").click()
    visit.page.keyboard.press("a")
    before = seen(visit, "c.now.applied.length === 1")["now"]
    visit.page.wait_for_function(
        "['mended=folds', 'fromwidth=1200', 'stride=8', 'besidelabels=', 'besidegradient=']"
        ".every((part) => location.hash.includes(part))"
    )
    visit.page.reload()
    visit.ready()
    after = seen(visit, "c.source?.[1] === 1200")["now"]
    assert after["findings"] == before["findings"] and after["applied"] == ["folds"]
    visit.page.keyboard.press("z")
    assert any(f["check"] == "gradient" for f in seen(visit, "c.now.applied.length === 0")["now"]["findings"])
    expect(visit.page.locator(".lz-doctor-part[data-part=labels]")).to_contain_text("Labels: ")


def test_a_room_whose_warp_is_not_there_yet_says_so_and_stays(visit: Visit) -> None:
    visit.open("#image=coffee&room=compare&methods=lzu,uniform")
    visit.wait("rooms.compare")
    visit.run("(rooms.compare.warp = () => null, true)")
    visit.page.keyboard.press("i")
    visit.wait("live.get().notice?.includes('no warp here') && store.get().room === 'compare'")


def test_cad_has_no_warp_to_hand_over_and_says_so(visit: Visit) -> None:
    visit.open("#image=coffee&room=cad")
    visit.page.keyboard.press("i")
    visit.wait("live.get().notice?.includes('has no warp') && store.get().room === 'cad'")


def test_a_method_of_compare_is_handed_over_with_a_key(visit: Visit) -> None:
    visit.open("#image=coffee&room=compare&methods=lzu,uniform")
    visit.wait("rooms.compare.scene?.frames[0] && !rooms.compare.scene.frames[0].waiting")
    visit.page.keyboard.press("i")
    told = seen(visit, "c.subject.warp && c.now.name.startsWith('lzu')")
    assert told["now"]["grid"]["nodesSize"] == [31, 51]


def test_the_worst_element_of_a_batch_stands_first_and_is_looked_at_by_itself(visit: Visit, tmp_path: Path) -> None:
    grids = np.stack([healthy((16, 32))[0] * scale for scale in (1, 0.98, 0.96)])
    grids[2] = SPECIMENS["folds"].spoil(grids[2:], (512, 1024))[0]
    np.save(tmp_path / "batch.npy", grids.astype(np.float32))
    opened(visit)
    choice = visit.page.get_by_label("Element", exact=True)
    expect(choice).to_be_hidden()
    with visit.page.expect_file_chooser() as chosen:
        visit.page.locator(".lz-doctor-drop").click()
    chosen.value.set_files(tmp_path / "batch.npy")
    seen(visit, "c.now.name === 'batch.npy' && c.elements")
    texts = choice.locator("option").all_inner_texts()
    assert texts == ["All 3 elements", "Element 2: folds", "Element 0: well", "Element 1: well"]
    expect(visit.page.locator(".lz-doctor-elements")).to_contain_text("1 of 3 elements have something to mend")
    choice.select_option("1")
    assert seen(visit, "c.element === 1 && c.now.name === 'batch.npy [1]'")["now"]["well"]
    choice.select_option("2")
    assert seen(visit, "c.element === 2 && c.now.name === 'batch.npy [2]'")["now"]["findings"][0]["check"] == "folds"
    if shots := os.environ.get("LZVIZ_SHOTS"):
        for width, scheme in ((1280, "light"), (390, "dark")):
            visit.page.set_viewport_size({"width": width, "height": 800})
            visit.page.evaluate(f"document.body.classList.toggle('dark', {str(scheme == 'dark').lower()})")
            visit.rest()
            visit.page.screenshot(path=f"{shots}/elements-{width}-{scheme}.png")
