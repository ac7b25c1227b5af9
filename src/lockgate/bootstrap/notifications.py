"""Telling administrators, put together: who writes, which way it goes, and what housekeeping has to tell."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from lockgate.bootstrap.certificates import Expiring, expiring
from lockgate.bootstrap.notices import notifying
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.microsoft365.mailboxes import Mailboxes
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.notification import Notification, NotificationKind
from lockgate.notifications.delivery import Delivery
from lockgate.notifications.events import EventMail
from lockgate.notifications.ports import Transport
from lockgate.notifications.signature import Signature
from lockgate.notifications.smtp_transport import Security, SmtpTransport
from lockgate.notifications.writing import Mailing, Writer
from lockgate.settings import Settings
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.notifications import Notifications
from lockgate.storage.outbox import Outbox

log = structlog.get_logger()
EVERY = 5.0  # seconds between two looks at what is to be mailed
OLD = timedelta(hours=1)  # of a message in the outbox
SOON = timedelta(days=2)  # before quarantined mail expires


def event_mail(parts: Parts) -> EventMail | None:
    """The administrators' mail; None when nobody is to get any."""
    if not parts.settings.notifications.recipients:
        return None
    return EventMail(parts.database, writer(parts), parts.clock, new_id)


def writer(parts: Parts) -> Writer:
    """Who writes our letters."""
    mine = parts.settings.notifications
    pause = timedelta(minutes=mine.minutes_between)
    host = parts.settings.gateway.hostname
    mailing = Mailing(mine.sender, mine.recipients, pause, host, parts.settings.console.public_url)
    return Writer(mailing, Signature(parts.vault))


@dataclass(frozen=True, slots=True)
class GraphTransport:
    """Through a mailbox of an organisation that has granted us its directory. Implements `Transport`."""

    access: TenantAccess
    tenant_id: str
    known: set[tuple[str, str]] = field(default_factory=set)

    async def send(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """See `notifications.ports.Transport`; the message's own `To` is what Graph goes by."""
        del recipients
        await Mailboxes(self.access.graph(self.tenant_id), self.known).send_whole(sender, content)
        return ""


def transport(settings: Settings, access: TenantAccess) -> Transport:
    """The way that the settings name."""
    mine = settings.notifications
    if mine.transport == "graph":
        return GraphTransport(access, mine.graph_tenant.lower())
    return SmtpTransport(
        mine.smtp_host, mine.smtp_port, Security(mine.smtp_security), settings.gateway.hostname, mine.smtp_user,
        mine.smtp_password, mine.smtp_ca,
    )  # fmt: skip


@asynccontextmanager
async def mailing(parts: Parts, access: TenantAccess) -> AsyncIterator[None]:
    """Write the administrators' mail, and send it and all other letters, while the block runs."""
    mine = parts.settings.notifications
    if not mine.sender:
        yield
        return
    letters, notices = event_mail(parts), notifying(parts, writer(parts))

    def write_up() -> None:
        if letters:
            letters.write_up()
        try:
            notices.write_up()
        except Exception:  # a mistake in one organisation's notifications must not end the mail about the installation
            log.exception("notifications wait")

    delivery = Delivery(parts.database, transport(parts.settings, access), mine.sender, parts.clock, write_up)
    async with asyncio.TaskGroup() as tasks:
        delivering = tasks.create_task(delivery.keep_delivering(EVERY))
        try:
            yield
        finally:
            delivering.cancel()


def tell_of_certificates(parts: Parts) -> str:
    """Tell of every certificate that comes near its end: 30, 14, 7 and 1 days before, and when it is over."""
    return _tell(parts, [_about(one, parts.clock()) for one in expiring(parts)])


def tell_of_waiting(parts: Parts) -> str:
    """Tell, once a day, of mail that waits too long in the outbox and of held mail that nobody has looked at."""
    now = parts.clock()
    with parts.database.read() as unit:
        backlog = Outbox(unit).backlog()
        ending = HeldMessages(unit).ending(now + SOON)
    return _tell(parts, list(_waiting(now, backlog.recipients, backlog.oldest, ending)))


def _waiting(now: datetime, queued: int, oldest: datetime | None, ending: int) -> Iterator[Notification]:
    if oldest is not None and now - oldest > OLD:
        text = (
            f"{queued} recipients wait in the outbox, the first since {oldest:%Y-%m-%d %H:%M} UTC. "
            "The trace of these messages says what the organisation's mail host answers."
        )
        yield Notification(f"outbox/{now:%Y%m%d}", NotificationKind.OUTBOX_WAITS, now, text)
    if ending:
        text = f"{ending} quarantined messages expire within two days and are deleted then, unless they are released."
        yield Notification(f"quarantine/{now:%Y%m%d}", NotificationKind.QUARANTINE_WAITS, now, text)


def _about(one: Expiring, now: datetime) -> Notification:
    end = f"{one.ends:%Y-%m-%d %H:%M} UTC"
    text = f"{one.name} has ended ({end})." if one.ends <= now else f"{one.name} ends on {end}."
    key = f"certificate/{one.name}/{one.fingerprint[:16]}/{one.threshold}"
    return Notification(key, NotificationKind.CERTIFICATE_ENDS, now, f"{text} {one.fix}")


def _tell(parts: Parts, found: list[Notification]) -> str:
    if not found:
        return ""
    with parts.database.write() as unit:
        new = [one for one in found if Notifications(unit).tell(one)]
    return ", ".join(one.key for one in new)
