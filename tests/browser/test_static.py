"""The page as a folder behind Python's plain file server, with everything beyond it cut off."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from benchmarks.served import free_port
from lzviz import gallery, lessons, site
from lzviz.contract.answers import checkpoints
from lzviz.contract.workshop import Workshop
from lzviz.doctor.specimens import SPECIMENS
from tests import folder as folders
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.journey import WAYS, paint_compare_and_share

CHECKPOINT = "lds-scenes-64x128"
MEGABIT = 1e6 / 8
FIRST_SECONDS, FIRST_BYTES, ALL_BYTES = 3.0, 1.5e6, 25e6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("static") / "site"
    size = site.build(out, ["street", "coffee"], [CHECKPOINT])
    assert size.files > 20 and size.first < FIRST_BYTES and size.total < ALL_BYTES
    return out


@pytest.fixture(scope="module")
def hosted(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def visit(browser: Browser, hosted: str) -> Iterator[Visit]:
    """In the place of the app's: the same visit to the folder."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, hosted)
    yield visit
    visit.check()
    context.close()


def test_every_picture_with_every_checkpoint_fits(folder: Path) -> None:
    """A whole folder was measured once (``python -m tests.folder``); a part of today's says what has grown since."""
    cards = checkpoints.cards(Workshop(gallery.shipped())).items()
    trained = [name for name, card in cards if checkpoints.is_trained(card) and card.task == "segmentation"]
    known, part = folders.kept(), folders.bytes_of(folder)
    assert folders.grown(known, part) < 1.2, "measure a whole folder again"
    assert folders.whole(known, part, [*gallery.shipped()], trained) < ALL_BYTES


def test_pictures_keep_their_pixels(visit: Visit) -> None:
    visit.open("#image=coffee")
    pixels = gallery.shipped()["coffee"].prepare().result().pixels.reshape(-1, 3)[::997]
    shown = visit.run("Array.from(live.get().image.data).filter((_, k) => k % (4 * 997) < 3)")
    assert np.array_equal(np.reshape(shown, (-1, 3)), pixels)


@pytest.mark.parametrize("name", ["rocket", "retina", "hubble"])
def test_a_photograph_that_is_shown_as_it_came_has_the_pixels_that_python_reads(visit: Visit, name: str) -> None:
    picture = gallery.shipped()[name].prepare().result()
    assert picture.display_type == "image/jpeg" and 3 * len(picture.display) < picture.pixels.nbytes
    visit.open()
    at_rest(visit)
    with visit.page.expect_file_chooser() as chosen:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chosen.value.set_files({"name": "it.jpg", "mimeType": "image/jpeg", "buffer": picture.display})
    visit.wait("store.get().image === 'own' && live.get().image?.id === 'own'")
    shown = visit.run("Array.from(live.get().image.data).filter((_, k) => k % (4 * 997) < 3)")
    assert np.array_equal(np.reshape(shown, (-1, 3)), picture.pixels.reshape(-1, 3)[::997])


def test_the_first_warp_comes_in_few_bytes(visit: Visit, capsys: pytest.CaptureFixture[str]) -> None:
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 10 * MEGABIT, "uploadThroughput": 10 * MEGABIT}
    session.send("Network.emulateNetworkConditions", slow)
    sent: list[int] = []
    session.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    start = time.monotonic()
    visit.open()
    taken = time.monotonic() - start
    with capsys.disabled():
        print(f"\nfirst interactive warp: {taken:.2f} s at 10 Mbit/s, {sum(sent) / 1e6:.2f} MB in {len(sent)} files")
    assert 0.3e6 < sum(sent) < FIRST_BYTES
    # At 10 Mbit/s the bytes alone; how fast this machine draws is told above.
    assert sum(sent) / (10 * MEGABIT) < FIRST_SECONDS


def at_rest(visit: Visit) -> None:
    """Wait until the page has also what it fetches after its first picture: its words explained."""
    visit.page.wait_for_selector("[data-lzviz][data-explained]")
    visit.rest()


def test_painting_needs_nobody(visit: Visit) -> None:
    visit.open()
    at_rest(visit)
    before = visit.nodes()
    visit.page.context.set_offline(True)
    visit.stroke((0.2, 0.3), (0.3, 0.35))
    visit.wait("!live.get().painting")
    assert visit.painted(0.25, 0.325) > 0
    assert visit.nodes() != before
    assert visit.run("live.get().error") is None
    visit.page.context.set_offline(False)


def test_a_trained_pipeline_answers_as_it_did_and_says_what_needs_python(visit: Visit) -> None:
    visit.open(f"#image=street&room=pipeline&checkpoint={CHECKPOINT}")
    visit.wait("rooms.pipeline.answers.get().room?.answer.labels")
    assert visit.run("live.get().error") is None
    # Where it is wrong follows from its labels and the truth, as exactly as Python told its accuracy.
    wrong, right, accuracy = visit.run(
        "(({ error, accuracy }) => [1, 0].map((mark) => error.data.filter((it) => it === mark).length).concat(accuracy))"
        "(rooms.pipeline.answers.get().room.truth)"
    )
    assert wrong > 1000 and right / (wrong + right) == pytest.approx(accuracy, abs=1e-12)
    visit.run("store.set({ learnedFrom: 'truth' })")
    visit.wait("live.get().error !== null")
    assert "make run" in visit.run("live.get().error.text")


def test_adaptive_masks_move_with_the_threshold_and_the_brush(visit: Visit) -> None:
    visit.open("#image=street&room=cad")
    rows = "rooms.cad.answers.get().forest?.active"
    visit.wait(rows)
    some = visit.run(rows)
    visit.run("store.set({ cadThreshold: 0.05 })")
    visit.wait(f"{rows} > {some}")
    visit.run("store.set({ cadMask: 'paint' })")
    visit.wait("rooms.cad.answers.get().mask?.kind === 'paint'")
    assert visit.run("live.get().error") is None


def test_models_and_results_are_there(visit: Visit) -> None:
    visit.open("#image=street&room=models")
    visit.page.wait_for_selector(".lz-models[data-ready] .lz-card")
    visit.page.wait_for_function("document.querySelectorAll('.lz-numbers tbody tr').length > 10")
    assert visit.page.locator(".lz-models [role=alert]").count() == 0
    visit.page.wait_for_selector(".lz-models a[href^='blob:']")
    table = visit.page.evaluate(
        "fetch(document.querySelector('.lz-models a[href^=\"blob:\"]').href).then((it) => it.text())"
    )
    assert table.count("\n") > 10 and "checkpoint" in table.splitlines()[0], "a table is text, and no message"
    assert "JSON" not in visit.page.locator(".lz-models").inner_text()


def test_a_picture_of_the_visitor_stays_in_the_browser(visit: Visit, folder: Path) -> None:
    visit.open()
    at_rest(visit)
    asked = len(visit.requests)
    with visit.page.expect_file_chooser() as chosen:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chosen.value.set_files(folder / "thumbs" / "coffee.jpeg")
    visit.wait("store.get().image === 'own' && live.get().image?.id === 'own'")
    assert [url for url in visit.requests[asked:] if url.startswith("http")] == []


def array(name: str, values: np.ndarray) -> dict[str, object]:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return {"name": name, "mimeType": "application/octet-stream", "buffer": buffer.getvalue()}


def test_trained_pipelines_are_compared_from_kept_answers_and_the_rest_says_what_it_needs(visit: Visit) -> None:
    visit.open(f"#image=coffee&room=compare&methods=uniform,{CHECKPOINT},es")
    rows = "rooms.compare.answers.get().table?.rows"
    visit.wait(f"({rows})?.length === 3 && ({rows})[2].note")
    visit.wait("rooms.compare.scene.frames.length === 3")
    row = visit.run(f"({rows})[1]")
    assert row["size"] == [128, 192] and row["nodes"] and row["labels"] and row["macs"] > 1e6
    assert visit.run(f"({rows})[2].note.key") == "alone.needsPython"
    assert visit.run("live.get().error") is None
    with visit.page.expect_download() as saved:
        visit.page.locator("[data-file=csv]").click()
    assert "LDS" in Path(saved.value.path()).read_text()


def test_the_doctor_looks_at_specimens_and_mends_them(visit: Visit) -> None:
    visit.open("#image=coffee&room=doctor")
    visit.page.wait_for_selector(".lz-doctor-finding[data-check=folds], [data-check=folds]")
    assert visit.page.locator(".lz-doctor-specimen").count() == len(SPECIMENS)
    visit.page.locator(".lz-doctor-specimen[data-name=axis-order]").click()
    visit.page.wait_for_selector("[data-check=axis-order]")
    visit.page.keyboard.press("a")
    chart = "document.querySelector('.lz-doctor').lzvizDoctor.chart.get()"
    visit.wait(f"{chart}.now?.well && {chart}.applied.length === 1")


@pytest.mark.parametrize("kind", ["pixels", "order", "well"])
def test_the_doctor_reads_a_grid_of_the_visitors_without_python(visit: Visit, kind: str) -> None:
    visit.open("#image=coffee&room=doctor")
    visit.page.wait_for_selector(".lz-doctor-drop")
    y, x = np.meshgrid(np.linspace(-1, 1, 24), np.linspace(-1, 1, 36), indexing="ij")
    grid = np.stack((x + 0.05 * np.sin(np.pi * x), y), -1)
    given = {"pixels": (grid + 1) / 2 * [599, 399], "order": grid[..., ::-1], "well": grid}[kind]
    with visit.page.expect_file_chooser() as chooser:
        visit.page.locator(".lz-doctor-drop").click()
    chooser.value.set_files(array("mine.npy", given[None].astype(np.float32)))  # type: ignore[arg-type]
    chart = "document.querySelector('.lz-doctor').lzvizDoctor.chart.get()"
    visit.wait(f"{chart}.now?.name === 'mine.npy' && !{chart}.asking")
    named = {"pixels": "units", "order": "axis-order", "well": None}[kind]
    assert visit.run(f"{chart}.now.findings.find(({{ verdict }}) => verdict === 'fault')?.check ?? null") == named
    if named:
        visit.page.keyboard.press("a")
        visit.wait(f"{chart}.now?.well && {chart}.applied.length === 1")


def test_a_map_of_the_visitors_attracts_without_python(visit: Visit) -> None:
    visit.open("#image=coffee")
    before = visit.nodes()
    values = np.zeros((30, 40), np.float32)
    values[4:9, 28:36] = 3
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("radiogroup", name="Saliency from").get_by_text("File", exact=True).click()
    chooser.value.set_files(array("where.npy", values))  # type: ignore[arg-type]
    visit.wait("live.get().file !== null && store.get().saliency === 'file'")
    assert visit.nodes() != before and visit.run("live.get().error") is None


def test_bookmarks_are_kept_saved_opened_and_bring_states_back(visit: Visit, folder: Path, tmp_path: Path) -> None:
    visit.open("#image=coffee&sampler=fovea&strength=7&from=centre")
    page = visit.page
    page.get_by_role("button", name="Bookmarks").click()
    page.get_by_role("textbox", name="Name of this state").fill("far")
    page.get_by_role("button", name="Keep this state").click()
    visit.run("store.set({ strength: 90, room: 'cad' }, { history: true })")
    page.get_by_role("button", name="Keep this state").click()
    page.get_by_role("listitem").get_by_role("button", name="far", exact=True).click()
    visit.wait("store.get().strength === 7 && store.get().room === 'warp'")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    told = json.loads(Path(saved.value.path()).read_text())
    assert told["lzviz"] == "bookmarks" and len(told["bookmarks"]) == 2
    page.reload()
    visit.ready()
    page.get_by_role("button", name="Bookmarks").click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Remove far").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    for name, text in (("none.json", "[1, 2]"), ("some.json", json.dumps(told))):
        file = tmp_path / name
        file.write_text(text)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open a file").click()
        chooser.value.set_files(file)
    far = page.get_by_role("listitem").get_by_role("button", name="far", exact=True)
    far.wait_for()
    assert visit.run("live.get().error.text").startswith("none.json")
    far.click()
    visit.wait("store.get().strength === 7")
    page.keyboard.press("Escape")
    page.locator(".lz-strip").wait_for(state="hidden")


def test_the_page_opens_on_a_file_of_bookmarks(visit: Visit, folder: Path) -> None:
    lines = [{"name": "tight", "link": "#image=coffee&strength=123"}, {"name": "bad", "link": "javascript:alert(1)"}]
    (folder / "lecture.json").write_text(json.dumps({"lzviz": "bookmarks", "version": 1, "bookmarks": lines}))
    visit.open("?bookmarks=lecture.json")
    visit.wait("store.get().strength === 123 && store.get().image === 'coffee'")
    expect(visit.page.get_by_role("listitem")).to_have_count(1)


def test_lessons_are_there_in_both_languages_with_what_they_compute(visit: Visit) -> None:
    room = "document.querySelector('.lz-learn')?.lzvizLearn"
    for language, tag in (("zh", "zh"), ("en", "en")):
        visit.open(f"?lang={language}#room=learn&lesson=2&at=reveal")
        visit.page.wait_for_function(f"{room}?.kept.has('reveal')")
        told = json.loads(lessons.built(tag))
        assert visit.page.locator(".lz-lesson h2").inner_text() == told[1]["title"]
        assert visit.run(f"{room}.kept.get('reveal').regionSamples") > 100
    visit.run("store.set({ lesson: 9, lessonStep: 'reveal' })")
    visit.page.wait_for_function(f"{room}.lesson.number === 9 && {room}.kept.get('reveal')?.bests >= 3")
    visit.run("store.set({ lesson: 10, lessonStep: 'reveal' })")
    visit.page.wait_for_function(f"{room}.lesson.number === 10 && {room}.kept.get('reveal')?.gap < 5e-6")
    visit.page.wait_for_function("!document.querySelector('.lz-live[data-at=reveal]').innerText.includes('–')")
    assert visit.page.locator(".lz-live[data-at=reveal]", has_text="–").count() == 0
    visit.page.goto("about:blank")


@pytest.mark.parametrize("way", WAYS)
def test_a_visitor_paints_compares_and_shares_in_three_actions(browser: Browser, hosted: str, way: str) -> None:
    paint_compare_and_share(browser, hosted, way)


def test_lessons_go_on_with_the_network_cut(visit: Visit) -> None:
    room = "document.querySelector('.lz-learn')?.lzvizLearn"
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open("#room=learn&lesson=1")
    visit.page.wait_for_function(f"{room}?.kept.has('start')")
    at_rest(visit)
    visit.page.context.set_offline(True)
    # All that is left to the browser: its own warps, and pictures that lessons draw.
    for number in (1, 2, 3, 4, 5, 6, 8):
        visit.run("store.set({ lesson: given, lessonStep: 'start' })", number)
        visit.page.wait_for_function(f"{room}.lesson.number === {number} && {room}.kept.has('start')")
        visit.page.locator(".lz-predict .lz-button").click()
        expect(visit.page.locator(".lz-attempts tbody tr")).to_have_count(1)
        claims = visit.page.evaluate(f"{room}.claims('reveal')")
        assert claims and all(claim["holds"] for claim in claims), number
    assert visit.run("live.get().error") is None
    visit.page.context.set_offline(False)
