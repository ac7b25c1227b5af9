"""The last step inside the tenant: a message into the folder of one mailbox, and what the mailbox does then.

Forwarding is read from the Exchange noun `Mailbox` (`ForwardingSmtpAddress`, `DeliverToMailboxAndForward`) or from
`User.extra` under the same names; automatic replies from `extra["automaticRepliesSetting"]` in Graph's shape
(`status`, `externalReplyMessage`, `internalReplyMessage`). The store detects no duplicates: a second delivery shows.
"""

import uuid
from email.utils import format_datetime

from m365_simulator.exchange_admin import organisation
from m365_simulator.mail_flow import nondelivery, quarantine, stamps, trace
from m365_simulator.mail_flow.attribution import plain_address
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Envelope, Message, Origin, Recipient, Via, domain_of
from m365_simulator.world import Mailbox, Properties, StoredMessage, Tenant, User, World

NO_MAILBOX = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
DMARC_REFUSED = (
    "550 5.7.509 Access denied, sending domain {domain} does not pass DMARC verification and has a DMARC policy "
    "of reject."
)
_AUTOMATIC = ("auto-submitted", "x-auto-response-suppress", "list-id", "precedence")


def deliver(world: World, tenant: Tenant, message: Message, recipient: Recipient) -> list[Message]:
    """Deliver to one recipient of the tenant; returns the new messages that follow from it."""
    mine = message.with_recipients((recipient,))
    user = tenant.user_by_address(plain_address(recipient.address))
    if user is None or not user.mailbox_type:
        return refuse(world, tenant, mine, NO_MAILBOX)
    if message.verdict.refuse_by_dmarc:
        domain = domain_of(message.envelope.mail_from)
        return refuse(world, tenant, mine, DMARC_REFUSED.format(domain=domain))
    forward, keeps_copy = _forwarding(tenant, user)
    following = [_forwarded(world, mine, user, forward)] if forward else []
    if keeps_copy:
        _store(world, tenant, mine, user)
        following += _automatic_reply(world, tenant, mine, user)
    return following


def refuse(world: World, tenant: Tenant, message: Message, reply: str) -> list[Message]:
    """Fail a message for good: a report to the sender, if one is wanted."""
    trace.note(world, message, "FAIL", reply=reply)
    told = nondelivery.wanted(message, message.envelope.recipients)
    return [nondelivery.report(world, tenant, message, told, reply)] if told else []


def _store(world: World, tenant: Tenant, message: Message, user: User) -> None:
    action = _spam_action(tenant, message)
    content = stamps.delivered(message, tenant)
    if action in {"Quarantine", "Delete"}:
        if action == "Quarantine":
            quarantine.hold(tenant, message.with_content(content), "Spam", "Default")
        trace.note(world, message, "QUARANTINE" if action == "Quarantine" else "DELETE", by="anti-spam policy")
        return
    folder = "junkemail" if action == "MoveToJmf" else "inbox"
    stored = StoredMessage(folder, content, world.clock.now(), message.network_message_id, message.envelope.mail_from)
    tenant.mailboxes.setdefault(user.id, Mailbox(user.id)).messages.append(stored)
    verdict = message.verdict
    trace.note(
        world, message, "JUNK" if folder == "junkemail" else "DELIVER", folder=folder, mailbox=user.mail,
        scl=verdict.scl, sfv=verdict.sfv, category=verdict.category,
        internet_message_id=HeaderBlock(message.content).first("Message-ID"),
    )  # fmt: skip


def _spam_action(tenant: Tenant, message: Message) -> str:
    """The policy's action for the verdict; empty for mail that is not spam."""
    scl = message.verdict.scl
    if scl < 5:
        return ""
    policy = organisation.content_filter(tenant)
    name = "HighConfidenceSpamAction" if scl >= 9 else "SpamAction"
    action = organisation.text(policy, name, "MoveToJmf")
    return action if action in {"Quarantine", "Delete"} else "MoveToJmf"


def _settings(tenant: Tenant, user: User) -> Properties:
    for properties in organisation.objects(tenant, "Mailbox"):
        if organisation.text(properties, "PrimarySmtpAddress").lower() == user.mail.lower():
            return {**user.extra, **properties}
    return user.extra


def _forwarding(tenant: Tenant, user: User) -> tuple[str, bool]:
    """The address to forward to and whether the mailbox keeps a copy."""
    settings = _settings(tenant, user)
    address = organisation.text(settings, "ForwardingSmtpAddress").removeprefix("smtp:")
    return address, not address or organisation.flag(settings, "DeliverToMailboxAndForward")


def _forwarded(world: World, message: Message, user: User, address: str) -> Message:
    """The same content, headers included, to somebody else; outside senders are rewritten as SRS does."""
    sender = message.envelope.mail_from
    local, _, domain = sender.rpartition("@")
    rewritten = f"{user.mail.partition('@')[0]}+SRS=sim=AA={domain}={local}@{domain_of(user.mail)}" if sender else ""
    envelope = Envelope(rewritten, (Recipient(address, original=address),), message.envelope.body)
    origin = Origin(Via.MAILBOX, message.origin.client_ip, message.origin.helo, internal=message.origin.internal)
    return Message(message.tenant_id, envelope, message.content, origin, world.clock.now())


def _automatic_reply(world: World, tenant: Tenant, message: Message, user: User) -> list[Message]:
    setting = user.extra.get("automaticRepliesSetting")
    if not isinstance(setting, dict) or setting.get("status") not in {"alwaysEnabled", "scheduled"}:
        return []
    block = HeaderBlock(message.content)
    sender = message.envelope.mail_from
    if not sender or any(block.first(name) for name in _AUTOMATIC):
        return []
    internal = tenant.accepts_domain(domain_of(sender))
    body = organisation.text(setting, "internalReplyMessage" if internal else "externalReplyMessage", "I am away.")
    return [_reply(world, user, message, sender, body)]


def _reply(world: World, user: User, message: Message, sender: str, body: str) -> Message:
    now = world.clock.now()
    subject = HeaderBlock(message.content).first("Subject")
    lines = [
        f"From: {user.display_name if user.display_name.isascii() else user.mail} <{user.mail}>",
        f"To: <{sender}>",
        f"Date: {format_datetime(now)}",
        f"Subject: Automatic reply: {subject}",
        f"Message-ID: <{uuid.uuid4()}@{domain_of(user.mail)}>",
        f"In-Reply-To: {HeaderBlock(message.content).first('Message-ID')}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        body,
        "",
    ]
    envelope = Envelope("", (Recipient(sender, original=sender),), body="8BITMIME")
    origin = Origin(Via.MAILBOX, internal=True, user_principal_name=user.user_principal_name)
    content = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    return Message(message.tenant_id, envelope, content, origin, now)
