"""Every room, light and dark, under the rules of axe-core: nothing serious, nothing critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lzviz.contract.rooms import ROOMS

from .conftest import DESKTOP, Visit

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """async (rules) => {
  const only = rules && { runOnly: { type: "rule", values: rules } };
  const { violations } = await axe.run("[data-lzviz]", { resultTypes: ["violations"], ...only });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) =>
      `${html.slice(0, 120)} (${failureSummary.split("\\n")[1]})`).join(" | ")}`);
}"""


# Of all rules, those alone look at colours.
@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", ["color-contrast", "link-in-text-block"])])
def test_no_room_has_a_serious_finding(browser: Browser, address: str, scheme: str, rules: list[str] | None) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
    visit = Visit(context, address).open("#image=street")
    visit.page.add_script_tag(path=AXE)
    found = {}
    visit.page.get_by_role("button", name="Bookmarks").click()
    visit.page.get_by_role("button", name="Keep this state").click()
    for room in ROOMS:
        visit.run("store.set({ room: given })", room)
        visit.rest()
        found[room] = visit.page.evaluate(FINDINGS, rules)
    assert visit.page.locator("h1:visible").count() == 1
    assert visit.page.locator("main:visible").count() == 1
    said = [f"{room}: {finding}" for room, findings in found.items() for finding in findings]
    assert not said, "\n".join(said)
    visit.check()
    context.close()
