"""The message trace: one row per message, one per recipient, and what happened after the reply.

Findings, files and events are read whole and never searched, so they are JSON; `search` has what a message is found by.
What was found has tables of its own, data loss apart from the rest, because it may be kept for less time than the
trace. On PostgreSQL all of these are cut into weeks (`storage/weeks.py`), so the moment is part of their keys and
nothing refers to them by a foreign key: a week is dropped without looking at its rows.
"""

from sqlalchemy import BigInteger, Column, Float, Identity, Index, Integer, String, Table

from lockgate.model.findings import Finding, SeenFile
from lockgate.model.policy import ActionKind
from lockgate.model.trace import TraceEvent
from lockgate.storage.schema.column_types import Identifier, Key, Moment, Structure, Terms, Words
from lockgate.storage.schema.metadata import metadata

BY_WEEK = "RANGE (received_at)"

messages = Table(
    "messages",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("tenant_id", Identifier, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("received_at", Moment, primary_key=True),
    Column("finished_at", Moment, nullable=False),
    Column("peer", Words, nullable=False),
    Column("mail_from", Words, nullable=False),
    Column("header_from", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("internet_message_id", Key(500), nullable=False),
    Column("network_message_id", Key(500), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("score", Float),
    Column("reply", Words, nullable=False),
    Column("events", Structure(tuple[TraceEvent, ...]), nullable=False),
    Column("search", Terms, nullable=False),  # see lockgate.storage.search_words
    Column("files", Structure(tuple[SeenFile, ...]), nullable=False),
    Index(None, "received_at", "id"),
    Index(None, "finished_at", "id"),
    Index(None, "tenant_id", "received_at"),
    Index(None, "network_message_id"),
    Index(None, "internet_message_id"),
    postgresql_partition_by=BY_WEEK,
)

message_recipients = Table(
    "message_recipients",
    metadata,
    Column("message_id", Identifier, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("received_at", Moment, primary_key=True),
    Column("rcpt_to", Words, nullable=False),
    Column("rcpt_to_folded", Key(500), nullable=False),
    Column("state", String(16), nullable=False),
    Column("explanation", Words, nullable=False),
    Column("policy_id", Identifier, nullable=False),
    Column("policy_name", Words, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("rule", Words, nullable=False),
    Column("reasons", Structure(tuple[str, ...]), nullable=False),
    Column("monitored", Structure(tuple[ActionKind, ...]), nullable=False),
    Column("reply", Words, nullable=False),
    postgresql_partition_by=BY_WEEK,
)


def _found(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("message_id", Identifier, primary_key=True),
        Column("received_at", Moment, primary_key=True),
        Column("tenant_id", Identifier, nullable=False),
        Column("findings", Structure(tuple[Finding, ...]), nullable=False),
        Index(None, "received_at"),
        postgresql_partition_by=BY_WEEK,
    )


detections = _found("detections")
data_loss_findings = _found("data_loss_findings")

later_events = Table(
    "later_events",
    metadata,
    Column("number", Integer, Identity(), primary_key=True),  # see `Dialect.numbered`
    Column("message_id", Identifier, nullable=False),
    Column("received_at", Moment, primary_key=True),  # of the message
    Column("step", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("detail", Words, nullable=False),
    Column("rcpt_to", Words, nullable=False),
    Index(None, "message_id"),
    Index(None, "received_at"),
    postgresql_partition_by=BY_WEEK,
)

hourly_tallies = Table(
    "hourly_tallies",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),  # whole hours since 1970 UTC
    Column("tenant_id", Identifier, primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("kind", String(16), primary_key=True),  # see lockgate.storage.tallies.Kind
    Column("value", Key(200), primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),  # so that gateway nodes do not wait for each other
    Column("count", BigInteger, nullable=False),
)

feed_positions = Table(
    "feed_positions",
    metadata,
    Column("name", Key(100), primary_key=True),
    Column("finished_at", Moment, nullable=False),
    Column("message_id", Identifier, nullable=False),
)

ADDRESS = Key(500)

sender_history = Table(
    "sender_history",
    metadata,
    Column("tenant_id", Identifier, primary_key=True),
    Column("address", ADDRESS, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("wrote_to", BigInteger, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Index(None, "last_seen"),
)
