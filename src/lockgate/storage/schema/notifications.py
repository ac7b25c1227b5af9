"""What administrators are told, and the mails in which they are told."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Words
from lockgate.storage.schema.metadata import metadata

notifications = Table(
    "notifications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", Key(200), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Words, nullable=False),
    Column("organisation", Words, nullable=False),
    Column("tenant_id", Identifier, nullable=False),
    Column("account_id", Identifier, nullable=False),
    Column("letter_id", Identifier, nullable=False),  # empty: in no mail yet
    Index(None, "at"),
    Index(None, "letter_id"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("subject", Words, nullable=False),
    Column("content", LargeBinary, nullable=False),  # empty once sent
    Column("made_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),  # while a try runs: when another node may take it over
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Moment),
    Column("problem", Words, nullable=False),
    Index(None, "next_try_at"),
    Index(None, "purpose", "made_at"),
)
