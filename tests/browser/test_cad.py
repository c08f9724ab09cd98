"""CAD in Explore, driven as a visitor would: choose it, paint, move the threshold, hover, show key points, restore a link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

# A small picture with a large even part: few cells are fine.
HASH = "#image=rocket&room=cad&cadview=features&cadnetwork=resnet18"


SCOPE = "const answers = rooms.cad.answers.get();"


def cad(visit: Visit, expression: str) -> Any:
    """Evaluate JavaScript with ``answers``, what is known about the quadtree, at hand."""
    return visit.run(f"(() => {{ {SCOPE} return ({expression}); }})()")


def wait(visit: Visit, condition: str) -> None:
    """Wait until a condition on ``answers``, ``store`` or ``live`` holds."""
    visit.wait(condition, SCOPE)


def features(visit: Visit) -> dict[str, Any]:
    """Wait for the features of the quadtree that is drawn."""
    wait(
        visit,
        "answers.forest && answers.features && !live.get().busy"
        " && Math.abs(answers.features.active - answers.forest.active) < 1e-12",
    )
    return cad(visit, "answers.features")


@pytest.fixture
def shown(visit: Visit) -> Visit:
    """A visit that has chosen CAD and sees its quadtree."""
    visit.open(HASH)
    wait(visit, "answers.forest")
    return visit


def test_choosing_cad_draws_a_quadtree_and_leaving_brings_the_warp_back(visit: Visit) -> None:
    visit.open("#image=rocket")
    visit.page.get_by_role("button", name=re.compile("^Sampler")).click()
    visit.page.get_by_role("option", name=re.compile("^CAD")).click()
    wait(visit, "answers.forest")
    forest = cad(visit, "({ levels: Object.values(answers.forest.levels), rows: answers.forest.rows })")
    assert set(forest["levels"]) == {0, 1} and min(forest["rows"]) > 0
    told = "[...document.querySelectorAll('.lz-cad-entry small')].map((each) => Number(each.textContent.replaceAll(',', '')))"
    wait(visit, f"String({told}) === String(answers.forest.rows)")
    expect(visit.page.locator("section[data-view=zoomed]")).to_be_hidden()
    visit.page.get_by_role("button", name=re.compile("^Sampler")).click()
    visit.page.get_by_role("option", name=re.compile("^LZU")).click()
    expect(visit.page.locator("section[data-view=zoomed]")).to_be_visible()
    expect(visit.page.locator("section[data-view=adaptive]")).to_be_hidden()
    visit.answered()


def test_it_opens_on_labels_of_the_trained_network_that_follow_the_brush(visit: Visit) -> None:
    visit.open("#image=street&room=cad")
    wait(visit, "answers.segmentation && answers.forest && !live.get().busy")
    first = cad(visit, "answers.segmentation.answer")
    assert set(first["miou"]) == {"strided", "adaptive", "dilated"} and not first["fits"]
    expect(visit.page.locator("[data-view=adaptive] .lz-view-number")).to_contain_text("mIoU")
    expect(visit.page.locator("[data-view=adaptive] .lz-cad-weights")).to_contain_text("trained on other pictures")
    drawn = visit.page.locator("[data-view=adaptive] .lz-view-image").evaluate("c => [c.width, c.height]")
    assert drawn == [first["image"]["w"], first["image"]["h"]]
    visit.page.get_by_text("Errors", exact=True).click()
    expect(visit.page.locator("[data-view=adaptive] .lz-view-size")).to_have_text("wrong pixels")
    visit.page.get_by_text("Oracle", exact=True).click()
    wait(visit, "answers.mask && answers.mask.kind === 'oracle' && !live.get().busy")
    wait(visit, f"answers.segmentation.answer.active !== {first['active']}")
    visit.answered()


def test_labels_are_the_compact_network_s(shown: Visit) -> None:
    """Another network shows its features, and the choice says why."""
    expect(shown.page.locator("[data-view=adaptive] .lz-cad-weights")).to_contain_text("random")
    shown.page.get_by_text("Compact", exact=True).click()
    shown.page.get_by_role("radiogroup", name="Show").get_by_text("Segmentation", exact=True).click()
    wait(shown, "answers.segmentation && !live.get().busy")
    assert cad(shown, "answers.segmentation.answer.miou") is None, "no labels are known of the rocket"
    expect(shown.page.locator("[data-view=adaptive] .lz-view-number")).to_contain_text("as dilated")
    shown.answered()


def test_python_counts_what_the_browser_counts_and_the_guarantee_is_exact(shown: Visit) -> None:
    answer = features(shown)
    assert answer["macs"] == cad(shown, "answers.forest.macs")
    assert answer["rows"] == cad(shown, "answers.forest.rows")
    assert answer["badge"]["exact"], answer["badge"]
    expect(shown.page.locator(".lz-cad-badge[data-exact]")).to_contain_text("Coarse cells equal the strided network")
    expect(shown.page.locator("[data-view=adaptive] .lz-cad-weights")).not_to_be_empty()
    drawn = shown.page.locator("[data-view=adaptive] .lz-view-image").evaluate("c => [c.width, c.height]")
    assert drawn == [answer["grid"]["w"], answer["grid"]["h"]]


def test_painting_makes_cells_fine_and_undo_restores_them(shown: Visit) -> None:
    before = cad(shown, "answers.forest.active")
    scene = "document.querySelector('[data-lzviz]').lzviz.rooms.cad.scene.views.source.frame"
    box = shown.page.evaluate(f"() => {scene}.getBoundingClientRect().toJSON()")
    shown.page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"], steps=6)
    shown.page.mouse.up()
    wait(shown, f"answers.forest.active > {before} + 0.01")
    assert cad(shown, "answers.forest.forced") > 0
    painted = features(shown)
    assert painted["active"] > before and painted["macs"] == cad(shown, "answers.forest.macs")
    shown.page.keyboard.press("z")
    wait(shown, f"answers.forest.active === {before} && store.get().cadPaint === null")


def test_the_threshold_moves_the_quadtree_without_asking(shown: Visit) -> None:
    features(shown)
    asked = [url for url in shown.requests if "cad-mask" in url]
    slider = shown.page.get_by_role("slider", name="Edge threshold")
    actives = [cad(shown, "answers.forest.active")]
    for _ in range(3):
        slider.press("PageDown")
        wait(shown, f"answers.forest.active > {actives[-1]}")
        actives.append(cad(shown, "answers.forest.active"))
    assert [url for url in shown.requests if "cad-mask" in url] == asked
    expect(shown.page.locator(".lz-cad-proof")).to_contain_text(f"{100 * actives[-1]:.1f}")


def test_hover_shows_the_owner_of_an_inactive_neighbour(shown: Visit) -> None:
    shown.rest()  # what comes later moves the views
    place = shown.page.evaluate(
        """async () => {
          const { scene, answers } = document.querySelector('[data-lzviz]').lzviz.rooms.cad;
          const { tapsOf } = await import(new URL('lzviz/static/engine/quadtree.js', document.baseURI));
          const { forest } = answers.get();
          const inside = (n, most) => n > 2 && n < most - 3;
          for (let k = 0; k < forest.levels.length; k++) {
            const [y, x] = [Math.floor(k / forest.grid.w), k % forest.grid.w];
            if (forest.levels[k] || !inside(y, forest.grid.h) || !inside(x, forest.grid.w)) continue;
            const taps = tapsOf(forest.levels, forest.grid, y, x);
            if (!taps.some((tap) => tap.owner.y !== tap.y || tap.owner.x !== tap.x)) continue;
            const plane = scene.plane(scene.views.source, forest);
            const box = scene.views.source.frame.getBoundingClientRect();
            return { y, x, left: box.x + plane.x + (x + 0.5) * plane.cell, top: box.y + plane.y + (y + 0.5) * plane.cell };
          }
        }"""
    )
    shown.page.mouse.move(place["left"], place["top"])
    expect(shown.page.locator(".lz-cad-cell")).to_contain_text(f"{place['x']}, {place['y']}")
    expect(shown.page.locator(".lz-cad-cell")).to_contain_text("→")
    assert shown.page.locator("[data-view=source] .lz-cad-inactive").count() > 0
    assert shown.page.locator("[data-view=source] .lz-cad-owner").count() > 0
    shown.page.mouse.move(place["left"] + 4000, place["top"])


def test_key_points_answer_with_matches_and_curves(shown: Visit) -> None:
    shown.page.locator(".lz-cad-show").get_by_text("Key points").click()
    wait(shown, "answers.keypoints && !live.get().busy")
    curves = cad(shown, "answers.keypoints.curves.length")
    expect(shown.page.locator(".lz-cad-curves polyline")).to_have_count(curves)
    expect(shown.page.locator(".lz-cad-table tbody tr")).to_have_count(curves)
    expect(shown.page.locator("[data-view=adaptive] .lz-view-number")).to_contain_text("right")
    shown.page.locator(".lz-cad-table button").first.click()
    expect(shown.page.locator(".lz-cad-table tr[data-chosen] button")).to_have_text("stride 8")


def test_a_link_restores_all_of_it(visit: Visit) -> None:
    visit.open("#image=rocket&room=cad&cadlevels=8-32&cadthreshold=0.1&cadbeside=strided&cadchannel=3")
    answer = features(visit)
    assert answer["grid"]["depth"] == 2 and visit.run("store.get().cadChannel") == 3
    assert visit.run("store.get().cadBeside") == "strided"
    expect(visit.page.locator("[data-view=beside] [aria-pressed=true]")).to_have_text("Strided")
    expect(visit.page.locator(".lz-cad-entry")).to_have_count(3)


def test_a_failing_network_is_told_in_one_line_and_the_brush_goes_on(visit: Visit) -> None:
    visit.expected.append("status of 500")
    answer = {"ok": False, "error": "The network is asleep; wake it."}
    visit.page.route("**/lzviz/cad", lambda route: route.fulfill(status=500, json=answer))
    visit.open(HASH)
    expect(visit.page.locator(".lz-trouble")).to_contain_text("No features. The network is asleep; wake it.")
    wait(visit, "answers.forest")
    # The brush goes on, and what it has changed is asked about and refused too.
    with visit.page.expect_response("**/lzviz/cad"):
        visit.page.get_by_role("slider", name="Edge threshold").press("PageDown")
    wait(visit, "answers.forest.active > 0 && store.get().cadThreshold < 0.3 && !live.get().busy")
    visit.page.unroute("**/lzviz/cad")
    visit.page.get_by_role("button", name="Ask again").click()
    features(visit)
    expect(visit.page.locator(".lz-trouble")).to_be_hidden()
