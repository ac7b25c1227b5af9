"""What is to be told by an organisation's own notifications, and of which automatic senders was told already."""

from sqlalchemy import Column, Index, Integer, String, Table

from lockgate.model.notice import NoticeFacts
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure
from lockgate.storage.schema.metadata import metadata

notices = Table(
    "notices",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("rule_id", Identifier, nullable=False),
    Column("address", Key(320), nullable=False),  # who is told
    Column("audience", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("message_id", Identifier, nullable=False),
    Column("outcome", String(16), nullable=False),  # a message may have several, each for other recipients
    Column("kept_at", Moment, nullable=False),
    Column("facts", Structure(NoticeFacts), nullable=False),
    Column("letter_id", Identifier, nullable=False),  # empty: waits
    Column("told_at", Moment),
    Index(None, "rule_id", "address", "message_id", "outcome", unique=True),
    Index(None, "letter_id", "tenant_id", "rule_id", "address"),
    Index(None, "address", "told_at"),
    Index(None, "tenant_id", "told_at"),
)

automatic_senders = Table(
    "automatic_senders",
    metadata,
    Column("rule_id", Identifier, primary_key=True),
    Column("sender", Key(320), primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
