"""Feeds over real sockets and a real database: shapes, syslog, signed webhooks, and a pump that owes nothing."""

import asyncio
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import jsonschema_rs
import pytest
import trustme
import uvicorn
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lockgate.model.clicks import ClickOutcome
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.reporting.feeds.cef import cef_lines
from lockgate.reporting.feeds.clicks import http_activity
from lockgate.reporting.feeds.ocsf import QUARANTINED, email_activity
from lockgate.reporting.feeds.pump import Collector, Feed, Pump
from lockgate.reporting.feeds.shapes import Shape
from lockgate.reporting.feeds.syslog import SyslogCollector, Way
from lockgate.reporting.feeds.webhook import Webhook
from lockgate.storage.clicks import Clicks
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.unit_of_work import Database
from tests.contracts.conftest import blobs, database, ledger
from tests.contracts.records import NOW, TENANT, a_click, a_recipient, a_trace
from tests.patience import PATIENCE

__all__ = ["blobs", "database", "ledger"]
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/lockgate.db"


@dataclass
class Basket:
    """A collector that takes batches, or is away."""

    taken: list[str] = field(default_factory=list)
    away: bool = False

    async def send(self, events: Sequence[str], at: datetime) -> None:
        if self.away:
            raise TemporaryError("away")
        self.taken += events


def pump(collector: Collector, database: Database, *, now: datetime = LATER, detections: bool = False) -> Pump:
    return Pump(Feed("siem", Shape.JSON, collector, None, detections), database, lambda: now)


def ids(basket: Basket) -> list[str]:
    return [json.loads(event)["id"] for event in basket.taken]


async def test_a_new_feed_begins_now_and_gets_everything_after_in_order(
    ledger: StoredLedger, database: Database
) -> None:
    await ledger.settle(Settling(a_trace(at=NOW - timedelta(minutes=5))))
    basket = Basket()
    assert await pump(basket, database, now=NOW).step() == 0
    traces = [a_trace(at=NOW + timedelta(seconds=9 - number)) for number in range(5)]
    for one in traces:
        await ledger.settle(Settling(one))
    assert await pump(basket, database).step() == 5
    assert ids(basket) == [one.id for one in reversed(traces)]
    assert await pump(basket, database).step() == 0


async def test_what_was_finished_a_moment_ago_waits(ledger: StoredLedger, database: Database) -> None:
    basket = Basket()
    await pump(basket, database, now=NOW).step()
    await ledger.settle(Settling(a_trace(at=NOW)))
    assert await pump(basket, database, now=NOW + timedelta(seconds=40)).step() == 0
    assert await pump(basket, database, now=NOW + timedelta(seconds=50)).step() == 1


async def test_a_collector_that_is_away_gets_it_all_later(ledger: StoredLedger, database: Database) -> None:
    basket = Basket()
    await pump(basket, database, now=NOW).step()
    await ledger.settle(Settling(a_trace(at=NOW)))
    basket.away = True
    with pytest.raises(TemporaryError):
        await pump(basket, database).step()
    basket.away = False
    assert await pump(basket, database).step() == 1
    assert len(basket.taken) == 1


async def test_only_detections_when_that_is_wanted(ledger: StoredLedger, database: Database) -> None:
    basket = Basket()
    await pump(basket, database, now=NOW).step()
    for verdict in (Verdict.CLEAN, Verdict.PHISHING, None):
        await ledger.settle(Settling(a_trace(at=NOW, verdict=verdict)))
    assert await pump(basket, database, detections=True).step() == 3
    assert [json.loads(event)["verdict"] for event in basket.taken] == ["phishing"]


@pytest.mark.parametrize("shape", Shape)
async def test_clicks_follow_by_the_same_feed_in_their_own_order(shape: Shape, database: Database) -> None:
    basket = Basket()
    feed = Feed("siem", shape, basket, frozenset({TENANT}), detections_only=True)
    assert await Pump(feed, database, lambda: NOW).step_of_clicks() == 0
    with database.write() as unit:
        for one in (a_click(1), a_click(2, outcome=ClickOutcome.BLOCKED), a_click(3, tenant_id="other")):
            Clicks(unit).add(one)
    assert await Pump(feed, database, lambda: LATER).step_of_clicks() == 2
    assert await Pump(feed, database, lambda: LATER).step_of_clicks() == 0
    [event] = basket.taken
    expected = {
        Shape.JSON: '"event": "click", "id": "click-002"', Shape.OCSF: '"class_uid": 4002',
        Shape.CEF: "|click.blocked|link blocked|8|",
    }  # fmt: skip
    assert expected[shape] in event and "https://pages.example/" in event


def test_ocsf_says_class_direction_and_the_gravest_disposition() -> None:
    recipients = (a_recipient(), a_recipient("bob@contoso.example", State.QUARANTINED))
    event = email_activity(a_trace(recipients=recipients))
    assert (event["class_uid"], event["activity_id"], event["type_uid"], event["direction_id"]) == (4009, 2, 400902, 1)
    assert (event["severity_id"], event["disposition_id"], event["action_id"]) == (4, QUARANTINED, 2)
    email = event["email"]
    assert isinstance(email, dict) and email["to"] == ["ada@contoso.example", "bob@contoso.example"]
    json.dumps(event)


OCSF = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.3.0"))


def as_published(event: dict[str, object]) -> list[str]:
    """What the schema that OCSF has published says against the event."""
    metadata = event["metadata"]
    assert isinstance(metadata, dict)
    schema = OCSF.get_class_schema(OCSF.lookup_class_name_from_uid(int(str(event["class_uid"]))), metadata["profiles"])
    found = jsonschema_rs.validator_for(schema).iter_errors(json.loads(json.dumps(event)))
    return [f"{one.instance_path}: {one.message[:200]}" for one in found]


def test_every_event_is_what_the_published_schema_of_ocsf_says() -> None:
    named = a_trace(header_from='"Eve <x>" <eve@evil.example>')
    nobody = replace(a_trace(direction=None, verdict=None, header_from="", subject="", recipients=()), mail_from="")
    events = [email_activity(named), email_activity(replace(nobody, peer=""))]
    events += [email_activity(replace(named, recipients=(a_recipient(state=one),))) for one in State]
    events += [http_activity(a_click(number, outcome=one)) for number, one in enumerate(ClickOutcome)]
    assert [as_published(one) for one in events] == [[]] * len(events)
    email = events[0]["email"]
    assert isinstance(email, dict) and (email["from"], email["smtp_from"]) == (
        "eve@evil.example",
        "bounce@evil.example",
    )
    assert as_published(events[0] | {"email": {"from": "Eve"}}), "the schema does say something"


def test_cef_escapes_what_a_sender_wrote() -> None:
    [line] = cef_lines(a_trace(subject="a|b=c\\d\r\nCEF:0|forged"))
    assert line.startswith("CEF:0|Lockgate|Lockgate|") and "\n" not in line
    assert "msg=a|b\\=c\\\\d CEF:0|forged" in line
    assert len(re.findall(r"(?<!\\)\|", line.partition("rt=")[0])) == 7


@pytest.mark.parametrize("way", [Way.TCP, Way.TLS])
async def test_syslog_counts_octets_over_tcp_and_tls(way: Way, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "localhost", 0, ssl=context if way is Way.TLS else None)
    async with server:
        port = server.sockets[0].getsockname()[1]
        collector = SyslogCollector("localhost", port, way, "gw.example", tmp_path / "ca.pem")
        await collector.send(["one", "Grüße"], NOW)
        stream = await asyncio.wait_for(heard, PATIENCE)
    messages = []
    while stream:
        count, _, rest = stream.partition(b" ")
        messages.append(rest[: int(count)].decode())
        stream = rest[int(count) :]
    head = "<109>1 2026-03-02T09:30:15.123456Z gw.example lockgate - message - \ufeff"
    assert messages == [f"{head}one", f"{head}Grüße"]


async def test_syslog_over_udp_and_a_collector_that_is_not_there() -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue()

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            received.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listener, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    await SyslogCollector("127.0.0.1", port, Way.UDP, "gw.example").send(["one"], NOW)
    assert (await asyncio.wait_for(received.get(), PATIENCE)).endswith(b"one")
    transport.close()
    with pytest.raises(TemporaryError, match="syslog collector"):
        await SyslogCollector("127.0.0.1", 1, Way.TCP, "gw.example").send(["one"], NOW)


@asynccontextmanager
async def hook(tmp_path: Path, statuses: list[int], heard: list[tuple[dict[str, str], bytes]]) -> AsyncIterator[str]:
    """A real HTTPS receiver that answers with these statuses."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    identity = authority.issue_cert("localhost")
    identity.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))

    async def receive(request: Request) -> Response:
        heard.append((dict(request.headers), await request.body()))
        return Response(status_code=statuses.pop(0))

    app = Starlette(routes=[Route("/hook", receive, methods=["POST"])])
    config = uvicorn.Config(app, host="localhost", port=0, ssl_certfile=tmp_path / "server.pem", log_level="error")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        yield f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}/hook"
        server.should_exit = True
        await running


async def test_a_webhook_is_signed_and_a_repeated_batch_has_the_same_delivery(
    tmp_path: Path, ledger: StoredLedger, database: Database
) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []
    async with hook(tmp_path, [500, 204], heard) as url:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with httpx.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False) as http:
            collector = Webhook(http, url, b"secret")
            await pump(collector, database, now=NOW).step()
            await ledger.settle(Settling(a_trace(at=NOW)))
            with pytest.raises(TemporaryError, match="answered 500"):
                await pump(collector, database).step()
            assert await pump(collector, database).step() == 1
    (first, body), (second, again) = heard
    assert body == again and first["lockgate-delivery"] == second["lockgate-delivery"]
    seconds, mark = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", first["lockgate-signature"]).groups()  # type: ignore[union-attr]
    assert hmac.compare_digest(mark, hmac.new(b"secret", f"{seconds}.".encode() + body, hashlib.sha256).hexdigest())
    assert int(seconds) == int(LATER.timestamp())
    assert json.loads(body)["subject"] == "Your invoice"
