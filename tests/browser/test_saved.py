"""The canvas as one file, opened from the disk with every network cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser

import lzviz
from tests.browser.conftest import DESKTOP, Visit


def opened(browser: Browser, path: Path) -> Visit:
    context = browser.new_context(viewport=DESKTOP, offline=True)  # type: ignore[arg-type]
    return Visit(context, path.as_uri()).open()


def test_a_saved_canvas_is_painted_from_the_disk(browser: Browser, tmp_path: Path) -> None:
    visit = opened(browser, lzviz.show().save_html(tmp_path / "canvas.html"))
    before = visit.nodes()
    visit.stroke((0.2, 0.3), (0.3, 0.35))
    visit.wait("!live.get().painting && store.get().paint !== null")
    assert visit.nodes() != before
    assert visit.run("[live.get().error, live.get().notice]") == [None, None]
    visit.check()
    visit.page.context.close()


def test_a_saved_warp_is_drawn_from_its_stored_answer(browser: Browser, tmp_path: Path) -> None:
    mask = torch.zeros(1, 1, 31, 51)
    mask[..., 20:26, 4:12] = 1
    warp = lzviz.Warp.from_saliency(1 + 49 * mask)
    visit = opened(browser, lzviz.show(warp, image=torch.rand(1, 3, 90, 150)).save_html(tmp_path / "warp.html"))
    visit.wait("live.get().answer !== null")
    assert visit.nodes() == pytest.approx(warp.nodes.flatten().tolist(), abs=1e-6)
    visit.run("store.set({ width: 100 })")
    visit.wait("live.get().answer === null")
    assert visit.run("live.get().error") is None
    visit.check()
    visit.page.context.close()


def test_a_saved_map_of_ones_own_comes_along(browser: Browser, tmp_path: Path) -> None:
    canvas = lzviz.show()
    where = torch.zeros(24, 48)
    where[:6, 36:] = 1
    canvas.saliency = where
    visit = opened(browser, canvas.save_html(tmp_path / "map.html"))
    assert visit.run("[store.get().saliency, live.get().file !== null]") == ["file", True]
    visit.check()
    visit.page.context.close()
