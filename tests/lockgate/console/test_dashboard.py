"""The dashboard: what to do next at first, numbers that lead to their rows, and charts of the same numbers."""

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.users import Role
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import chromium, page, sign_in
from tests.lockgate.console.running import ADMIN, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer

__all__ = ["chromium", "page"]
RECIPIENTS = (
    "What became of them",
    "Quarantine by age",
    "What policies did",
    "Risky users",
)  # they count recipients or points, and lead to messages


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("busy")) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        seeding.a_day(running)
        seeding.hold(running)
        yield running


def test_a_fresh_installation_says_what_to_do_next(tmp_path: Path) -> None:
    with running_console(tmp_path) as fresh:
        add_account(fresh.database, ADMIN, Role.ADMIN)
        with fresh.client(ADMIN) as client:
            shown = client.get("/").text
            polled = client.get("/dashboard/counts?period=day&shown=empty")
            assert "Nothing is protected yet" in shown and 'href="/verification"' in shown
            assert "data-chart-of" not in shown
            assert "HX-Retarget" not in polled.headers
            seeding.a_day(fresh)
            assert client.get("/dashboard/counts?period=day&shown=empty").headers["HX-Retarget"] == "#content"


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_every_number_leads_to_as_many_rows(console: Console, period: str) -> None:
    with console.client(ADMIN) as client:
        dashboard = LexborHTMLParser(client.get(f"/?period={period}").text)
        numbers = {link.attributes["href"] or "": _number(link) for link in _links(dashboard)}
        assert len(numbers) > 20
        for address, number in numbers.items():
            assert _rows(client, address) == number, address
        [waiting] = [
            link for link in dashboard.css("#lists a") if "Up to a day" in (link.attributes.get("aria-label") or "")
        ]
        assert _number(waiting) == _rows(client, waiting.attributes["href"] or "") >= 1


def test_times_to_our_answer_are_the_same_on_the_page_by_program_and_in_the_trace(console: Console) -> None:
    with console.client(ADMIN) as client:
        shown = [
            one.text() for one in LexborHTMLParser(client.get("/?period=week").text).css("#figures a[href*='took=']")
        ]
        answer = client.get("/api/v1/overview?period=week", headers=bearer(console, Role.VIEWER)).json()
    with console.database.read() as unit:
        traces = Traces(unit).search(TraceFilter(), limit=500)
    took = sorted((one.finished_at - one.received_at) // timedelta(milliseconds=1) for one in traces)
    assert len(set(took)) > 10 and answer["delay"]["inspected"] == len(took)
    for name, share, text in zip(("median", "percentile_95", "percentile_99"), (50, 95, 99), shown, strict=True):
        exact, said = took[math.ceil(len(took) * share / 100) - 1], answer["delay"][name]
        assert said["begins"] <= exact < said["below"] <= 1.15 * said["begins"]
        assert said["slower"] == sum(one >= said["begins"] for one in took)
        assert f"{said['below']:,} ms" in text


def _links(dashboard: LexborHTMLParser) -> list[LexborNode]:
    """Every linked count of messages, on cards, in lists and in the tables of the charts."""
    lists = [card for card in dashboard.css("#lists table") if card.attributes["aria-label"] not in RECIPIENTS]
    in_lists = [link for card in lists for link in card.css("a")]
    return [*dashboard.css("#figures a[href^='/trace']"), *in_lists, *dashboard.css("details table a")]


def _number(link: LexborNode) -> int:
    """How many rows the link promises: in its title where its text is something else."""
    found = re.match(r"[\d,]+", link.attributes.get("title") or link.text(strip=True))
    assert found, link.html
    return int(found.group().replace(",", ""))


def _rows(client: httpx.Client, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return len(LexborHTMLParser(answer.text).css("#results tbody tr"))


@pytest.mark.browser
def test_a_click_on_a_bar_leads_to_its_messages(page: Page) -> None:
    sign_in(page)
    page.goto("/?period=week")
    expect(page.locator("#threats-chart canvas")).to_be_visible()
    point = page.evaluate(
        """() => {
            const chart = echarts.getInstanceByDom(document.getElementById("threats-chart"));
            const counts = chart.getOption().series[0].data;
            const day = counts.findIndex((count) => count > 0);
            return [...chart.convertToPixel({seriesIndex: 0}, [day, counts[day] / 2]), counts[day]];
        }"""
    )
    page.locator("#threats-chart").click(position={"x": point[0], "y": point[1]})
    page.wait_for_url(re.compile("/trace.*verdict=malware.*since=.*until="))
    expect(page.locator("#results tbody tr")).to_have_count(point[2])
    expect(page.get_by_label("From (UTC)")).to_have_value(re.compile("T00:00"))


@pytest.mark.browser
def test_charts_follow_the_theme_and_the_numbers(console: Console, page: Page) -> None:
    sign_in(page)
    chart = "echarts.getInstanceByDom(document.getElementById('threats-chart')).getOption()"
    bright = page.evaluate(f"() => {chart}.xAxis[0].axisLabel.color")
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(f"() => {chart}.xAxis[0].axisLabel.color") != bright
    phishing = f"{chart}.series[1].data.reduce((sum, count) => sum + count, 0)"
    before = page.evaluate(f"() => {phishing}")
    seeding.hold(console)
    page.evaluate(
        f"""() => new Promise((done) => {{
            const look = () => ({phishing} === {before + 1} ? done() : setTimeout(look, 50));
            look();
        }})"""
    )
