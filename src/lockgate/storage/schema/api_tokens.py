"""Tokens with which programs speak to the API."""

from sqlalchemy import Column, String, Table

from lockgate.storage.schema.column_types import Identifier, Moment, Words
from lockgate.storage.schema.metadata import metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", Words, nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),  # SHA-256 of what the program holds
    Column("role", String(16), nullable=False),
    Column("organisation", Identifier, nullable=False),  # a tenant id, or EVERYWHERE of model/access.py
    Column("created_at", Moment, nullable=False),
    Column("created_by", Words, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
