"""What is kept of people whose mail is held: how they want to be told, what they were told, what they wish for."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment
from lockgate.storage.schema.metadata import metadata

digest_people = Table(
    "digest_people",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("person_id", Identifier, primary_key=True),  # the directory's id of the user
    Column("frequency", String(16), nullable=False),  # their own choice; empty: the organisation's
    Column("language", String(8), nullable=False),  # the same
    Column("told_until", Moment),  # what was held until then was in a digest, or nothing was
)

digest_runs = Table(
    "digest_runs",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("until", Moment, nullable=False),  # every digest that was due until then is written
)

wishes = Table(
    "wishes",
    metadata,
    Column("held_id", Identifier, ForeignKey("held.id", ondelete="CASCADE"), primary_key=True),
    Column("rcpt_to", Key(320), primary_key=True),
    Column("wish", String(16), primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
