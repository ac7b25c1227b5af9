"""Mail from the tenant's own users: port 587, Graph's sendMail and web mail all end in `submit`."""

from collections.abc import Sequence
from dataclasses import dataclass

from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.listener import Peer, Transaction
from m365_simulator.mail_flow.message import Envelope, Message, Origin, Recipient, Via
from m365_simulator.mail_flow.pipeline import Pipeline
from m365_simulator.world import Mailbox, StoredMessage, Tenant, User, World, new_guid

NOT_ALLOWED = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"

# Mail flow by the World it belongs to; `server.start` enters it, `close` takes it out again.
RUNNING: dict[int, Pipeline] = {}


def submit(world: World, tenant: Tenant, user: User, content: bytes, recipients: list[str]) -> str:
    """Send a message as a user of the tenant and keep it in Sent Items; returns the network message id.

    May be called from any thread. Raises LookupError when no mail flow runs for this World.
    """
    pipeline = RUNNING.get(id(world))
    if pipeline is None:
        raise LookupError("mail flow is not running for this world")
    named = tuple(Recipient(address, original=address) for address in recipients)
    smtputf8 = not all(one.address.isascii() for one in named)
    eight_bit = not content.isascii()
    envelope = Envelope(user.mail, named, body="8BITMIME" if eight_bit else "", smtputf8=smtputf8)
    message = outgoing(world, tenant, user, envelope, content)
    keep_sent(world, tenant, user, content, message.network_message_id)
    pipeline.background.loop.call_soon_threadsafe(pipeline.accept, message)
    return message.network_message_id


def outgoing(
    world: World, tenant: Tenant, user: User, envelope: Envelope, content: bytes, client_ip: str = "127.0.0.1"
) -> Message:
    """A message of an authenticated user: AuthAs Internal; Bcc fields do not leave."""
    block = HeaderBlock(content)
    block.remove(lambda name: name == "bcc" or name.startswith("x-ms-exchange-organization-"))
    if not block.first("Message-ID"):
        block.prepend("Message-ID", f"<{new_guid()}@{user.mail.partition('@')[2]}>")
    origin = Origin(Via.SUBMISSION, client_ip, "localhost", internal=True, user_principal_name=user.user_principal_name)
    return Message(tenant.id, envelope, block.content(), origin, world.clock.now())


def keep_sent(world: World, tenant: Tenant, user: User, content: bytes, network_message_id: str) -> None:
    """Put a copy into the user's Sent Items."""
    mailbox = tenant.mailboxes.setdefault(user.id, Mailbox(user.id))
    now = world.clock.now()
    mailbox.messages.append(StoredMessage("sentitems", content, now, network_message_id, user.mail, is_read=True))


@dataclass
class SubmissionDoorman:
    """Port 587: users of any tenant sign in with their password and send under their own addresses."""

    world: World
    pipeline: Pipeline
    greeting: str = "Microsoft ESMTP MAIL Service ready"
    requires_login: bool = True

    def authenticate(self, user: str, password: str) -> bool:
        """Whether this is an enabled user's password."""
        found = self._user(user)
        return found is not None and found[1].account_enabled and bool(password) and found[1].password == password

    def on_mail(self, peer: Peer, transaction: Transaction) -> str:
        """The sender must be one of the user's own addresses."""
        found = self._user(peer.user)
        if found is None:
            return "530 5.7.57 Client not authenticated to send mail."
        tenant, user = found
        sender = tenant.user_by_address(transaction.mail_from)
        return "" if sender is not None and sender.id == user.id else NOT_ALLOWED

    def on_rcpt(self, peer: Peer, transaction: Transaction, recipient: Recipient) -> str:
        """Everybody may be written to; failures come back as reports."""
        del peer, transaction, recipient
        return ""

    async def on_message(self, peer: Peer, transaction: Transaction, content: bytes) -> str:
        """Into the pipeline, with a copy into Sent Items."""
        found = self._user(peer.user)
        if found is None:
            return "530 5.7.57 Client not authenticated to send mail."
        message = outgoing(self.world, *found, transaction.envelope(), content, peer.ip)
        keep_sent(self.world, *found, content, message.network_message_id)
        self.pipeline.accept(message)
        return f"250 2.0.0 OK {message.network_message_id} [Hostname=SMTP.office365.com]"

    def _user(self, name: str) -> tuple[Tenant, User] | None:
        for tenant in self.world.tenants.values():
            user = tenant.user_by_address(name)
            if user is not None:
                return tenant, user
        return None


def recipients_of(names: Sequence[str]) -> list[str]:
    """Addresses from comma- or semicolon-separated text fields, each once."""
    parts = (part.strip() for name in names for part in name.replace(";", ",").split(","))
    return list(dict.fromkeys(part for part in parts if part))
