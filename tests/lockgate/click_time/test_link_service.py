"""What a link answers: judged anew each time, noted, and leading anywhere by our own signature only."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lockgate.click_time.app import create_app
from lockgate.click_time.following import Following
from lockgate.click_time.judgement import Judging
from lockgate.click_time.log import ClickLog
from lockgate.click_time.texts import chosen_language, texts
from lockgate.click_time.throttle import Throttle
from lockgate.mime.signed_links import LinkKeys, SignedLink, Written
from lockgate.model.clicks import Click, ClickOutcome, LinkVerdict
from lockgate.model.end_user import LANGUAGES
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Category, Evidence, Finding
from lockgate.model.reputation import Reputation, Standing
from lockgate.storage.audit import Author
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.engine import open_database
from lockgate.storage.unit_of_work import Database
from lockgate.tuning.knowledge import Knowledge
from lockgate.tuning.lists import Lists, Whose
from tests.contracts.records import TENANT

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TODAY = NOW.date()
KEYS = LinkKeys({"0a1b2c3d": b"k" * 32})
PAGE = "https://pages.example/a?x=1&y=<2>#z"


@dataclass
class Detectors:
    """What the detectors of links say; the real ones run in the scenario."""

    weight: float = 0.0
    trouble: str = ""
    waits: float = 0.0

    async def findings(self, tenant_id: str, address: str, reputation: Reputation) -> Sequence[Finding]:
        if self.trouble:
            raise TemporaryError(self.trouble)
        await asyncio.sleep(self.waits)
        return [
            Finding("link.numeric-host", Category.PHISHING, self.weight, "a bare address", (Evidence("x", "y"),)),
            Finding("spam.phrases", Category.SPAM, 9.0, "not about the link", ()),
        ]


@dataclass
class Service:
    """The application with its real log and lists."""

    database: Database
    detectors: Detectors = field(default_factory=Detectors)
    now: datetime = NOW
    on_trouble: LinkVerdict = LinkVerdict.WARN
    lifetime: timedelta | None = None
    per_minute: int = 1000
    knowledge: Knowledge = field(init=False)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.database, lambda: self.now)

    @property
    def client(self) -> TestClient:
        judging = Judging(self.knowledge, self.detectors, self.on_trouble, 0.2)
        following = Following(
            lambda: KEYS, judging, ClickLog(self.database, lambda: KEYS), lambda: self.now, self.new_id, self.lifetime
        )
        app = create_app(following, Throttle(self.per_minute, lambda: 0.0))
        return TestClient(app, base_url="https://links.contoso.example", follow_redirects=False)

    def new_id(self) -> str:
        self.numbers += 1
        return f"{self.numbers:08}"

    def listed(self, written: str, standing: Standing) -> None:
        Lists(self.database, self.new_id).add(written, standing, Author("a", NOW), whose=Whose(TENANT))
        self.knowledge.refresh()

    def clicks(self) -> list[Click]:
        with self.database.read() as unit:
            return Clicks(unit).search(ClickFilter())[::-1]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    database = open_database(f"sqlite:///{tmp_path / 'clicks.db'}")
    yield Service(database)
    database.close()


def link(text: str = PAGE, issued: date = TODAY) -> str:
    return "/l/" + KEYS.token(SignedLink(Written(text, markup=False), TENANT, "ab" * 16, "cd" * 8, issued))


def ticket_in(page: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_a_calm_page_is_opened_without_telling_it_from_where(service: Service) -> None:
    answer = service.client.get(link(), headers={"User-Agent": "Mozilla"})
    assert (answer.status_code, answer.headers["location"]) == (302, PAGE)
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers and answer.content == b""
    [click] = service.clicks()
    assert (click.outcome, click.tenant_id, click.message_id, click.reader) == (
        ClickOutcome.REDIRECTED, TENANT, "ab" * 16, "cd" * 8,
    )  # fmt: skip
    assert (click.address, click.host, click.agent, click.method) == (PAGE, "pages.example", "Mozilla", "GET")


def test_only_our_signature_leads_anywhere(service: Service) -> None:
    good = link()
    other = LinkKeys({"0a1b2c3d": b"x" * 32}).token(SignedLink(Written(PAGE, markup=False), TENANT, "", "", NOW.date()))
    script = LinkKeys({"0a1b2c3d": b"k" * 32}).token(
        SignedLink(Written("javascript:alert(1)", markup=False), TENANT, "", "", NOW.date())
    )
    for path in (
        "/",
        "/l/",
        "/l/x",
        good[:-2] + "zz",
        "/l/" + other,
        "/l/" + script,
        "/l/https://evil.example/",
        "//evil.example",
    ):
        answer = service.client.get(path)
        assert answer.status_code == 404 and "location" not in answer.headers, path
    assert service.clicks() == []
    assert service.client.get(good + "/x").status_code == 302, "what a mail program puts behind is ignored"
    assert service.client.get("/healthz").text == "ok"
    assert service.client.put(good).status_code == 405


def test_a_warning_shows_the_page_and_only_its_own_form_goes_on(service: Service) -> None:
    service.detectors.weight = 3.0
    client = service.client
    shown = client.get(link(), headers={"Accept-Language": "ja-JP,en;q=0.5"})
    assert shown.status_code == 200 and 'lang="ja"' in shown.text
    assert "https://pages.example/a?x=1&amp;y=&lt;2&gt;#z" in shown.text and "<2>" not in shown.text
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-") and "frame-ancestors 'none'" in policy
    assert "script" not in shown.text and "http-equiv" not in shown.text and "src=" not in shown.text
    assert client.post(link()).status_code == 200, "without a ticket it warns again"
    assert client.post(link(), data={"ticket": "1.abc"}).status_code == 200
    assert client.post(link("https://other.example/"), data={"ticket": ticket_in(shown.text)}).status_code == 200
    gone_on = client.post(link(), data={"ticket": ticket_in(shown.text)})
    assert (gone_on.status_code, gone_on.headers["location"]) == (303, PAGE)
    service.now = NOW + timedelta(minutes=31)
    assert service.client.post(link(), data={"ticket": ticket_in(shown.text)}).status_code == 200
    outcomes = [click.outcome for click in service.clicks()]
    assert outcomes.count(ClickOutcome.WENT_ON) == 1 and outcomes.count(ClickOutcome.WARNED) == 5
    assert service.clicks()[0].reasons == ("a bare address [link.numeric-host]",)


def test_what_is_blocked_meanwhile_stays_closed_also_for_the_form(service: Service) -> None:
    service.detectors.weight = 3.0
    ticket = ticket_in(service.client.get(link()).text)
    service.listed("pages.example", Standing.BLOCKED)
    answer = service.client.post(link(), data={"ticket": ticket})
    assert answer.status_code == 403 and "location" not in answer.headers and "<form" not in answer.text
    assert service.clicks()[-1].reasons == ("pages.example is blocked by the organisation",)


def test_approved_beats_everything_but_not_inside_of_another_address(service: Service) -> None:
    service.detectors.weight = 9.0
    service.listed("pages.example", Standing.APPROVED)
    assert service.client.get(link()).status_code == 302
    assert service.client.get(link("https://evil.example/?next=https://pages.example/")).status_code == 403
    service.listed("bad.example", Standing.BLOCKED)
    service.detectors.weight = 0.0
    assert service.client.get(link("https://redirect.example/?url=https://bad.example/")).status_code == 403


@pytest.mark.parametrize(
    ("on_trouble", "status"), [(LinkVerdict.WARN, 200), (LinkVerdict.BLOCK, 403), (LinkVerdict.ALLOW, 302)]
)
def test_what_cannot_be_judged_is_as_configured_and_the_log_says_why(
    service: Service, on_trouble: LinkVerdict, status: int
) -> None:
    service.on_trouble = on_trouble
    service.detectors.trouble = "the worker died"
    assert service.client.get(link()).status_code == status
    assert service.clicks()[-1].trouble == "the worker died"
    service.detectors = Detectors(waits=1.0)
    assert service.client.get(link()).status_code == status
    assert "no answer within" in service.clicks()[-1].trouble


def test_head_answers_as_get_without_a_body(service: Service) -> None:
    service.detectors.weight = 3.0
    answer = service.client.head(link())
    assert answer.status_code == 200 and answer.content == b""
    assert service.clicks()[-1].method == "HEAD"


def test_a_link_works_for_ever_unless_the_settings_end_it(service: Service) -> None:
    old = link(issued=date(2021, 1, 1))
    assert service.client.get(old).status_code == 302
    service.lifetime = timedelta(days=365)
    assert service.client.get(old).status_code == 410
    assert service.clicks()[-1].outcome is ClickOutcome.EXPIRED


def test_one_client_follows_so_many_links_in_a_minute(service: Service) -> None:
    service.per_minute = 3
    client = service.client
    assert [client.get(link()).status_code for _ in range(5)] == [302, 302, 302, 429, 429]


def test_a_click_that_cannot_be_noted_goes_on(service: Service, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "clicks.db")) as other:
        other.execute("DROP TABLE clicks")
    assert service.client.get(link()).status_code == 302


def test_a_long_form_is_refused(service: Service) -> None:
    assert service.client.post(link(), content=b"ticket=" + b"x" * 9_000).status_code == 413


def test_every_language_says_everything_and_the_browser_chooses() -> None:
    keys = set(texts("en"))
    assert all(set(texts(one)) == keys and texts(one)["language"] == one for one in LANGUAGES)
    assert [chosen_language(one) for one in ("fr-CA,fr;q=0.9", "pt, de;q=0.2", "", "x" * 900)] == [
        "fr",
        "de",
        "en",
        "en",
    ]
