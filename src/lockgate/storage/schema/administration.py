"""What administrators change, every version of it, and their accounts and sessions."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table

from lockgate.model.policy import Policy
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Words
from lockgate.storage.schema.metadata import metadata

policies = Table(
    "policies",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("version", Integer, nullable=False),  # the one in force
    Column("deleted", Boolean, nullable=False),
    Index(None, "tenant_id", "direction"),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("policy_id", Identifier, ForeignKey("policies.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Structure(Policy), nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", Words, nullable=False),
)

policy_drafts = Table(
    "policy_drafts",
    metadata,
    Column("policy_id", Identifier, ForeignKey("policies.id"), primary_key=True),
    Column("document", Structure(Policy), nullable=False),  # its version is the one that it was made from
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", Words, nullable=False),
)

settings_versions = Table(
    "settings_versions",
    metadata,
    Column("name", Identifier, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", Words, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", Words, nullable=False),
    Column("name_folded", Key(200), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("last_sign_in_at", Moment),
    Column("password_allowed", Boolean, nullable=False),
)

microsoft_accounts = Table(  # that may sign in as an account of ours
    "microsoft_accounts",
    metadata,
    Column("account_id", Identifier, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("user_id", Identifier, nullable=False),  # object id
    Column("name", Words, nullable=False),  # as it was shown when it was linked; decides nothing
    Column("proved_at", Moment),  # the last sign-in with it
    Index(None, "tenant_id", "user_id", unique=True),
)

account_roles = Table(
    "account_roles",
    metadata,
    Column("account_id", Identifier, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("organisation", Identifier, primary_key=True),  # a tenant id, or EVERYWHERE of model/access.py
    Column("role", String(16), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("account_id", Identifier, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("peer", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

bootstrap_codes = Table(
    "bootstrap_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)
