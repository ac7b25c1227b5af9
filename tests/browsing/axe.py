"""What axe-core finds wrong with a page for people who use a keyboard, a screen reader, or need contrast (WCAG 2.2 AA).

`make assets` fetches axe-core; it is evaluated by the browser's driver, so that the page's own policy stays in force.
"""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "build" / "console-assets" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (only) => {
    const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""


def serious_violations(page: Page, rule: str = "") -> list[str]:
    """One line for each element that seriously or critically violates `rule`, or any of all; empty when all is well."""
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, [rule] if rule else TAGS)
    return found
