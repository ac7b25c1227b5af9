"""Non-delivery reports (RFC 3464) as Exchange sends them: null sender, never about another null sender."""

import uuid
from email.utils import format_datetime

from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Envelope, Message, Origin, Recipient, Via, domain_of
from m365_simulator.mail_flow.stamps import SERVER, initial_domain
from m365_simulator.world import Tenant, World

MAILER = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e"


def wanted(message: Message, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    """Those recipients whose failure the sender wants to hear of: a null sender and NOTIFY=NEVER want nothing."""
    if not message.envelope.mail_from:
        return ()
    return tuple(one for one in recipients if not one.notify or "FAILURE" in one.notify.upper())


def report(world: World, tenant: Tenant, message: Message, failed: tuple[Recipient, ...], reply: str) -> Message:
    """The report to the sender about recipients that failed with the same reply (`550 5.1.1 text`)."""
    sender = message.envelope.mail_from
    now = world.clock.now()
    domain = domain_of(sender) if tenant.accepts_domain(domain_of(sender)) else initial_domain(tenant)
    boundary = f"ndr-{uuid.uuid4()}"
    lines = [
        f"From: Microsoft Outlook <{MAILER}@{domain}>",
        f"To: <{sender}>",
        f"Date: {format_datetime(now)}",
        f"Subject: Undeliverable: {HeaderBlock(message.content).first('Subject')}",
        f"Message-ID: <{uuid.uuid4()}@{domain}>",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-replied",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        "Your message couldn't be delivered to:",
        *(f"  {one.address}" for one in failed),
        "",
        f"Remote server returned '{reply}'",
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {SERVER}",
        *([f"Original-Envelope-Id: {message.envelope.envid}"] if message.envelope.envid else []),
        "",
        *(line for one in failed for line in _fields(one, reply)),
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        "",
    ]
    text = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    original = b"".join(HeaderBlock(message.content).fields)
    content = text + b"\r\n" + original + f"\r\n--{boundary}--\r\n".encode()
    envelope = Envelope("", (Recipient(sender, original=sender),), body="8BITMIME")
    return Message(tenant.id, envelope, content, Origin(Via.SYSTEM, internal=True), now)


def _fields(recipient: Recipient, reply: str) -> list[str]:
    words = reply.split()
    status = words[1] if len(words) > 1 and words[1].count(".") == 2 else f"{reply[:1]}.0.0"
    original = [f"Original-Recipient: {recipient.orcpt}"] if recipient.orcpt else []
    return [
        *original,
        f"Final-Recipient: rfc822;{recipient.address}",
        "Action: failed",
        f"Status: {status}",
        f"Diagnostic-Code: smtp;{reply}",
        "",
    ]
