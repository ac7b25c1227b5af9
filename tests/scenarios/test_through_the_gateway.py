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
from cryptography.hazmat.primitives.asymmetric import rsa

from lockgate.bootstrap.mail_path import MailPath, examination, serving
from lockgate.gateway.load_test import LoadTestDirectory, LoadTestPolicies
from lockgate.gateway.sealing import ArcSealing
from lockgate.gateway.tenant_proof import TenantDoor
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.microsoft365 import clouds
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.policy import PolicySet
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant
from lockgate.model.trace import Step
from lockgate.policy.defaults import default_policies
from lockgate.sender_authentication.keys import public_record
from lockgate.sender_authentication.sealing import Sealer
from lockgate.settings import GatewaySettings
from lockgate.smtp.delivery import NextHop, TlsUse
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.tls import Identity, client_context, server_context
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.senders import SenderHistories
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database
from m365_simulator.dns_records import lookup
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
    database: Database
    key: rsa.RSAPrivateKey
    dns: "SimulatedDns"

    async def steps(self, step: Step, count: int = 1) -> list[str]:
        """What the traces say of one step, once it was taken so often."""
        await self.mail.until(lambda: len(self._steps(step)) >= count)
        return self._steps(step)

    def _steps(self, step: Step) -> list[str]:
        with self.database.read() as unit:
            traces = Traces(unit).search(TraceFilter(), limit=100)
        return [event.detail for trace in traces for event in trace.events if event.step is step]


@dataclass
class SimulatedDns:
    """Implements `Resolver` over the simulated zone."""

    mail: Mail
    fails: bool = False

    async def txt(self, name: str) -> list[bytes]:
        if self.fails:
            raise TemporaryError("no answer")
        return [text.encode() for text in lookup(self.mail.world, name, "TXT")]

    async def addresses(self, name: str, *, ipv6: bool = False) -> list[str]:
        raise NotImplementedError

    async def mail_exchangers(self, name: str) -> list[tuple[int, str]]:
        raise NotImplementedError

    async def names(self, reverse_name: str) -> list[str]:
        raise NotImplementedError


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
        door = TenantDoor(Contoso(), clouds.named("global").mail.peer_names, settings.maximum_received)
        private, dns = rsa.generate_private_key(public_exponent=65537, key_size=2048), SimulatedDns(mail)
        sealing = ArcSealing(Sealer(GATEWAY, "lockgate", private, GATEWAY), dns, system_clock, 3.0)
        path = MailPath(door, examines, ledger, hop, pool, system_clock, sealing=sealing)
        tls = server_context(identity, authorities)
        listener = await stack.enter_async_context(serving(settings, path, tls, shared_port=False))
        mail.world.network[GATEWAY] = ("127.0.0.1", listener.addresses[0][1])
        install_rules(mail)
        yield Protected(mail, database, private, dns)


def install_rules(mail: Mail) -> None:
    """Routing by direction, our return honoured, junk by mark, our headers off before the Internet."""
    mail.connectors()
    mail.rule(
        "junk", 0, HeaderContainsMessageHeader="X-Lockgate-Junk", HeaderContainsWords=["junk-secret-in"], SetSCL=6,
        StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "return", 1, HeaderContainsMessageHeader="X-Lockgate-Return-In", HeaderContainsWords=["return-secret-in"],
        SetSCL=-1,
    )  # fmt: skip
    mail.rule(
        "inbound", 2, FromScope="NotInOrganization", SentToScope="InOrganization",
        RouteMessageOutboundConnector="gw out", SetHeaderName="X-Lockgate-Route-In", SetHeaderValue="route-secret-in",
        ExceptIfHeaderContainsMessageHeader="X-Lockgate-Return-In", ExceptIfHeaderContainsWords=["return-secret-in"],
        StopRuleProcessing=True,
    )  # fmt: skip
    mail.rule(
        "outbound", 3, FromScope="InOrganization", SentToScope="NotInOrganization",
        RouteMessageOutboundConnector="gw out", SetHeaderName="X-Lockgate-Route-Out",
        SetHeaderValue="route-secret-out", ExceptIfHeaderContainsMessageHeader="X-Lockgate-Return-Out",
        ExceptIfHeaderContainsWords=["return-secret-out"], StopRuleProcessing=True,
    )  # fmt: skip
    for place, way in enumerate(("In", "Out"), start=4):
        field, secret = f"X-Lockgate-Return-{way}", f"return-secret-{way.lower()}"
        mail.rule(
            f"strip {way}", place, HeaderContainsMessageHeader=field, HeaderContainsWords=[secret], RemoveHeader=field
        )


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


async def sealed_return(protected: Protected) -> None:
    """What the tenant trusts is our seal alone: its rule for returned mail does not skip the filter any more."""
    mail = protected.mail
    record = public_record(protected.key)
    mail.world.dns[(f"lockgate._domainkey.{GATEWAY}", "TXT")] = [record]
    mail.rule(
        "return", 1, HeaderContainsMessageHeader="X-Lockgate-Return-In", HeaderContainsWords=["return-secret-in"],
        StopRuleProcessing=True,
    )  # fmt: skip


async def test_mail_of_a_strict_sender_comes_back_on_our_seal_alone(protected: Protected) -> None:
    mail = protected.mail
    await sealed_return(protected)
    await mail.outside()
    refused = await mail.event("FAIL")
    assert "550 5.7.509" in str(refused.detail["reply"]), "nobody trusts the sealer yet"
    mail.singleton("ArcConfig", ArcTrustedSealers=GATEWAY)
    await mail.outside()
    await mail.until(lambda: mail.folder(TOM))
    [stored] = mail.folder(TOM)
    assert b"compauth=pass reason=130" in stored.content
    assert b"arc=pass (0 oda=1" in stored.content
    assert stored.content.endswith(PLAIN)
    assert stored.content.index(b"ARC-Seal: i=2;") < stored.content.index(b"ARC-Seal: i=1;")
    traced = await protected.steps(Step.SEALED, 2)
    assert traced == [f"ARC set of {GATEWAY} added; the chain before it: pass"] * 2


async def test_a_forged_strict_sender_gets_no_help_from_our_seal(protected: Protected) -> None:
    mail = protected.mail
    await sealed_return(protected)
    mail.singleton("ArcConfig", ArcTrustedSealers=GATEWAY)
    await mail.outside(client_ip="203.0.113.66")
    refused = await mail.event("FAIL")
    assert "550 5.7.509" in str(refused.detail["reply"])
    assert not mail.folder(TOM)


async def test_mail_goes_back_unsealed_when_the_chain_cannot_be_looked_up(protected: Protected) -> None:
    mail = protected.mail
    protected.dns.fails = True
    await mail.outside(CALM, mail_from="nora@no-policy.example")
    await mail.until(lambda: mail.folder(TOM))
    assert f"d={GATEWAY}".encode() not in mail.folder(TOM)[0].content
    [why] = await protected.steps(Step.SEALED)
    assert why.startswith("not sealed: ") and "could not be looked up" in why


async def test_a_stranger_with_forged_headers_is_turned_away(protected: Protected) -> None:
    host, port = protected.mail.world.network[GATEWAY]

    def attempt() -> int:
        with smtplib.SMTP(host, port, timeout=60) as connection:
            context = protected.mail.certificates.client_context()
            context.check_hostname = False  # it is reached by address here; the chain is still verified
            connection.starttls(context=context)
            connection.ehlo()
            return connection.mail("nora@northwind.example")[0]

    assert await asyncio.to_thread(attempt) == 550
