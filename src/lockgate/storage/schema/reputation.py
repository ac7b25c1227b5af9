"""Lists of approved and blocked senders, domains, addresses, files and hosts."""

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Words
from lockgate.storage.schema.metadata import metadata

reputation_entries = Table(
    "reputation_entries",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),  # empty: every organisation
    Column("policy_id", Identifier, nullable=False),
    Column("standing", String(8), nullable=False),
    Column("subject", String(8), nullable=False),
    Column("pattern", Key(500), nullable=False),
    Column("note", Words, nullable=False),
    Column("source", Key(100), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("added_by", Words, nullable=False),
    Column("expires_at", Moment),
    UniqueConstraint("tenant_id", "policy_id", "standing", "subject", "pattern", "source"),
    Index(None, "source"),
    Index(None, "expires_at"),
)
