"""A running mail flow over the seeded world, on free ports, and the tools of an outside sender."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from m365_simulator.certificates import Certificates
from m365_simulator.internet.sender import OutsideMail, send_from_outside
from m365_simulator.mail_flow import server
from m365_simulator.mail_flow.client import Host, Outcome, TlsDemand, send
from m365_simulator.mail_flow.message import Envelope as MailEnvelope
from m365_simulator.mail_flow.message import Recipient
from m365_simulator.seed import CONTOSO, fill
from m365_simulator.settings import Ports, Settings
from m365_simulator.world import MessageHop, Properties, StoredMessage, Tenant, World

GATEWAY = "gw.mail.contoso.example"
PLAIN = (
    b"From: Nora <nora@northwind.example>\r\nTo: tom.becker@contoso.example\r\nSubject: Order 7\r\n"
    b"Message-ID: <order-7@northwind.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nTwo crates, please.\r\n"
)
TOM, LENA = "tom.becker@contoso.example", "lena.vogel@contoso.example"


@dataclass
class Mail:
    """Everything a test touches."""

    world: World
    servers: server.MailServers
    certificates: Certificates
    settings: Settings

    @property
    def tenant(self) -> Tenant:
        return self.world.tenants[CONTOSO]

    @property
    def mx(self) -> tuple[str, int]:
        return self.servers.host, self.servers.mx_port

    def put(self, noun: str, name: str, **properties: Any) -> None:
        """A configuration object, as the cmdlets would have stored it."""
        stored: Properties = {"Name": name, "Guid": f"guid-{name}", **properties}
        self.tenant.exchange.objects.setdefault(noun, {})[name] = stored

    def singleton(self, noun: str, **properties: Any) -> None:
        self.tenant.exchange.objects.setdefault(noun, {}).setdefault("Default", {}).update(properties)

    def rule(self, name: str, priority: int = 0, **properties: Any) -> None:
        self.put("TransportRule", name, Priority=priority, State="Enabled", Mode="Enforce", **properties)

    def connectors(self, **outbound: Any) -> None:
        """The pair that an inline gateway needs."""
        self.put(
            "InboundConnector", "gw in", Enabled=True, ConnectorType="OnPremises", SenderDomains=["smtp:*;1"],
            RequireTls=True, RestrictDomainsToCertificate=True, TlsSenderCertificateName=GATEWAY,
        )  # fmt: skip
        properties = {
            "Enabled": True, "ConnectorType": "OnPremises", "IsTransportRuleScoped": True, "UseMXRecord": False,
            "SmartHosts": [GATEWAY], "TlsSettings": "DomainValidation", "TlsDomain": GATEWAY,
        }  # fmt: skip
        self.put("OutboundConnector", "gw out", **{**properties, **outbound})

    def folder(self, address: str, folder: str = "inbox") -> list[StoredMessage]:
        user = self.tenant.user_by_address(address)
        assert user is not None
        return [stored for stored in self.tenant.mailboxes[user.id].messages if stored.folder == folder]

    async def outside(self, content: bytes = PLAIN, to: list[str] | None = None, **fields: Any) -> list[Outcome]:
        sender = fields.pop("mail_from", "nora@northwind.example")
        return await send_from_outside(self.world, self.mx, OutsideMail(sender, to or [TOM], content, **fields))

    async def as_gateway(
        self, envelope: MailEnvelope, content: bytes, names: tuple[str, ...] = (GATEWAY,)
    ) -> list[Outcome]:
        """Hand a message to the tenant over TLS with a client certificate for `names`."""
        context = self.certificates.client_context(names)
        context.check_hostname = False
        demand = TlsDemand(context, "contoso-example.mail.protection.outlook.com", required=True)
        return await send(Host("mx", *self.mx), GATEWAY, demand, envelope, content)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true; a minute at most."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 - the World has no events to wait on
                await asyncio.sleep(0.01)

    async def event(self, name: str, count: int = 1) -> MessageHop:
        await self.until(lambda: len(self.events(name)) >= count)
        return self.events(name)[count - 1]

    def events(self, name: str) -> list[MessageHop]:
        return [hop for hop in self.world.hops if hop.event == name]


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[Mail]:
    settings = Settings(tmp_path, ports=Ports(mx=0, submission=0, internet=0))
    certificates = Certificates(tmp_path)
    world = World()
    fill(world, settings)
    servers = await server.start(world, settings, certificates)
    for name, (host, port) in list(world.network.items()):
        if port == 0:
            world.network[name] = (host, servers.internet_port)
    yield Mail(world, servers, certificates, settings)
    await servers.close()


@dataclass
class Gateway:
    """A stand-in for an inline gateway: aiosmtpd as it is, and a policy for its replies."""

    mail: Mail
    returns: bool = True
    adds: bytes = b"X-Gateway-Pass: secret-1\r\n"
    replies: list[str] = field(default_factory=list)  # taken one after the other at DATA, then 250
    received: list[tuple[Envelope, dict[str, Any]]] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.received.append((envelope, dict(session.ssl or {})))
        if self.replies:
            return self.replies.pop(0)
        if not self.returns:
            return "250 2.0.0 kept"
        assert isinstance(envelope.content, bytes)
        recipients = tuple(Recipient(address) for address in envelope.rcpt_tos)
        sender = envelope.mail_from if envelope.mail_from != "<>" else ""
        outcomes = await self.mail.as_gateway(MailEnvelope(sender or "", recipients), self.adds + envelope.content)
        return outcomes[0].reply

    def contents(self) -> list[bytes]:
        return [envelope.content for envelope, _ in self.received if isinstance(envelope.content, bytes)]


@pytest.fixture
async def gateway(mail: Mail) -> AsyncIterator[Gateway]:
    found = Gateway(mail)
    context = mail.certificates.server_context([GATEWAY], ask_client=True)
    assert isinstance(context, ssl.SSLContext)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(found, hostname=GATEWAY, tls_context=context, require_starttls=True, enable_SMTPUTF8=True),
        "127.0.0.1",
        0,
    )
    found.port = listening.sockets[0].getsockname()[1]
    mail.world.network[GATEWAY] = ("127.0.0.1", found.port)
    yield found
    listening.close()
