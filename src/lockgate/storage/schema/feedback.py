"""What people said of messages: that one was wanted, or was not."""

from sqlalchemy import Boolean, Column, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Moment, Words
from lockgate.storage.schema.metadata import metadata

feedback = Table(
    "feedback",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", Words, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("message_id", Identifier, nullable=False),  # of the trace; empty for a message from a file
    Column("header_from", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("blob", Words, nullable=False),
    Column("reviewed_by", Words, nullable=False),  # empty: nobody looked at it yet
    Column("reviewed_at", Moment),
    Index(None, "at"),
    Index(None, "blob"),
)
