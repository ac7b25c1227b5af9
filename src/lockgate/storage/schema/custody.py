"""Messages that are ours to keep, with one row and one state per recipient, and the memory of earlier tries."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from lockgate.model.envelope import Envelope, Recipient
from lockgate.model.policy import ClickTime
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Terms, Words
from lockgate.storage.schema.metadata import metadata

held = Table(
    "held",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("message_id", Identifier, nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("envelope", Structure(Envelope), nullable=False),  # as received; states: held_recipients
    Column("blob", Key(500), nullable=False),  # empty once the content is deleted
    Column("reason", Words, nullable=False),
    Column("reasons", Structure(tuple[str, ...]), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("policy_id", Identifier, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("subject", Words, nullable=False),
    Column("subject_folded", Words, nullable=False),
    Column("mail_from_folded", Words, nullable=False),
    Column("header_from", Words, nullable=False),
    Column("header_from_folded", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("held_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("asked", Structure(tuple[str, ...]), nullable=False),
    Column("unasked", Boolean, nullable=False),  # letters to `asked` are still to be written
    Column("require_tls", Boolean, nullable=False),
    Column("click_time", Structure(ClickTime), nullable=True),
    Column("unread", Boolean, nullable=False),  # its words are not known yet
    Index(None, "unasked", "held_at"),
    Index(None, "unread", "held_at"),
    Index(None, "held_at", "id"),
    Index(None, "expires_at"),
    Index(None, "message_id"),
    Index(None, "blob"),
)

held_recipients = Table(
    "held_recipients",
    metadata,
    Column("held_id", Identifier, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("rcpt_to", Words, nullable=False),
    Column("rcpt_to_folded", Key(500), nullable=False),
    Column("state", String(16), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Words, nullable=False),
    Column("claim", Identifier, nullable=False),  # of the release that has it in hand; else empty
    Column("reply", Words, nullable=False),
    Index(None, "state", "changed_at"),
    Index(None, "rcpt_to_folded"),
)

held_words = Table(
    "held_words",
    metadata,
    Column("held_id", Identifier, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("words", Terms, nullable=False),  # keyed digests, see lockgate.storage.held_words
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("message_id", Identifier, nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("envelope", Structure(Envelope), nullable=False),
    Column("blob", Key(500), nullable=False),
    Column("junk", Boolean, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("leased_until", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_reply", Words, nullable=False),
    Index(None, "next_try_at"),
    Index(None, "message_id"),
    Index(None, "blob"),
)

outbox_recipients = Table(
    "outbox_recipients",
    metadata,
    Column("queued_id", Identifier, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("recipient", Structure(Recipient), nullable=False),
    Column("rcpt_to", Words, nullable=False),
    Column("state", String(16), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("reply", Words, nullable=False),
    Index(None, "state"),
)

NETWORK_MESSAGE_ID = Key(150)  # Exchange's are GUIDs; it comes first in the keys because look-ups go by it

settlements = Table(
    "settlements",
    metadata,
    Column("network_message_id", NETWORK_MESSAGE_ID, primary_key=True),
    Column("tenant_id", Identifier, primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("rcpt_to", Key(300), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)

deferrals = Table(
    "deferrals",
    metadata,
    Column("network_message_id", NETWORK_MESSAGE_ID, primary_key=True),
    Column("tenant_id", Identifier, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
