"""The doctor's report, opened from the disk with every network cut off: the room itself, with what was looked at beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from lzviz.cli import main
from lzviz.doctor import diagnose
from lzviz.doctor.specimens import SPECIMENS, healthy
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.test_doctor import SCENE, seen

SOURCE = (400, 800)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator:
    visits = []

    def at(path: Path, place: str = "") -> Visit:
        context = browser.new_context(viewport=DESKTOP, offline=True)  # type: ignore[arg-type]
        visits.append(Visit(context, path.as_uri() + place).open())
        return visits[-1]

    yield at
    for visit in visits:
        visit.check()
        assert not [url for url in visit.requests if url.startswith("http")]
        visit.page.context.close()


def test_a_report_flies_to_its_findings_and_its_fixes_are_applied_and_undone(opened, tmp_path: Path) -> None:
    spoilt = SPECIMENS["folds"].spoil(healthy((24, 48)), SOURCE)[..., ::-1].astype(np.float32)
    diagnose(spoilt, SOURCE).to_html(tmp_path / "report.html", "grid.npy")
    visit = opened(tmp_path / "report.html")
    assert [f["check"] for f in seen(visit)["now"]["findings"][:2]] == ["axis-order", "folds"]
    visit.page.keyboard.press("j")
    assert seen(visit)["chosen"] == "folds"
    visit.wait(f"{SCENE}.camera.zoom > 1.5")
    expect(visit.page.locator(".lz-doctor-label").first).to_have_text("folds")
    visit.page.get_by_role("button", name="Apply every fix").click()
    assert seen(visit, "c.now.applied.length === 2")["now"]["well"]
    visit.page.keyboard.press("z")
    seen(visit, "c.now.applied.length === 0")
    visit.page.wait_for_function("location.hash === '#1'")


def test_a_report_on_a_folder_leads_from_file_to_file_and_its_address_back_to_one(opened, tmp_path: Path) -> None:
    folder = tmp_path / "warps"
    folder.mkdir()
    np.save(folder / "a.npy", healthy((24, 48)))
    np.save(folder / "b <img src=x>.npy", (healthy((24, 48)) + 1) / 2)
    np.save(folder / "c.npy", np.full((1, 1, 9, 17), 2.0))
    assert main(["doctor", str(folder), "--source", "400x800", "--html", str(tmp_path / "all.html")]) == 1
    visit = opened(tmp_path / "all.html")
    expect(visit.page.locator(".lz-report-file")).to_have_count(3)
    expect(visit.page.locator(".lz-report-sum")).to_contain_text("of 3 without warning")
    visit.page.locator(".lz-report-file").nth(1).click()
    assert seen(visit, "c.now.name.includes('<img')")["now"]["findings"][0]["check"] == "units"
    visit.page.wait_for_function("location.hash === '#2'")
    again = opened(tmp_path / "all.html", "#3")
    assert seen(again)["now"]["kind"] == "saliency"
