"""Service accounts, what they know of their directory, and the journal of changes to the tenant."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from lockgate.model.service_account import ServiceAccount
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Words
from lockgate.storage.schema.metadata import metadata

service_accounts = Table(
    "service_accounts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),  # empty until a consent has come back
    Column("status", String(16), nullable=False),
    Column("document", Structure(ServiceAccount), nullable=False),
    Column("secrets", Text, nullable=False),  # sealed by the vault
    Column("revision", Integer, nullable=False),
    Index(None, "tenant_id"),
)

consent_requests = Table(
    "consent_requests",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("account_id", Identifier, ForeignKey("service_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("session_hash", String(64), nullable=False),
    Column("phase", String(16), nullable=False),  # consent, then sign-in
    Column("tenant_id", Identifier, nullable=False),  # what the consent's answer claimed; proven by the sign-in
    Column("nonce", String(64), nullable=False),
    Column("verifier", Text, nullable=False),  # PKCE, sealed by the vault
    Column("expires_at", Moment, nullable=False),
)

stages = Table(
    "stages",
    metadata,
    Column("account_id", Identifier, ForeignKey("service_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("task", String(16), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Words, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("account_id", Identifier, ForeignKey("service_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("document", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

plan_steps = Table(
    "plan_steps",
    metadata,
    Column("account_id", Identifier, ForeignKey("service_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("step", Identifier, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("detail", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

directory_users = Table(
    "directory_users",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("id", Identifier, primary_key=True),
    Column("display_name", Words, nullable=False),
    Column("user_principal_name", Key(320), nullable=False),
    Column("addresses", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("mailbox_type", String(32), nullable=False),
    Column("job_title", Words, nullable=False),
    Column("department", Words, nullable=False),
    Column("language", String(32), nullable=False),
    Column("round", Integer, nullable=False),  # of the full sync that saw it last
)

directory_groups = Table(
    "directory_groups",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("id", Identifier, primary_key=True),
    Column("display_name", Words, nullable=False),
    Column("mail", Key(320), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("round", Integer, nullable=False),
)

directory_members = Table(
    "directory_members",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("group_id", Identifier, primary_key=True),
    Column("member_id", Identifier, primary_key=True),
    Column("round", Integer, nullable=False),
)

delta_links = Table(
    "delta_links",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("link", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
