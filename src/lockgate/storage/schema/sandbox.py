"""Files that a sandbox was given, what it said of them, and which held messages wait for that."""

from sqlalchemy import Column, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Moment, Words
from lockgate.storage.schema.metadata import metadata

sandbox_files = Table(
    "sandbox_files",
    metadata,
    Column("sha256", Identifier, primary_key=True),
    Column("task", Identifier, nullable=False),  # the sandbox's own id
    Column("state", String(16), nullable=False),
    Column("detail", Words, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("judged_at", Moment, nullable=True),
    Index(None, "state", "submitted_at"),
)

sandbox_waits = Table(
    "sandbox_waits",
    metadata,
    Column("message_id", Identifier, primary_key=True),
    Column("sha256", Identifier, primary_key=True),
    Column("since", Moment, nullable=False),
    Index(None, "since"),
)
