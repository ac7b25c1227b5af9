"""Key pairs of ours that prove to Microsoft who we are, made here."""

from sqlalchemy import JSON, Column, String, Table, Text

from lockgate.storage.schema.column_types import Identifier, Moment
from lockgate.storage.schema.metadata import metadata

app_credentials = Table(
    "app_credentials",
    metadata,
    Column("thumbprint", Identifier, primary_key=True),  # SHA-1 of the certificate, as Entra shows it
    Column("state", String(16), nullable=False, unique=True),  # waiting, in-use
    Column("certificate", Text, nullable=False),  # PEM
    Column("key", Text, nullable=False),  # PEM, sealed by the vault
    Column("made_at", Moment, nullable=False),
    Column("checked_at", Moment),
    Column("refusals", JSON, nullable=False),  # application -> why Microsoft does not accept it yet
)
