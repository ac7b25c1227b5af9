"""A real gateway door in this process, two tenants behind it, and the tools of whoever knocks.

Real: TLS with certificates of a small authority, the listener, inspection in a worker process, policies, the ledger
on SQLite, the pool of connections to the next hop. Only the next hop's address is put in by hand.
"""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import trustme

from lockgate.bootstrap.mail_path import MailPath, examination, serving
from lockgate.bootstrap.parts import new_id
from lockgate.end_users.reports.intake import ReportIntake
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.disposition import Keeping
from lockgate.gateway.load_test import LoadTestDirectory
from lockgate.gateway.ports import Policies, Scans
from lockgate.gateway.redelivery import Redelivery
from lockgate.gateway.relay import Relay
from lockgate.gateway.report_address import ReportAddress
from lockgate.gateway.tenant_proof import TenantDoor
from lockgate.model.clock import system_clock
from lockgate.model.custody import Queued
from lockgate.model.envelope import Direction
from lockgate.model.policy import Action, ActionKind, Condition, Policy, PolicySet, Rule, Targets
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant
from lockgate.model.trace import MessageTrace
from lockgate.policy.defaults import default_policies
from lockgate.settings import GatewaySettings
from lockgate.smtp.delivery import NextHop, TlsUse
from lockgate.smtp.listener import Listener
from lockgate.smtp.outgoing import Timeouts
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.sender import Sender
from lockgate.smtp.tls import Identity, client_context, server_context
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.outbox_records import OutboxRecords
from lockgate.storage.senders import SenderHistories
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database
from lockgate.storage.user_reports import ReportInbox
from tests.patience import PATIENCE

EXCHANGE = "mail.protection.outlook.com"
GATEWAY = "gw.contoso.example"
HOP_NAME = "contoso-example.mail.protection.outlook.com"
HELD = "held@contoso.example"  # the policies quarantine everything for this person
SHORT = Timeouts(connect=0.4, command=0.4, data=0.4, content_block=0.4, final_reply=0.4)


def tenant(number: int, name: str, outbound: Protection = Protection.LIVE) -> Tenant:
    """A tenant whose secrets have its name in them."""
    return Tenant(
        f"{number:08d}-0000-4000-8000-000000000000", name, name, (AcceptedDomain(f"{name}.example"),), HOP_NAME,
        (
            Passage(Direction.INBOUND, Protection.LIVE, (f"{name}-route-in",), (f"{name}-return-in",), f"{name}-junk"),
            Passage(Direction.OUTBOUND, outbound, (f"{name}-route-out",), (f"{name}-return-out",)),
        ),
    )  # fmt: skip


CONTOSO = tenant(1, "contoso")
FABRIKAM = tenant(2, "fabrikam", outbound=Protection.OFF)


class TwoTenants:
    """Implements `ports.Tenants`."""

    def by_id(self, tenant_id: str) -> Tenant | None:
        return next((one for one in (CONTOSO, FABRIKAM) if one.id == tenant_id), None)

    def any_accepts(self, domain: str) -> bool:
        return CONTOSO.accepts(domain) or FABRIKAM.accepts(domain)


class HeldAndOthers:
    """Implements `ports.Policies`: one person's mail is held whatever it is; everybody else has the defaults."""

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        everything = Rule("Everything", Condition(minimum_score=0.0), (Action(ActionKind.QUARANTINE),))
        hold = Policy("hold", 1, "Hold", direction, 0, True, False, Targets(users=(HELD,)), (everything,))
        return PolicySet(tenant_id, direction, (hold, *default_policies(tenant_id, direction).policies))


@dataclass
class PutInByHand:
    """Implements `relay.NextHops`: wherever the running test has its next hop."""

    hops: Sequence[NextHop] = ()

    async def locate(self, host: str) -> Sequence[NextHop]:
        return self.hops


@dataclass
class Certificates:
    """What the authority vouches for, and one certificate that it does not."""

    bundle: Path
    exchange: Identity
    somebody: Identity
    gateway: Identity
    next_hop: Identity
    unknown_authority: Identity

    @property
    def next_hop_context(self) -> ssl.SSLContext:
        return server_context(self.next_hop, None)


def make_certificates(folder: Path) -> Certificates:
    def identity(authority: trustme.CA, name: str, file: str) -> Identity:
        leaf = authority.issue_cert(name, common_name=name)
        made = Identity(folder / f"{file}.pem", folder / f"{file}.key")
        made.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(made.key))
        return made

    known, unknown = trustme.CA(), trustme.CA()
    known.cert_pem.write_to_path(str(folder / "authority.pem"))
    return Certificates(
        folder / "authority.pem",
        identity(known, EXCHANGE, "exchange"),
        identity(known, "mail.somebody.example", "somebody"),
        identity(known, GATEWAY, "gateway"),
        identity(known, HOP_NAME, "hop"),
        identity(unknown, EXCHANGE, "unknown"),
    )


@dataclass(frozen=True)
class Answer:
    """The reply that ended an attempt, and the command that it answered."""

    stage: str
    code: int
    text: str

    @property
    def enhanced(self) -> str:
        return self.text.partition(" ")[0]


@dataclass
class FrontDoor:
    """The running gateway."""

    port: int
    certificates: Certificates
    database: Database
    outbox: OutboxRecords
    next_hops: PutInByHand
    relay: Relay
    listener: Listener
    pool: Pool

    def use(self, *ports: int) -> None:
        """From now on the next hop is at these ports, the best first."""
        self.next_hops.hops = [NextHop("127.0.0.1", port, TlsUse.REQUIRED, HOP_NAME) for port in ports]

    async def send(
        self,
        content: bytes,
        rcpt_tos: Sequence[str],
        mail_from: str = "ann@outside.example",
        *,
        identity: Identity | None = None,
        source: str = "127.0.0.1",
        tls: bool = True,
    ) -> Answer:
        """One attempt with smtplib, as far as it gets."""
        shown = identity or self.certificates.exchange
        context = client_context(shown, self.certificates.bundle) if tls else None
        return await asyncio.to_thread(_attempt, self.port, source, context, mail_from, rcpt_tos, content)

    async def send_anonymously(self, content: bytes, rcpt_tos: Sequence[str], mail_from: str, source: str) -> Answer:
        """The same without a client certificate."""
        context = client_context(None, self.certificates.bundle)
        return await asyncio.to_thread(_attempt, self.port, source, context, mail_from, rcpt_tos, content)

    def traces(self, *, message_id: str = "", peer: str = "") -> list[MessageTrace]:
        """The traces of one message (by any id), or of everything that one address has tried."""
        with self.database.read() as unit:
            found = Traces(unit).search(TraceFilter(message_id=message_id), limit=1000)
        return [trace for trace in found if trace.peer.split(" ")[0] == peer or not peer]

    def held(self, message_id: str) -> list[HeldItem]:
        """What the quarantine has of a message of ours."""
        with self.database.read() as unit:
            return HeldMessages(unit).search(HeldFilter(message_id=message_id))

    def redelivery(self, after: timedelta = timedelta()) -> Redelivery:
        """The outbox's postman, whose clock may be ahead of ours."""
        clock = lambda: system_clock() + after  # noqa: E731
        return Redelivery(self.outbox, self.relay, TwoTenants(), clock, new_id, Keeping(GATEWAY))

    def take_outbox(self, after: timedelta = timedelta()) -> list[Queued]:
        """What is due in the outbox, now or in a while, claimed for us."""
        return list(self.outbox.due(system_clock() + after, 100))


def _attempt(
    port: int, source: str, context: ssl.SSLContext | None, mail_from: str, rcpt_tos: Sequence[str], content: bytes
) -> Answer:
    with smtplib.SMTP(timeout=PATIENCE, source_address=(source, 0)) as client:
        client._host = GATEWAY  # type: ignore[attr-defined] # the name that the certificate must carry
        client.connect("127.0.0.1", port)
        client.ehlo("exchange.test")
        if context is not None:
            client.starttls(context=context)
            client.ehlo("exchange.test")
        code, text = client.mail(mail_from)
        if code != 250:
            return Answer("MAIL", code, text.decode())
        for rcpt_to in rcpt_tos:
            code, text = client.rcpt(rcpt_to)
            if code != 250:
                return Answer("RCPT", code, text.decode())
        try:
            code, text = client.data(content)
        except smtplib.SMTPDataError as refused:
            return Answer("DATA", refused.smtp_code, str(refused.smtp_error))
        return Answer("content", code, text.decode())


@asynccontextmanager
async def open_front_door(
    folder: Path,
    scanners: Callable[[Database], Sequence[Scans]] = lambda _: (),
    policies: Policies | None = None,
    click_links: ClickLinks | None = None,
) -> AsyncIterator[FrontDoor]:
    """The gateway, listening while the block runs; `scanners` are made over its database."""
    certificates = make_certificates(folder)
    settings = GatewaySettings(
        listen="127.0.0.1", port=0, hostname=GATEWAY, inspection_workers=1, maximum_received=30
    )  # fmt: skip
    database = open_database(f"sqlite:///{folder / 'lockgate.db'}")
    blobs = open_blobs(str(folder / "blobs"))
    ledger = StoredLedger(database, blobs, system_clock)
    hops = PutInByHand()
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        stack.push_async_callback(ledger.close)
        outgoing = client_context(certificates.gateway, certificates.bundle)
        pool = await stack.enter_async_context(Pool(GATEWAY, outgoing, PoolLimits(timeouts=SHORT)))
        examines = await stack.enter_async_context(
            examination(
                settings,
                policies or HeldAndOthers(),
                LoadTestDirectory(),
                SenderHistories(database),
                scanners=scanners(database),
                click_links=click_links,
            )
        )
        door = TenantDoor(TwoTenants(), (EXCHANGE,), settings.maximum_received)
        reports = ReportAddress(frozenset({GATEWAY}), ReportIntake(database, ReportInbox(database, blobs), None))
        path = MailPath(door, examines, ledger, hops, pool, system_clock, reports=reports)
        tls = server_context(certificates.gateway, certificates.bundle)
        listener = await stack.enter_async_context(serving(settings, path, tls, shared_port=False))
        outbox = OutboxRecords(database, blobs)
        yield FrontDoor(
            listener.addresses[0][1], certificates, database, outbox, hops, Relay(Sender(pool), hops), listener, pool
        )
