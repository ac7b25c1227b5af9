"""One counter per topic that is kept in memory elsewhere; it grows with every change of the topic."""

from sqlalchemy import BigInteger, Column, Table

from lockgate.storage.schema.column_types import Identifier
from lockgate.storage.schema.metadata import metadata

change_counters = Table(
    "change_counters",
    metadata,
    Column("topic", Identifier, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
