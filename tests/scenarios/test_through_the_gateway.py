"""Mail through the simulated tenant and the real gateway: out by rule and connector, judged, and back.

Everything is real but Microsoft: SMTP over TLS with client certificates both ways, inspection in worker processes,
the default policies, and a ledger on SQLite. The rules and connectors are put there as an administrator would
have them.
"""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from lockgate.bootstrap.mail_path import MailPath, examination, serving
from lockgate.gateway.load_test import LoadTestDirectory, LoadTestPolicies
from lockgate.gateway.tenant_proof import TenantDoor
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.policy import PolicySet
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant
from lockgate.policy.defaults import default_policies
from lockgate.settings import GatewaySettings
from lockgate.smtp.delivery import NextHop, TlsUse
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.tls import Identity, client_context, server_context
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.senders import SenderHistories
from m365_simulator.mail_flow.submission import submit
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.mail_flow.conftest import GATEWAY, LENA, PLAIN, TOM, Mail, mail

__all__ = ["mail"]  # the fixture of the simulator's own tests serves here too
pytestmark = pytest.mark.scenario

MX_HOST = "contoso-example.mail.protection.outlook.com"
INBOUND = Passage(Direction.INBOUND, Protection.LIVE, ("route-secret-in",), ("return-secret-in",), "junk-secret-in")
OUTBOUND = Passage(Direction.OUTBOUND, Protection.LIVE, ("route-secret-out",), ("return-secret-out",))
CONTOSO_TENANT = Tenant(
    CONTOSO, "contoso", "Contoso", (AcceptedDomain("contoso.example"),), MX_HOST, (INBOUND, OUTBOUND)
)
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CALM = PLAIN.replace(b"nora@northwind", b"nora@no-policy")


class Contoso:
    """Implements `ports.Tenants` for the one tenant."""

    def by_id(self, tenant_id: str) -> Tenant | None:
        return CONTOSO_TENANT if tenant_id == CONTOSO else None

    def any_accepts(self, domain: str) -> bool:
        return CONTOSO_TENANT.accepts(domain)


class BothDirections(LoadTestPolicies):
    """The default policies of both directions."""

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        return default_policies(tenant_id, direction)


@dataclass
class Protected:
    """The tenant with the gateway behind it."""

    mail: Mail
    ledger_file: Path


@pytest.fixture
async def protected(mail: Mail, tmp_path: Path) -> AsyncIterator[Protected]:
    certificate, key = mail.certificates.issue([GATEWAY])
    identity, authorities = Identity(certificate, key), mail.certificates.ca_path
    settings = GatewaySettings(listen="127.0.0.1", port=0, hostname=GATEWAY, inspection_workers=1)
    database = open_database(f"sqlite:///{tmp_path / 'lockgate.db'}")
    ledger = StoredLedger(database, open_blobs(str(tmp_path / "blobs")), system_clock)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        pool = await stack.enter_async_context(Pool(GATEWAY, client_context(identity, authorities), PoolLimits()))
        policies = BothDirections(())
        examines = await stack.enter_async_context(
            examination(settings, policies, LoadTestDirectory(), SenderHistories(database))
        )
        host, port = mail.mx
        hop = FixedNextHop(NextHop(host, port, TlsUse.REQUIRED, MX_HOST))
        door = TenantDoor(Contoso(), settings.peer_names, settings.maximum_received)
        path = MailPath(door, examines, ledger, hop, pool, system_clock)
        tls = server_context(identity, authorities)
        listener = await stack.enter_async_context(serving(settings, path, tls, shared_port=False))
        mail.world.network[GATEWAY] = ("127.0.0.1", listener.addresses[0][1])
        install_rules(mail)
        yield Protected(mail, tmp_path / "lockgate.db")


def install_rules(mail: Mail) -> None:
    """Routing by direction, our return honoured, junk by mark, our headers off before the Internet."""
    mail.connectors()
    mail.rule(
        "junk", 0, HeaderContainsMessageHeader="X-Lockgate-Junk", HeaderContainsWords=["junk-secret-in"], SetSCL=6,
        StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "return", 1, HeaderContainsMessageHeader="X-Lockgate-Return-In", HeaderContainsWords=["return-secret-in"],
        SetSCL=-1, StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "inbound", 2, FromScope="NotInOrganization", SentToScope="InOrganization",
        RouteMessageOutboundConnector="gw out", SetHeaderName="X-Lockgate-Route-In", SetHeaderValue="route-secret-in",
        ExceptIfHeaderContainsMessageHeader="X-Lockgate-Return-In", ExceptIfHeaderContainsWords=["return-secret-in"],
        StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "strip", 3, HeaderContainsMessageHeader="X-Lockgate-Return-Out", HeaderContainsWords=["return-secret-out"],
        RemoveHeader="X-Lockgate-Return-Out", StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "outbound", 4, FromScope="InOrganization", SentToScope="NotInOrganization",
        RouteMessageOutboundConnector="gw out", SetHeaderName="X-Lockgate-Route-Out",
        SetHeaderValue="route-secret-out", ExceptIfHeaderContainsMessageHeader="X-Lockgate-Return-Out",
        ExceptIfHeaderContainsWords=["return-secret-out"], StopRuleProcessing=True,
    )  # fmt: skip


async def test_inbound_mail_comes_back_with_its_own_bytes(protected: Protected) -> None:
    mail = protected.mail
    await mail.outside(CALM, to=[TOM, LENA], mail_from="nora@no-policy.example")
    await mail.until(lambda: mail.folder(TOM) and mail.folder(LENA))
    [stored] = mail.folder(TOM)
    assert stored.content.endswith(CALM)
    assert b"X-Lockgate-Message-Id: " in stored.content
    assert b"route-secret-in" not in stored.content


async def test_a_virus_is_held_and_the_sender_hears_nothing_bad(protected: Protected) -> None:
    mail = protected.mail
    await mail.outside(CALM.replace(b"Two crates, please.", EICAR.encode()), mail_from="nora@no-policy.example")
    sent = await mail.event("SEND_CONNECTOR")
    assert "250" in str(sent.detail)
    await mail.outside(CALM, to=[LENA], mail_from="nora@no-policy.example")
    await mail.until(lambda: mail.folder(LENA))
    assert not mail.folder(TOM)
    assert not mail.folder(TOM, "junkemail")


async def test_outbound_mail_reaches_the_internet_without_our_headers(protected: Protected) -> None:
    mail = protected.mail
    user = mail.tenant.user_by_address(TOM)
    assert user is not None
    content = PLAIN.replace(b"From: Nora <nora@northwind.example>", b"From: Tom <tom.becker@contoso.example>")
    content = content.replace(b"To: tom.becker@contoso.example", b"To: nora@northwind.example")
    submit(mail.world, mail.tenant, user, content, ["nora@northwind.example"])
    await mail.until(lambda: mail.world.internet)
    [arrived] = mail.world.internet
    assert arrived.recipient == "nora@northwind.example"
    assert b"Two crates, please." in arrived.content
    assert b"X-Lockgate-" not in arrived.content
    assert b"(Lockgate)" in arrived.content


async def test_a_stranger_with_forged_headers_is_turned_away(protected: Protected) -> None:
    host, port = protected.mail.world.network[GATEWAY]

    def attempt() -> int:
        with smtplib.SMTP(host, port, timeout=20) as connection:
            context = protected.mail.certificates.client_context()
            context.check_hostname = False  # it is reached by address here; the chain is still verified
            connection.starttls(context=context)
            connection.ehlo()
            return connection.mail("nora@northwind.example")[0]

    assert await asyncio.to_thread(attempt) == 550
