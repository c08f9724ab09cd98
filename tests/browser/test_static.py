"""The page as a folder behind Python's plain file server, with everything beyond it cut off."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.served import free_port
from lzviz import site
from tests.browser.conftest import DESKTOP, Visit

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


def test_painting_needs_nobody(visit: Visit) -> None:
    visit.open()
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
    assert visit.page.locator(".lz-numbers tbody tr").count() > 10
    assert visit.page.locator(".lz-models [role=alert]").count() == 0


def test_a_picture_of_the_visitor_stays_in_the_browser(visit: Visit, folder: Path) -> None:
    visit.open()
    asked = len(visit.requests)
    with visit.page.expect_file_chooser() as chosen:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chosen.value.set_files(folder / "thumbs" / "coffee.png")
    visit.wait("store.get().image === 'own' && live.get().image?.id === 'own'")
    assert [url for url in visit.requests[asked:] if url.startswith("http")] == []
