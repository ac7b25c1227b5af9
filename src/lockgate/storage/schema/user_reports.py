"""Mail that people have reported."""

from sqlalchemy import Column, Index, String, Table

from lockgate.model.user_report import Judgement
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Words
from lockgate.storage.schema.metadata import metadata

user_reports = Table(
    "user_reports",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("reporter", Key(320), nullable=False),
    Column("way", String(16), nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("blob", Words, nullable=False),
    Column("comment", Words, nullable=False),
    Column("judgement", Structure(Judgement)),
    Column("decided_by", Words, nullable=False),
    Column("decided_at", Moment),
    Column("note", Words, nullable=False),
    Index(None, "state", "reported_at"),
    Index(None, "reported_at"),
    Index(None, "blob"),
)
