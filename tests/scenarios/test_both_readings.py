"""Where Microsoft does not say how mail flow behaves, protected mail arrives once and intact under either reading.

One installation; the simulated tenant changes its mind between the messages (coverage.md, switches).
"""

import asyncio
import base64
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import dkim
import dns.resolver
import pytest

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.model.envelope import Direction
from lockgate.storage.traces import TraceFilter, Traces
from m365_simulator.seed import CONTOSO, PASSWORDS
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import Installation, installation, protected
from tests.scenarios.test_care import somebody_else

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
TOM, LENA, NORA = "tom.becker@contoso.example", "lena.vogel@contoso.example", "nora@no-policy.example"


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


async def test_mail_arrives_once_and_intact_under_either_reading(lockgate: Installation) -> None:
    async with somebody_else(lockgate.simulation) as admin:
        await admin.run("New-OutboundConnector", Name="Elsewhere", SmartHosts=["elsewhere.example"],
                        UseMXRecord=False, IsTransportRuleScoped=True)  # fmt: skip
        await admin.run("New-TransportRule", Name="Elsewhere", FromScope="InOrganization",
                        SentToScope="NotInOrganization", RouteMessageOutboundConnector="Elsewhere")  # fmt: skip
        await protected(lockgate, Direction.INBOUND, Direction.OUTBOUND)
        await admin.run("New-TransportRule", Name="Mark for Lena", Priority=0, SentTo=[LENA], SetHeaderName="X-Team",
                        SetHeaderValue="sales")  # fmt: skip

    for reading in ("new", "shared"):
        read(lockgate, bifurcated_network_message_id=reading)
        await split_before_the_gateway(lockgate, f"Two crates, {reading}")
    for route, signed in (("last", False), ("first", True)):
        read(lockgate, several_routes=route, dkim_before_connector=signed)
        await outbound(lockgate, f"Invoice {route}", signatures=2 if signed else 1)


def read(lockgate: Installation, **switches: object) -> None:
    lockgate.simulation.control("POST", "/switches", switches)


async def split_before_the_gateway(lockgate: Installation, subject: str) -> None:
    """A rule in front of ours fits one of two recipients, so two copies come to the gateway."""
    content = message(NORA, f"{TOM}, {LENA}", subject)
    body = {"mail_from": NORA, "recipients": [TOM, LENA], "content_base64": base64.b64encode(content).decode()}
    lockgate.simulation.control("POST", "/internet", body)
    for address in (TOM, LENA):
        [arrived] = await until(lambda one=address: inbox(lockgate, one, subject))  # type: ignore[misc]
        raw = base64.b64decode(arrived["content_base64"])
        assert b"Two crates, please." in raw and (b"X-Team: sales" in raw) is (address == LENA)
    await asyncio.sleep(1)  # a copy too many would come now
    assert len(inbox(lockgate, TOM, subject)) == len(inbox(lockgate, LENA, subject)) == 1
    with lockgate.parts.database.read() as unit:
        rows = Traces(unit).search(TraceFilter(tenant_id=CONTOSO, words=subject))
    assert sorted(one.rcpt_to for row in rows for one in row.recipients) == [LENA, TOM]
    events = lockgate.simulation.control("GET", "/hops?event=RULE").json()
    ids = [
        one["network_message_id"] for one in events if routing_rule_name(Direction.INBOUND) in one["detail"]["rules"]
    ]
    assert len(set(ids[-2:])) == (1 if subject.endswith("shared") else 2), "the tenant read it as it was told"


async def outbound(lockgate: Installation, subject: str, signatures: int) -> None:
    """Another rule behind ours would route it elsewhere; what reaches the Internet has the tenant's valid signature."""
    content = message(TOM, NORA, subject)
    await asyncio.to_thread(submit, lockgate.simulation, content)
    [left] = await until(
        lambda: [one for one in lockgate.simulation.control("GET", "/internet").json() if one["subject"] == subject]
    )
    raw = base64.b64decode(left["content_base64"])
    assert b"(Lockgate)" in raw and b"X-Lockgate-" not in raw
    assert raw.count(b"DKIM-Signature:") == signatures
    texts = resolver(lockgate.simulation)
    for index in range(signatures):
        assert await asyncio.to_thread(dkim.DKIM(raw).verify, index, texts)


def message(sender: str, to: str, subject: str) -> bytes:
    fields = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Tue, 24 Nov 2026 04:00:00 +0000",
              f"Message-ID: <{subject.replace(' ', '.').replace(',', '')}@{sender.partition('@')[2]}>"]  # fmt: skip
    return "\r\n".join([*fields, "", "Two crates, please.", ""]).encode()


def submit(simulation: Simulation, content: bytes) -> None:
    """As a mail program does, with Tom's password."""
    context = ssl.create_default_context(cafile=simulation.addresses["ca"])
    context.check_hostname = False  # it is reached by address
    host, _, port = simulation.addresses["submission"].rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=60) as connection:
        connection.starttls(context=context)
        connection.login(TOM, PASSWORDS[CONTOSO])
        connection.sendmail(TOM, [NORA], content)


def inbox(lockgate: Installation, address: str, subject: str) -> list[Json]:
    found = lockgate.simulation.control("GET", f"/mailboxes/{address}?folder=inbox").json()
    return [one for one in found if one["subject"] == subject]


async def until(look: Callable[[], list[Json]]) -> list[Json]:
    async with asyncio.timeout(60):
        while not (found := await asyncio.to_thread(look)):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.1)
    return found


def resolver(simulation: Simulation) -> Callable[..., bytes]:
    """TXT records of the simulated DNS, as dkimpy asks for them."""
    host, _, port = simulation.addresses["dns"].rpartition(":")
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers, asked.port = [host], int(port)

    def text(name: bytes, timeout: int = 5) -> bytes:
        answer = asked.resolve(name.decode().rstrip("."), "TXT", lifetime=timeout)
        return b"".join(next(iter(answer)).strings)

    return text
