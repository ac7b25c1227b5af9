"""Signs of accounts that somebody else may use, as audit records of the organisation tell them."""

from sqlalchemy import Column, Index, String, Table

from lockgate.storage.schema.column_types import Identifier, Key, Moment, Words
from lockgate.storage.schema.metadata import metadata

account_signs = Table(
    "account_signs",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("id", Key(100), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("sign", String(16), nullable=False),
    Column("address", Key(320), nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "at"),
)
