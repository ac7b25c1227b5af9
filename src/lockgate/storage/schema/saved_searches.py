"""Searches that are kept under a name."""

from sqlalchemy import JSON, Column, String, Table, UniqueConstraint

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Words
from lockgate.storage.schema.metadata import metadata

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("log", String(16), nullable=False),
    Column("name", Words, nullable=False),
    Column("name_folded", Key(200), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("owner_id", Identifier, nullable=False),
    Column("owner", Words, nullable=False),
    Column("shared_with", Identifier, nullable=False),
    Column("saved_at", Moment, nullable=False),
    UniqueConstraint("owner_id", "log", "name_folded"),
)
