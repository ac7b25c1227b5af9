"""The activity feed: subscriptions, windows, paging, blobs and AF codes."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from m365_simulator.seed import CONTOSO, FABRIKAM
from m365_simulator.world import AuditRecord
from tests.m365_simulator.simulation import ACTIVITY_SCOPE, GRAPH_SCOPE, Simulation

REQUIRED = {"Office 365 Management APIs": ["ActivityFeed.Read"], "Microsoft Graph": ["User.Read.All"]}
EXCHANGE = "Audit.Exchange"


class Feed:
    """An application that reads the feed."""

    def __init__(self, simulation: Simulation, scope: str = ACTIVITY_SCOPE) -> None:
        application = simulation.register(REQUIRED)
        simulation.consent(application, ACTIVITY_SCOPE)
        self.simulation = simulation
        self.headers = {"authorization": f"Bearer {simulation.app_token(application, scope)}"}
        self.tenant = CONTOSO

    def call(self, method: str, path: str, **query: str) -> httpx.Response:
        """One call below the feed's root."""
        url = f"{self.simulation.addresses['activity']}/api/v1.0/{self.tenant}/activity/feed/{path}"
        return self.simulation.http.request(method, url, params=query, headers=self.headers)

    def get(self, url: str) -> httpx.Response:
        """Follow an address that the feed gave."""
        return self.simulation.http.get(url, headers=self.headers)

    def code(self, method: str, path: str, **query: str) -> str:
        """The AF code of a call that has to fail."""
        response = self.call(method, path, **query)
        assert response.is_error, response.text
        return str(response.json()["error"]["code"])

    def write(self, operation: str, count: int = 1) -> None:
        """Append audit records, as Exchange's admin API does."""
        world = self.simulation.world
        for _ in range(count):
            record = AuditRecord(EXCHANGE, world.clock.now(), {"Operation": operation, "RecordType": 1})
            world.tenants[CONTOSO].audit.append(record)

    def operations(self, **window: str) -> list[str]:
        """Every operation that the feed shows, all pages and blobs."""
        found: list[str] = []
        response = self.call("GET", "subscriptions/content", contentType=EXCHANGE, **window)
        while True:
            for item in response.json():
                blob: list[dict[str, Any]] = self.get(item["contentUri"]).json()
                found += [record["Operation"] for record in blob]
            if "NextPageUri" not in response.headers:
                return found
            response = self.get(response.headers["NextPageUri"])


@pytest.fixture
def feed(simulation: Simulation) -> Feed:
    return Feed(simulation)


def test_records_written_while_subscribed_come_once_and_in_order(feed: Feed) -> None:
    feed.write("New-TransportRule")
    started = feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    assert started.json() == {"contentType": EXCHANGE, "status": "enabled", "webhook": None}
    feed.write("Set-TransportRule")
    assert feed.operations() == ["Set-TransportRule"]
    feed.write("Remove-TransportRule")
    assert feed.operations() == ["Set-TransportRule", "Remove-TransportRule"]


def test_content_between_stop_and_restart_is_lost(feed: Feed) -> None:
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.call("POST", "subscriptions/stop", contentType=EXCHANGE)
    assert feed.call("GET", "subscriptions/list").json()[0]["status"] == "disabled"
    feed.write("Set-Mailbox")
    assert feed.code("GET", "subscriptions/content", contentType=EXCHANGE) == "AF20023"
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.write("New-InboxRule")
    assert feed.operations() == ["New-InboxRule"]


def test_long_lists_are_paged_by_next_page_uri(feed: Feed) -> None:
    feed.simulation.control("POST", "/switches", {"activity_records_per_blob": 1})
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.write("Set-Mailbox", 45)
    first = feed.call("GET", "subscriptions/content", contentType=EXCHANGE)
    assert len(first.json()) == 20 and "NextPageUri" in first.headers
    assert len(feed.operations()) == 45


def test_a_window_takes_its_start_and_leaves_its_end(feed: Feed) -> None:
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.write("Set-Mailbox")
    now = feed.simulation.world.clock.now()
    early = {"startTime": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}", "endTime": f"{now:%Y-%m-%dT%H:00}"}
    late = {"startTime": f"{now:%Y-%m-%dT%H:00}", "endTime": f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    if now.minute == 0 and now.second == 0:
        pytest.skip("a full hour is no inside of a window")
    assert feed.operations(**early) == [] and feed.operations(**late) == ["Set-Mailbox"]


def test_late_blobs_appear_after_their_latency(feed: Feed) -> None:
    feed.simulation.control("POST", "/switches", {"activity_latency_seconds": 600})
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.write("Set-Mailbox")
    assert feed.operations() == []
    feed.simulation.control("POST", "/time", {"advance_seconds": 601})
    assert feed.operations() == ["Set-Mailbox"]


def test_the_directorys_own_events_are_on_their_feed(feed: Feed) -> None:
    content_type = "Audit.AzureActiveDirectory"
    feed.call("POST", "subscriptions/start", contentType=content_type)
    feed.simulation.consent(feed.simulation.register(REQUIRED, "Another"), ACTIVITY_SCOPE)
    (item,) = feed.call("GET", "subscriptions/content", contentType=content_type).json()
    records = feed.get(item["contentUri"]).json()
    assert [record["Operation"] for record in records] == [
        "UserLoggedIn",
        "Add service principal.",
        "Consent to application.",
    ]
    assert all(record["OrganizationId"] == CONTOSO for record in records)


def test_every_mistake_has_its_code(feed: Feed) -> None:
    content = "subscriptions/content"
    assert feed.code("POST", "subscriptions/start") == "AF20001"
    assert feed.code("POST", "subscriptions/start", contentType="Audit.Everything") == "AF20020"
    assert feed.code("GET", content, contentType=EXCHANGE) == "AF20022"
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    now = feed.simulation.world.clock.now()
    day = f"{now:%Y-%m-%d}"
    old, older = (f"{now - timedelta(days=days):%Y-%m-%d}" for days in (8, 9))
    wrong = ({"startTime": day}, {"startTime": old, "endTime": day}, {"startTime": older, "endTime": old})
    for window in (*wrong, {"startTime": "yesterday", "endTime": day}, {"startTime": day, "endTime": day}):
        assert feed.code("GET", content, contentType=EXCHANGE, **window) == "AF20030", window
    assert feed.code("GET", content, contentType=EXCHANGE, nextPage="?") == "AF20031"
    assert feed.code("GET", "audit/no-such-content") == "AF20050"
    feed.tenant = FABRIKAM
    assert feed.code("GET", "subscriptions/list") == "AF20010"
    feed.tenant = "contoso.example"
    assert feed.code("GET", "subscriptions/list") == "AF20013"


def test_content_expires_after_seven_days(feed: Feed) -> None:
    feed.call("POST", "subscriptions/start", contentType=EXCHANGE)
    feed.write("Set-Mailbox")
    (item,) = feed.call("GET", "subscriptions/content", contentType=EXCHANGE).json()
    blob = feed.simulation.world.tenants[CONTOSO].blobs[item["contentId"].lower()]
    blob.created -= timedelta(days=7, seconds=1)
    assert feed.get(item["contentUri"]).json()["error"]["code"] == "AF20051"


def test_a_token_for_another_api_or_without_the_permission_is_refused(simulation: Simulation) -> None:
    assert Feed(simulation, GRAPH_SCOPE).code("GET", "subscriptions/list") == "AF10001"
    application = simulation.register({"Microsoft Graph": ["User.Read.All"]}, "Without")
    simulation.consent(application)
    feed = Feed(simulation)
    feed.headers = {"authorization": f"Bearer {simulation.app_token(application, ACTIVITY_SCOPE)}"}
    assert feed.code("GET", "subscriptions/list") == "AF10001"
