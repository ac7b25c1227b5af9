"""Delivered messages that are taken back: the request, and a row for each mailbox and each copy found in it; and which
knowledge delivered mail was looked at with.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Words
from lockgate.storage.schema.metadata import metadata

pull_backs = Table(
    "pull_backs",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("message_id", Identifier, nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("internet_message_id", Words, nullable=False),
    Column("destination", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", Words, nullable=False),
    Column("is_return", Boolean, nullable=False),
    Column("ended_at", Moment),
    Index(None, "message_id"),
    Index(None, "asked_at"),
)

pull_back_copies = Table(
    "pull_back_copies",
    metadata,
    Column("pull_back_id", Identifier, ForeignKey("pull_backs.id", ondelete="CASCADE"), primary_key=True),
    Column("mailbox", Key(320), primary_key=True),
    Column("item_id", Key(500), primary_key=True),  # empty: the mailbox itself
    Column("state", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("folder_id", Words, nullable=False),
    Column("held_id", Identifier, nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "pull_back_id", "state"),
)

considered_knowledge = Table(
    "considered_knowledge",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("settled", Boolean, nullable=False),  # looked at a second time with the same
)
