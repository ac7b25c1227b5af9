"""What the mail path settles, as rows: everything of a group in one statement per table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Table

from lockgate.model.custody import Held, Queued, Settlement
from lockgate.model.findings import Category, Finding
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace
from lockgate.storage.prepared import insert_or_add, insert_or_replace, insert_rows
from lockgate.storage.schema.custody import deferrals, held, held_recipients, outbox, outbox_recipients, settlements
from lockgate.storage.schema.traces import data_loss_findings, detections, message_recipients, messages
from lockgate.storage.search_words import document
from lockgate.storage.senders import Correspondence, Senders
from lockgate.storage.tallies import Tallies, TallyKey, count
from lockgate.storage.unit_of_work import Unit

Row = dict[str, object]
SETTLEMENT_KEYS = ("network_message_id", "tenant_id", "direction", "sha256", "rcpt_to")
DEFERRAL_KEYS = ("network_message_id", "tenant_id", "sha256")


IN_ORDER = (
    messages, message_recipients, detections, data_loss_findings, held, held_recipients, outbox, outbox_recipients,
)  # fmt: skip


@dataclass(slots=True)
class Group:
    """The rows of several units."""

    rows: dict[Table, list[Row]] = field(default_factory=dict)
    settled: list[Row] = field(default_factory=list)
    deferred: list[Row] = field(default_factory=list)
    tallies: Counter[TallyKey] = field(default_factory=Counter)
    correspondence: Correspondence = field(default_factory=Correspondence)

    def add(self, settling: Settling) -> None:
        """Add everything of one unit."""
        trace, logged = settling.trace, settling.trace.logged()
        if logged is not None:
            self._append(messages, [_message(logged)])
            self._append(message_recipients, _recipients(logged))
            for table, findings in apart(logged.findings):
                self._append(table, [_found(logged, findings)])
        for one in settling.held:
            self._append(held, [held_row(one)])
            self._append(held_recipients, held_recipient_rows(one))
        for queued in settling.queued:
            self._append(outbox, [queued_row(queued)])
            self._append(outbox_recipients, queued_recipient_rows(queued))
        self.settled.extend(_settlement(one) for one in settling.settlements)
        if settling.deferred_key is not None:
            self.deferred.append(_deferral(settling.deferred_key, trace.finished_at))
        count(trace, self.tallies)
        if logged is not None:
            self.correspondence.add(logged)

    def write(self, unit: Unit, shard: int) -> None:
        """Execute all of it. Parents come before children, shared rows in a fixed order."""
        for table in IN_ORDER:
            if rows := self.rows.get(table):
                insert_rows(unit, table, rows)
        if self.settled:
            rows = _in_order(self.settled, SETTLEMENT_KEYS)
            insert_or_replace(unit, settlements, SETTLEMENT_KEYS, ("state", "at"), rows)
        if self.deferred:
            rows = _in_order(self.deferred, DEFERRAL_KEYS)
            insert_or_add(unit, deferrals, DEFERRAL_KEYS, ("count",), rows, newest=("at",))
        Senders(unit).add(self.correspondence)
        Tallies(unit).add(self.tallies, shard)

    def _append(self, table: Table, rows: Iterable[Row]) -> None:
        self.rows.setdefault(table, []).extend(rows)


def _in_order(rows: list[Row], keys: tuple[str, ...]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))


def _message(trace: MessageTrace) -> Row:
    return {
        "id": trace.id,
        "tenant_id": trace.tenant_id,
        "direction": trace.direction.value if trace.direction else "",
        "received_at": trace.received_at,
        "finished_at": trace.finished_at,
        "peer": trace.peer,
        "mail_from": trace.mail_from,
        "header_from": trace.header_from,
        "subject": trace.subject,
        "internet_message_id": trace.internet_message_id,
        "network_message_id": trace.network_message_id,
        "size": trace.size,
        "verdict": trace.verdict.value if trace.verdict else "",
        "score": trace.score,
        "reply": trace.reply,
        "files": trace.files,
        "events": trace.events,
        "search": document(trace),
    }


def apart(findings: Sequence[Finding]) -> Iterable[tuple[Table, tuple[Finding, ...]]]:
    """Findings by the table that keeps them, where there are some."""
    for table, data_loss in ((detections, False), (data_loss_findings, True)):
        if own := tuple(one for one in findings if (one.category is Category.DLP) is data_loss):
            yield table, own


def _found(trace: MessageTrace, findings: tuple[Finding, ...]) -> Row:
    return {
        "message_id": trace.id, "received_at": trace.received_at, "tenant_id": trace.tenant_id, "findings": findings,
    }  # fmt: skip


def _recipients(trace: MessageTrace) -> Iterable[Row]:
    for position, one in enumerate(trace.recipients):
        yield {
            "message_id": trace.id,
            "position": position,
            "received_at": trace.received_at,
            "rcpt_to": one.rcpt_to,
            "rcpt_to_folded": one.rcpt_to.casefold(),
            "state": one.state.value,
            "explanation": one.explanation,
            "policy_id": one.policy_id,
            "policy_name": one.policy_name,
            "policy_version": one.policy_version,
            "rule": one.rule,
            "reasons": one.reasons,
            "monitored": one.monitored,
            "reply": one.reply,
        }


def held_row(one: Held) -> Row:
    """The row of a held message; its recipients have rows of their own."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "tenant_id": one.tenant_id,
        "direction": one.direction.value,
        "envelope": one.envelope,
        "blob": one.blob,
        "reason": one.reason,
        "reasons": one.reasons,
        "verdict": one.verdict,
        "policy_id": one.policy_id,
        "policy_version": one.policy_version,
        "subject": one.subject,
        "subject_folded": one.subject.casefold(),
        "mail_from_folded": one.envelope.mail_from.casefold(),
        "header_from": one.header_from,
        "header_from_folded": one.header_from.casefold(),
        "size": one.size,
        "held_at": one.held_at,
        "expires_at": one.expires_at,
        "asked": one.asked,
        "unasked": bool(one.asked),
        "unread": True,
        "require_tls": one.require_tls,
        "click_time": one.click_time,
    }


def held_recipient_rows(one: Held) -> Iterable[Row]:
    """The rows of its recipients, who wait."""
    for position, recipient in enumerate(one.envelope.recipients):
        yield {
            "held_id": one.id,
            "position": position,
            "rcpt_to": recipient.address,
            "rcpt_to_folded": recipient.address.casefold(),
            "state": State.QUARANTINED.value,
            "changed_at": one.held_at,
            "changed_by": "",
            "claim": "",
            "reply": "",
        }


def queued_row(one: Queued) -> Row:
    """The row of a message in the outbox."""
    return {
        "id": one.id,
        "message_id": one.message_id,
        "tenant_id": one.tenant_id,
        "direction": one.direction.value,
        "envelope": one.envelope,
        "blob": one.blob,
        "junk": one.junk,
        "queued_at": one.queued_at,
        "expires_at": one.expires_at,
        "next_try_at": one.queued_at,
        "leased_until": one.queued_at,
        "attempts": one.attempts,
        "last_reply": one.last_reply,
    }


def queued_recipient_rows(one: Queued) -> Iterable[Row]:
    """The rows of those who wait for it."""
    for position, recipient in enumerate(one.envelope.recipients):
        yield {
            "queued_id": one.id,
            "position": position,
            "recipient": recipient,
            "rcpt_to": recipient.address,
            "state": State.QUEUED.value,
            "changed_at": one.queued_at,
            "reply": one.last_reply,
        }


def _settlement(one: Settlement) -> Row:
    return {
        "tenant_id": one.tenant_id,
        "direction": one.direction.value,
        "network_message_id": one.network_message_id,
        "sha256": one.sha256,
        "rcpt_to": one.rcpt_to,
        "state": one.state,
        "at": one.at,
    }


def _deferral(key: tuple[str, str, str], at: datetime) -> Row:
    return {"tenant_id": key[0], "network_message_id": key[1], "sha256": key[2], "count": 1, "at": at}
