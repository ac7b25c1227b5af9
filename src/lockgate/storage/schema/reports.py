"""Reports that are planned, and those that were made, kept for download."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table

from lockgate.storage.schema.column_types import Identifier, Moment, Words
from lockgate.storage.schema.metadata import metadata

report_plans = Table(
    "report_plans",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("name", Words, nullable=False),
    Column("frequency", String(16), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("time_zone", Words, nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("next_at", Moment, nullable=False),
    Index(None, "next_at"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("plan_id", Identifier, nullable=False),  # empty: made on request
    Column("name", Words, nullable=False),
    Column("begins", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("pdf", LargeBinary, nullable=False),
    Column("html", LargeBinary, nullable=False),
    Index(None, "made_at"),
)
