"""The canvas as one file, opened from the disk with every network cut off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, expect

import lzviz
from lzviz import terms
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


def test_words_of_a_saved_canvas_are_explained_in_its_language(browser: Browser, tmp_path: Path) -> None:
    visit = opened(browser, lzviz.show().save_html(tmp_path / "canvas.html"))
    visit.page.wait_for_selector("[data-lzviz][data-explained]")
    label = visit.page.locator("[data-term=fwhm]").first
    label.hover()
    expect(visit.page.locator(".lz-term").first).to_contain_text(terms.told("en")["terms"]["fwhm"]["what"])
    visit.check()
    visit.page.context.close()


def test_a_saved_warp_is_drawn_from_its_stored_answer(browser: Browser, tmp_path: Path) -> None:
    mask = torch.zeros(1, 1, 31, 51)
    mask[..., 20:26, 4:12] = 1
    warp = lzviz.Warp.from_saliency(1 + 49 * mask)
    visit = opened(browser, warp.save_html(tmp_path / "warp.html", torch.rand(1, 3, 90, 150)))
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


def test_every_warp_of_a_saved_comparison_is_drawn(browser: Browser, tmp_path: Path) -> None:
    image = torch.rand(1, 3, 90, 150)
    mask = torch.zeros(1, 1, 31, 51)
    mask[..., 20:26, 4:12] = 1
    comparison = lzviz.compare(image, ["uniform", "lzu"], "24x40", saliency=1 + 49 * mask, repeats=0)
    visit = opened(browser, comparison.save_html(tmp_path / "comparison.html"))
    document = visit.page.locator("#lzviz-data").text_content() or ""
    titles = {line["title"]: line["name"] for line in json.loads(document)["given"]["catalogue"]["samplers"]}
    for title in comparison.traces:
        visit.run(f"store.set({{ sampler: {titles[title]!r} }})")
        visit.answered()
        warp = comparison.traces[title].layout.warp  # type: ignore[attr-defined]
        assert visit.nodes() == pytest.approx(warp.nodes.flatten().tolist(), abs=1e-6)
    visit.check()
    visit.page.context.close()
