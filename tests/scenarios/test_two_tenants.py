"""Two organisations behind one gateway, both granted by their own administrators, with mail in every direction at once.

Nothing of one may pass for the other's: not its secrets, not its senders (EchoSpoofing, microsoft-365.md §4.8), and
what comes back is taken for nobody else's (§4.1: the certificate's name decides).
"""

import asyncio
import base64
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.tenant import Protection
from lockgate.model.trace import MessageTrace
from lockgate.storage.traces import TraceFilter, Traces
from m365_simulator.seed import CONTOSO, FABRIKAM, PASSWORDS
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import HOST, Installation, installation, protected

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario

SECOND = "gw.mail.fabrikam.example"
TOM, KARL = "tom.becker@contoso.example", "karl.weiss@fabrikam.example"
NORA = "nora@no-policy.example"
ROUTE_OUT = "Lockgate outbound: route to the gateway"
SENT = {
    (CONTOSO, Direction.INBOUND, "To Contoso"), (FABRIKAM, Direction.INBOUND, "To Fabrikam"),
    (CONTOSO, Direction.OUTBOUND, "Out of Contoso"), (FABRIKAM, Direction.OUTBOUND, "Out of Fabrikam"),
    (CONTOSO, Direction.OUTBOUND, "From one to the other"), (FABRIKAM, Direction.INBOUND, "From one to the other"),
}  # fmt: skip


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    """Contoso and Fabrikam in service, each under a name of the gateway in a domain of its own."""
    simulation.control("POST", f"/tenants/{FABRIKAM}/domains", {"name": SECOND, "is_verified": True})
    async with installation(simulation, tmp_path, names=[SECOND]) as running_installation:
        await protected(running_installation, *Direction)
        theirs = replace(running_installation, administrator="admin@fabrikam.example", password=PASSWORDS[FABRIKAM])
        await protected(theirs, *Direction, tenant_id=FABRIKAM)
        yield running_installation


async def test_mail_of_both_goes_both_ways_and_nothing_passes_for_the_others(lockgate: Installation) -> None:
    accounts = lockgate.grants.accounts()
    assert {one.tenant_id: one.gateway_host for one in accounts} == {CONTOSO: HOST, FABRIKAM: SECOND}
    assert all(set(one.directions.values()) == {Protection.LIVE} for one in accounts)
    for tenant_id, host in ((CONTOSO, HOST), (FABRIKAM, SECOND)):
        assert {one["TlsSenderCertificateName"] for one in objects(lockgate, tenant_id, "InboundConnector")} == {host}
        assert {one["TlsDomain"] for one in objects(lockgate, tenant_id, "OutboundConnector")} == {host}
    await asyncio.gather(
        from_outside(lockgate, TOM, "To Contoso"), from_outside(lockgate, KARL, "To Fabrikam"),
        submitted(lockgate, CONTOSO, TOM, NORA, "Out of Contoso"),
        submitted(lockgate, FABRIKAM, KARL, NORA, "Out of Fabrikam"),
        submitted(lockgate, CONTOSO, TOM, KARL, "From one to the other"),
    )  # fmt: skip
    await until(lambda: len(inbox(lockgate, TOM)) >= 1 and len(inbox(lockgate, KARL)) >= 2)
    await until(lambda: len(outside(lockgate)) >= 2)
    assert subjects(inbox(lockgate, TOM)) == {"To Contoso"}
    assert subjects(inbox(lockgate, KARL)) == {"To Fabrikam", "From one to the other"}
    for content in outside(lockgate):
        name = b"contoso" if b"Out of Contoso" in content else b"fabrikam"
        assert b"d=" + name in content, "signed by the tenant whose mail it is"
        assert b"X-Lockgate-" not in content and b"by gw.mail." + name + b".example (Lockgate)" in content
    subjects_sent = {subject for _, _, subject in SENT}
    seen = [(one.tenant_id, one.direction, one.subject) for one in traces(lockgate) if one.subject in subjects_sent]
    assert sorted(map(str, seen)) == sorted(map(str, SENT)), "each once for each organisation that it concerns"
    await hostile_rules(lockgate)


async def hostile_rules(lockgate: Installation) -> None:
    """Fabrikam's administrator tries to send as Contoso, first with his own secret, then with Contoso's."""
    [theirs] = [one for one in objects(lockgate, CONTOSO, "TransportRule") if one["Name"] == ROUTE_OUT]
    [own] = [one for one in objects(lockgate, FABRIKAM, "TransportRule") if one["Name"] == ROUTE_OUT]
    for secret, cause in (
        (own["SetHeaderValue"], "sender domain is not the tenant's: ceo@contoso.example"),
        (theirs["SetHeaderValue"], "a route header with a wrong secret"),
    ):
        rule = {**own, "Name": "hostile", "Priority": -1, "FromScope": "NotInOrganization", "SentToScope": None}
        rule |= {"SetHeaderValue": secret, "Guid": "00000000-0000-4000-8000-00000000beef"}
        lockgate.simulation.control("PUT", f"/tenants/{FABRIKAM}/exchange/TransportRule/hostile", rule)
        await from_outside(lockgate, KARL, f"Pretending: {cause[:12]}", mail_from="ceo@contoso.example")
        await until(partial(refused, lockgate, cause))
        assert not [one for one in subjects(inbox(lockgate, KARL)) if one.startswith("Pretending")]


def objects(lockgate: Installation, tenant_id: str, noun: str) -> list[dict[str, object]]:
    """Ours, as Exchange has them."""
    found: list[dict[str, object]] = lockgate.simulation.control("GET", f"/tenants/{tenant_id}/exchange/{noun}").json()
    return [one for one in found if str(one["Name"]).startswith("Lockgate")]


def letter(sender: str, recipient: str, subject: str) -> bytes:
    name = "-".join(subject.lower().split())
    fields = f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\nMessage-ID: <{name}@x.example>\r\n"
    return fields.encode() + b"Date: Mon, 02 Mar 2026 09:30:00 +0000\r\n\r\nTwo crates, please.\r\n"


async def from_outside(lockgate: Installation, recipient: str, subject: str, mail_from: str = NORA) -> None:
    content = base64.b64encode(letter(mail_from, recipient, subject)).decode()
    body = {"mail_from": mail_from, "recipients": [recipient], "content_base64": content}
    await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", body)


async def submitted(lockgate: Installation, tenant_id: str, sender: str, recipient: str, subject: str) -> None:
    """As a mail program of the person does, on port 587."""
    host, _, port = lockgate.simulation.addresses["submission"].rpartition(":")
    tls = ssl.create_default_context(cafile=lockgate.simulation.addresses["ca"])

    def send() -> None:
        with smtplib.SMTP(host, int(port), timeout=60) as client:
            client.starttls(context=tls)
            client.login(sender, PASSWORDS[tenant_id])
            client.sendmail(sender, [recipient], letter(sender, recipient, subject))

    await asyncio.to_thread(send)


def inbox(lockgate: Installation, address: str) -> list[bytes]:
    """Without the probes."""
    found = lockgate.simulation.control("GET", f"/mailboxes/{address}?folder=inbox").json()
    return [content for one in found if b"Lockgate probe" not in (content := base64.b64decode(one["content_base64"]))]


def outside(lockgate: Installation) -> list[bytes]:
    found = lockgate.simulation.control("GET", f"/internet?recipient={NORA}").json()
    return [base64.b64decode(one["content_base64"]) for one in found]


def subjects(messages: list[bytes]) -> set[str]:
    return {content.partition(b"\r\nSubject: ")[2].partition(b"\r\n")[0].decode() for content in messages}


def traces(lockgate: Installation) -> list[MessageTrace]:
    with lockgate.parts.database.read() as unit:
        return Traces(unit).search(TraceFilter(), limit=500)


def refused(lockgate: Installation, cause: str) -> bool:
    """Whether the gateway has refused a message for this cause."""
    return any(
        cause in event.detail and one.recipients[0].state is State.REFUSED
        for one in traces(lockgate)
        for event in one.events
    )


async def until(look: Callable[[], bool], seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.1)
