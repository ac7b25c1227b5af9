"""Links of protected mail through the real gateway, followed in a real browser, and put back on their way out."""

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from lockgate.bootstrap.click_time import click_links, link_service, replace_keys
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.link_fitness import link_fitness
from lockgate.bootstrap.parts import Parts, new_id, open_parts
from lockgate.model.clicks import Click, ClickOutcome
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.fitness import Grade
from lockgate.model.policy import Action, ActionKind, ClickTime, Condition, LinkChoice, Policy, PolicySet, Rule, Targets
from lockgate.model.reputation import Standing
from lockgate.model.trace import Step
from lockgate.settings import ClickTimeSettings, Settings
from lockgate.storage.audit import Author
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.forgetting import Kept, forget_log
from lockgate.storage.schema.clicks import clicks as click_log
from lockgate.tuning.lists import Lists, Whose
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.patience import PATIENCE
from tests.scenarios.front_door import CONTOSO, FrontDoor, open_front_door
from tools.ports import free_port

pytestmark = pytest.mark.scenario
TOM, LENA, PLAIN, WATCHED = (f"{name}@contoso.example" for name in ("tom", "lena", "plain", "watched"))
PICTURES = Path(os.environ.get("SCREENSHOTS_DIRECTORY", "var/screenshots"))
HREF = re.compile(r'href="(http://[^"]+/l/[^"]+)"')


class Protecting:
    """Implements `ports.Policies`: links are protected for everybody inbound, in plain text for one, for one not."""

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        notice = Rule("Calm", Condition(minimum_score=0.0), (Action(ActionKind.ADD_DISCLAIMER, "From outside"),))

        def policy(name: str, targets: Targets, wanted: ClickTime | None, *, monitor: bool = False) -> Policy:
            rules = (notice,) if name == "plain" else (Rule("None", Condition(minimum_score=1.1), ()),)
            return Policy(name, 3, name, direction, 1, True, monitor, targets, rules, click_time=wanted)

        everybody = policy("all", Targets(everyone=True), ClickTime(except_domains=("excepted.example",)))
        text = policy("plain", Targets(users=(PLAIN,)), ClickTime(LinkChoice.UNKNOWN, plain_text=True))
        watched = policy("watched", Targets(users=(WATCHED,)), ClickTime(), monitor=True)
        return PolicySet(tenant_id, direction, (text, watched, everybody))


class Site(BaseHTTPRequestHandler):
    """Every page of the world outside; says what it was asked with."""

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        text = f"<h1>{host}</h1><p id=referrer>{self.headers.get('Referer', 'none')}</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def world() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@asynccontextmanager
async def protected(folder: Path) -> AsyncIterator[tuple[Parts, FrontDoor, Manners]]:
    """The gateway with its next hop, and the link service on the same database."""
    port = free_port()
    service = {"public_url": f"http://127.0.0.1:{port}", "port": port, "clicks_per_minute": 40}
    settings = Settings.model_validate({"data_directory": folder, "click_time": service})
    with open_parts(settings) as parts:
        links = click_links(parts, own_knowledge(parts))
        async with open_front_door(folder, policies=Protecting(), click_links=links) as door, link_service(parts):
            manners = Manners(tls=door.certificates.next_hop_context)
            async with rough_server(manners) as hop:
                door.use(hop)
                yield parts, door, manners


def inbound(number: int, body: str, kind: str = "html") -> bytes:
    return (
        f"X-MS-Exchange-CrossTenant-Id: {CONTOSO.id}\r\nX-Lockgate-Route-In: contoso-route-in\r\n"
        f"X-MS-Exchange-CrossTenant-Network-Message-Id: network-{number}\r\n"
        f"From: Ann <ann@outside.example>\r\nTo: {TOM}\r\nSubject: Minutes {number}\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{number}@outside.example>\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()


def outbound(number: int, body: str) -> bytes:
    sent = inbound(number, body).replace(b"Route-In: contoso-route-in", b"Route-Out: contoso-route-out")
    return b"X-MS-Exchange-CrossTenant-AuthAs: Internal\r\n" + sent.replace(b"ann@outside.example", TOM.encode(), 1)


def body_of(content: bytes) -> str:
    payload = message_from_bytes(content.removesuffix(b".\r\n")).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def clicks(parts: Parts) -> list[Click]:
    """The oldest first."""
    with parts.database.read() as unit:
        return Clicks(unit).search(ClickFilter())[::-1]


def listed(parts: Parts, written: str, standing: Standing) -> None:
    lists = Lists(parts.database, new_id)
    lists.add(written, standing, Author("tester", system_clock()), whose=Whose(CONTOSO.id))


@contextmanager
def browser(language: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        rules = "MAP *.example 127.0.0.1"
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        page = chromium.new_context(locale=language).new_page()
        yield page
        chromium.close()


def look_around(parts: Parts, links: dict[str, str]) -> None:
    """What a person does with the three links, in a browser that speaks German."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with browser("de-DE") as page:
        page.goto(links["good.example"])
        expect(page.locator("h1")).to_have_text("good.example")
        expect(page.locator("#referrer")).to_have_text("none")
        assert page.url.endswith("/a?x=1&y=2#part")
        page.goto(links["paypal.account-check.example"])
        expect(page.locator("h1")).to_have_text("Dieser Link wirkt verdächtig")
        expect(page.locator("strong")).to_have_text("paypal.account-check.example")
        page.screenshot(path=PICTURES / "click-time-warning.png")
        page.get_by_role("button", name="Die Seite trotzdem öffnen").click()
        expect(page.locator("h1")).to_have_text("paypal.account-check.example")
        expect(page.locator("#referrer")).to_have_text("none")
        answer = page.goto(links["bad.example"])
        assert answer is not None and answer.status == 403
        expect(page.locator("h1")).to_have_text("Dieser Link ist gesperrt")
        page.screenshot(path=PICTURES / "click-time-blocked.png")
    assert [(one.host, one.outcome) for one in clicks(parts)] == [
        ("good.example", ClickOutcome.REDIRECTED),
        ("paypal.account-check.example", ClickOutcome.WARNED),
        ("paypal.account-check.example", ClickOutcome.WENT_ON),
        ("bad.example", ClickOutcome.BLOCKED),
    ]


async def test_links_lead_through_the_service_which_judges_them_when_they_are_followed(tmp_path: Path) -> None:
    with world() as port:
        body = (
            f'<p><a href="http://good.example:{port}/a?x=1&amp;y=2#part">good</a> '
            f'<a href="http://paypal.account-check.example:{port}/b">doubtful</a> '
            f'<a href="http://bad.example:{port}/c">bad</a> <img src="http://good.example/p.png"> '
            f'<a href="http://sub.excepted.example/">excepted</a> <a href="mailto:ann@outside.example">write</a></p>'
        )
        async with protected(tmp_path) as (parts, door, manners):
            assert (await door.send(inbound(1, body), [TOM, LENA, WATCHED])).code == 250
            copies = [body_of(one) for one in manners.contents]
            assert len(copies) == 3, "one each for Tom and Lena, and the original for whom monitor-only watches"
            assert sum(copy.strip() == body for copy in copies) == 1
            of_tom = next(copy for copy in copies if copy.strip() != body)
            untouched = '<img src="http://good.example/p.png"> <a href="http://sub.excepted.example/">excepted</a>'
            assert untouched in of_tom and 'href="mailto:ann@outside.example"' in of_tom
            found = HREF.findall(of_tom)
            links = dict(zip(("good.example", "paypal.account-check.example", "bad.example"), found, strict=True))
            (trace,) = door.traces()
            told = {one.rcpt_to: one.explanation for one in trace.recipients}
            assert "Links judged again when followed: 3, to good.example" in told[TOM]
            assert "followed" not in told[WATCHED]
            notes = [event.detail for event in trace.events if event.step is Step.CHANGED]
            assert any("3 links replaced; a signature of the sender (DKIM) no longer fits" in note for note in notes)

            listed(parts, "bad.example", Standing.BLOCKED)
            await until_judged(links["bad.example"], 403)
            before = len(clicks(parts))
            assert forget_log(parts.database, (click_log,), Kept(timedelta(0)), system_clock()) == before
            await asyncio.to_thread(look_around, parts, links)
            assert {(one.rcpt_to, one.message_id) for one in clicks(parts)} == {(TOM, trace.id)}

            listed(parts, f"http://paypal.account-check.example:{port}/b", Standing.APPROVED)
            await until_judged(links["paypal.account-check.example"], 302)
            replace_keys(parts.settings)
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                seen = await client.head(links["good.example"])
                assert seen.status_code == 302 and seen.headers["Referrer-Policy"] == "no-referrer"
                changed = await client.get(links["good.example"][:-3] + "AAA")
                assert changed.status_code == 404 and "location" not in changed.headers

            (fit,) = [await one for one in link_fitness(parts.settings.click_time)]
            assert fit.grade is Grade.WARN and "unencrypted" in fit.detail
            (away,) = [await one for one in link_fitness(ClickTimeSettings(public_url=f"http://127.0.0.1:{port}"))]
            assert away.grade is Grade.FAIL and "something else answers" in away.detail

            await put_back_on_the_way_out(door, manners, of_tom, body)
            await judged_as_what_it_was(door, manners, port)
            await plain_text_only_where_it_is_chosen(door, manners)


async def until_judged(link: str, status: int) -> None:
    """Lists count within a second or two."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
        while (await client.get(link)).status_code != status:  # noqa: ASYNC110 - it is another process's memory
            await asyncio.sleep(0.3)


async def put_back_on_the_way_out(door: FrontDoor, manners: Manners, quoted: str, original: str) -> None:
    """A reply quotes the copy that Tom got; outside arrives what Ann wrote."""
    assert (await door.send(outbound(2, quoted), ["ann@outside.example"], TOM)).code == 250
    assert body_of(manners.contents[-1]).strip() == original
    (trace,) = door.traces(message_id="network-2")
    assert any("3 links of ours replaced by what stood in their places" in event.detail for event in trace.events)


async def judged_as_what_it_was(door: FrontDoor, manners: Manners, port: int) -> None:
    """Somebody sends Tom a link of ours back: the page behind it is judged, and the link stays as it is."""
    before = len(manners.contents)
    body = f'<a href="http://paypal.account-check.example:{port}/b">see</a>'
    assert (await door.send(inbound(3, body), [LENA])).code == 250
    ours = body_of(manners.contents[before])
    assert (await door.send(inbound(4, ours), [TOM])).code == 250
    assert body_of(manners.contents[-1]).strip() == ours.strip()
    (trace,) = door.traces(message_id="network-4")
    assert "link.brand-in-host" in {finding.detector for finding in trace.findings}


async def plain_text_only_where_it_is_chosen(door: FrontDoor, manners: Manners) -> None:
    """And what cannot be changed goes on as it is, with a reason."""
    text = "See https://pages.example/a and https://good.example/b and https://portal.contoso.example/c."
    assert (await door.send(inbound(5, text, "plain"), [PLAIN])).code == 250
    changed = body_of(manners.contents[-1])
    assert changed.startswith("From outside") and "https://pages.example" not in changed
    assert "https://portal.contoso.example/c." in changed, "one's own domain is known"
    assert (await door.send(inbound(6, text, "plain"), [TOM])).code == 250
    assert body_of(manners.contents[-1]).strip() == text

    signed = "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nhttps://pages.example/a"
    assert (await door.send(inbound(7, signed, "plain"), [PLAIN])).code == 250
    assert body_of(manners.contents[-1]).strip() == signed
    (trace,) = door.traces(message_id="network-7")
    assert any("no link replaced: it is signed" in event.detail for event in trace.events)
