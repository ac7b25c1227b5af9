"""When each gateway was last seen to accept and to inspect mail."""

from sqlalchemy import Column, Table

from lockgate.storage.schema.column_types import Identifier, Moment
from lockgate.storage.schema.metadata import metadata

vital_signs = Table(
    "vital_signs",
    metadata,
    Column("gateway", Identifier, primary_key=True),
    Column("fit_at", Moment, nullable=False),
)
