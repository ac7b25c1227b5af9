"""The click log: one row per request for a link of the link service."""

from sqlalchemy import Column, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Words
from lockgate.storage.schema.metadata import metadata

clicks = Table(
    "clicks",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("message_id", Identifier, nullable=False),
    Column("reader", String(16), nullable=False),
    Column("rcpt_to", Key(320), nullable=False),
    Column("address", Words, nullable=False),
    Column("host", Key(260), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", Structure(tuple[str, ...]), nullable=False),
    Column("method", String(8), nullable=False),
    Column("client", String(64), nullable=False),
    Column("agent", Words, nullable=False),
    Column("trouble", Words, nullable=False),
    Index(None, "at", "id"),
    Index(None, "tenant_id", "at"),
    Index(None, "message_id"),
    Index(None, "reader"),
    postgresql_partition_by="RANGE (at)",
)
