"""Who did what, with what it was before and after."""

from sqlalchemy import JSON, Column, Identity, Index, Integer, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Terms, Words
from lockgate.storage.schema.metadata import metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", Integer, Identity(), primary_key=True),  # see `Dialect.numbered`
    Column("at", Moment, primary_key=True),
    Column("actor", Words, nullable=False),
    Column("act", Identifier, nullable=False),
    Column("subject", Key(200), nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("peer", String(64), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("search", Terms, nullable=False),  # see lockgate.storage.audit
    Index(None, "at", "number"),
    Index(None, "subject", "number"),
    Index(None, "tenant_id", "number"),
    postgresql_partition_by="RANGE (at)",
)
