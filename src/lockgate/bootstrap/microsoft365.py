"""The Microsoft side put together: who we are, how we reach tenants, and what the probe needs of the mail path."""

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import dns.exception
import httpx

from lockgate.bootstrap.arc import arc_sealer
from lockgate.bootstrap.clouds import cloud
from lockgate.bootstrap.durable import Enqueue
from lockgate.bootstrap.parts import Parts, new_id, next_hops
from lockgate.lookups.dns import DnsLookups
from lockgate.lookups.next_hops import resolver
from lockgate.microsoft365.consent import Consents
from lockgate.microsoft365.credentials import Credentials, newer
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.identity import Identity, Registration
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.proof import Seen, Submit
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.errors import ConfigurationError, TemporaryError
from lockgate.model.lifecycle import State
from lockgate.model.service_account import ConsentStep
from lockgate.model.tenant import AcceptedDomain
from lockgate.notifications.signature import Signature
from lockgate.settings import AppRegistration, Microsoft365Settings, Settings
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.protocol import envelope as wire
from lockgate.smtp.sender import Sender
from lockgate.smtp.tls import client_context
from lockgate.storage.app_credentials import AppCredentials
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.traces import TraceFilter, Traces

NAMES = {
    ConsentStep.MAIL_FLOW: "Lockgate",
    ConsentStep.DIRECTORY: "Lockgate Directory",
    ConsentStep.ACTIVITY: "Lockgate Activity",
}
CALLBACK = "/service-accounts/grant/callback"
CONSOLE_CALLBACK = "/sign-in/microsoft/callback"  # of whoever has an account of the console
OWN_CALLBACK = "/mine/callback"  # of people who sign in to see what is held for them
INSTALLATION = "installation"  # the name of the settings document that keeps our id


@asynccontextmanager
async def provisioning(parts: Parts) -> AsyncIterator[Provisioning]:
    """The steps of the grant with their real parts."""
    settings = parts.settings
    identity = identity_of(parts)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(verify=authorities(settings.microsoft365), timeout=60, trust_env=False)
        )
        probes = await stack.enter_async_context(
            Pool(settings.gateway.hostname, client_context(None, settings.gateway.peer_ca), PoolLimits())
        )
        yield Provisioning(
            TenantAccess(identity, http, asyncio.sleep),
            parts.database,
            parts.vault,
            await asyncio.to_thread(installation, parts),
            MailHosts(settings).find,
            ProbeSubmission(settings, Sender(probes)).to,
            lambda tenant_id: _seen(parts, tenant_id),
            Signature(parts.vault).sign,
        )


def identity_of(parts: Parts) -> Identity:
    """Who we are to Microsoft, with the certificate that counts now: of the settings, or renewed since."""

    def certified(configured: Registration) -> Registration:
        with parts.database.read() as unit:
            return newer(configured, AppCredentials(unit, parts.vault).in_use())

    settings = parts.settings.microsoft365
    return Identity(cloud(settings), registrations(settings), certified)


def credentials(parts: Parts, identity: Identity) -> Credentials:
    """Renewal of that certificate."""
    return Credentials(identity, parts.database, parts.vault, parts.clock)


def grant_service(parts: Parts, work: Provisioning, starts: Enqueue) -> GrantService:
    """What console and command line speak to."""
    identity = work.access.identity
    redirect = parts.settings.console.public_url.rstrip("/") + CALLBACK
    consents = Consents(identity, parts.database, parts.vault, parts.clock, redirect, Event().wait)
    return GrantService(work, consents, identity, starts, new_id, PublishedTexts(parts.settings))


def registrations(settings: Microsoft365Settings) -> dict[ConsentStep, Registration]:
    """The applications that are set up; raises ConfigurationError for a certificate that cannot be read."""
    configured = {
        ConsentStep.MAIL_FLOW: settings.mail_flow_app,
        ConsentStep.DIRECTORY: settings.directory_app,
        ConsentStep.ACTIVITY: settings.activity_app,
    }
    return {step: _registration(NAMES[step], app) for step, app in configured.items() if app.client_id}


def _registration(name: str, app: AppRegistration) -> Registration:
    if app.certificate is None or app.key is None:
        raise ConfigurationError(f"The application '{name}' needs a certificate and a key (PEM files).")
    try:
        return Registration(name, app.client_id, app.certificate.read_text(), app.key.read_text())
    except OSError as error:
        raise ConfigurationError(f"The certificate of the application '{name}' cannot be read: {error}") from error


def installation(parts: Parts) -> Installation:
    """Our id, made at the first call and kept for ever."""
    with parts.database.write() as unit:
        store = SettingsStore(unit)
        kept = store.get(INSTALLATION)
        if kept is None:
            kept = store.save(INSTALLATION, {"id": secrets.token_hex(8)}, Author("system", parts.clock()), seen=0)
    settings = parts.settings
    mine = settings.microsoft365
    sealer = arc_sealer(settings)
    sealing = sealer.domain if sealer else ""
    return Installation(
        str(kept.document["id"]), settings.gateway.hostname, mine.source_addresses, parts.clock,
        mine.settle_minutes * 60.0, timedelta(hours=mine.rotation_hours),
        sealer=sealing, other_names=tuple(one.hostname.lower() for one in settings.gateway.names),
    )  # fmt: skip


class MailHosts:
    """Finds the host that takes a tenant's mail: the MX that Microsoft gave one of its domains."""

    def __init__(self, settings: Settings) -> None:
        self._resolver = resolver(settings.nameservers)
        self._suffixes = cloud(settings.microsoft365).mail.suffixes

    async def find(self, domains: tuple[AcceptedDomain, ...]) -> str:
        """The first of Microsoft's hosts among the domains' MX; raises TemporaryError when none is found."""
        for domain in domains:
            for host in await self._exchangers(domain.name):
                if host.endswith(self._suffixes):
                    return host
        raise TemporaryError(
            "No accepted domain has an MX record of Microsoft's; check the organisation's DNS and this machine's."
        )

    async def _exchangers(self, domain: str) -> Sequence[str]:
        try:
            answer = await self._resolver.resolve(domain, "MX", lifetime=10)
        except dns.exception.DNSException:
            return ()
        ranked = sorted(answer, key=lambda record: int(record.preference))
        return [str(record.exchange).rstrip(".").lower() for record in ranked]


class PublishedTexts:
    """The TXT records that the world sees. Implements `verification.TextRecords`."""

    def __init__(self, settings: Settings) -> None:
        self._lookups = DnsLookups(settings.nameservers, time.monotonic)

    async def __call__(self, domain: str) -> list[str]:
        """Raises TemporaryError when it cannot be told."""
        return [text.decode("utf-8", "replace") for text in await self._lookups.txt(domain)]


class ProbeSubmission:
    """Sends inbound probes to a tenant's host, as any host of the Internet would."""

    def __init__(self, settings: Settings, sender: Sender) -> None:
        self._hops = next_hops(settings)
        self._sender = sender

    def to(self, mail_host: str) -> Submit:
        """A way to send to this host."""

        async def submit(rcpt_to: str, content: bytes) -> str:
            try:
                [hop, *_] = await self._hops.locate(mail_host)
            except TemporaryError as error:
                return str(error)
            sender = wire.MailFrom("", None, None, False, None, None)  # nobody wants a report of a probe
            envelope = wire.Envelope(sender, (wire.Recipient(rcpt_to, (), None),))
            delivery = await self._sender.send(hop, envelope, [content])
            reply = delivery.outcomes[0].reply
            return f"{reply.code} {reply.text}"

        return submit


def _seen(parts: Parts, tenant_id: str) -> Seen:
    def look(subject: str) -> str:
        with parts.database.read() as unit:
            found = Traces(unit).search(TraceFilter(tenant_id=tenant_id, words=subject, state=State.RELAYED))
        # rules of the tenant may have put their mark in front
        return next((one.internet_message_id for one in found if one.subject.endswith(subject)), "")

    async def seen(subject: str) -> str:
        return await asyncio.to_thread(look, subject)

    return seen


def authorities(settings: Microsoft365Settings) -> ssl.SSLContext:
    """Whom we believe that a host is Microsoft's: the system's authorities, or those of the custom cloud."""
    bundle: Path | None = settings.custom.ca_bundle if settings.cloud == "custom" else None
    return ssl.create_default_context(cafile=str(bundle) if bundle else None)
