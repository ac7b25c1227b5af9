"""How messages, clicks, held messages, data loss and acts are written for other programs."""

import json
from collections.abc import Iterator

from pydantic import TypeAdapter

from lockgate.model.clicks import Click
from lockgate.model.findings import Finding
from lockgate.model.trace import MessageTrace
from lockgate.reporting.exports import Shape
from lockgate.storage.audit import AuditEntry
from lockgate.storage.held_messages import HeldItem
from lockgate.storage.search_words import TEMPLATE_LABEL

Row = tuple[object, ...]
_TRACE: TypeAdapter[MessageTrace] = TypeAdapter(MessageTrace)
_CLICK: TypeAdapter[Click] = TypeAdapter(Click)
_ENTRY: TypeAdapter[AuditEntry] = TypeAdapter(AuditEntry)


def message_json(trace: MessageTrace) -> dict[str, object]:
    """The whole trace of a message as JSON knows it; times in ISO 8601, UTC."""
    shaped: dict[str, object] = _TRACE.dump_python(trace, mode="json")
    return shaped


def click_json(click: Click) -> dict[str, object]:
    """A click as JSON knows it; times in ISO 8601, UTC."""
    shaped: dict[str, object] = _CLICK.dump_python(click, mode="json")
    return shaped


def held_json(item: HeldItem) -> dict[str, object]:
    """What is known of a held message, without its content."""
    held = item.held
    return {
        "id": held.id, "message_id": held.message_id, "tenant_id": held.tenant_id,
        "direction": held.direction.value, "subject": held.subject, "size": held.size,
        "mail_from": held.envelope.mail_from, "header_from": held.header_from,
        "verdict": held.verdict, "reason": held.reason, "findings": list(held.reasons), "policy_id": held.policy_id,
        "policy_version": held.policy_version, "held_at": held.held_at.isoformat(),
        "expires_at": held.expires_at.isoformat(), "content_kept": bool(held.blob),
        "recipients": [
            {"rcpt_to": one.rcpt_to, "state": one.state.value, "changed_at": one.changed_at.isoformat(),
             "changed_by": one.changed_by, "reply": one.reply}
            for one in item.recipients
        ],
    }  # fmt: skip


def case_json(trace: MessageTrace) -> dict[str, object]:
    """A message that was a case of data loss templates; values are masked, as the detector left them."""
    return {
        "received_at": trace.received_at.isoformat(), "message_id": trace.id, "tenant_id": trace.tenant_id,
        "mail_from": trace.mail_from, "header_from": trace.header_from, "subject": trace.subject,
        "templates": templates(trace),
        "found": [
            {"where": one.where, "excerpt": one.excerpt} for finding in _of_templates(trace) for one in finding.evidence
        ],
        "recipients": [
            {"rcpt_to": one.rcpt_to, "state": one.state.value, "policy": one.policy_name, "rule": one.rule}
            for one in trace.recipients
        ],
    }  # fmt: skip


def entry_json(entry: AuditEntry) -> dict[str, object]:
    """An act as JSON knows it; times in ISO 8601, UTC."""
    shaped: dict[str, object] = _ENTRY.dump_python(entry, mode="json")
    return shaped


def templates(trace: MessageTrace) -> list[str]:
    """The ids of the data loss templates that the message is a case of."""
    labels = (label for finding in trace.findings for label in finding.labels if label.startswith(TEMPLATE_LABEL))
    return list(dict.fromkeys(label.removeprefix(TEMPLATE_LABEL) for label in labels))


def _of_templates(trace: MessageTrace) -> Iterator[Finding]:
    return (one for one in trace.findings if any(label.startswith(TEMPLATE_LABEL) for label in one.labels))


def _message_rows(trace: MessageTrace) -> Iterator[Row]:
    for one in trace.recipients:
        policy = f"{one.policy_name} v{one.policy_version}" if one.policy_name else ""
        score = "" if trace.score is None else f"{trace.score:.3f}"
        yield (
            trace.received_at.isoformat(), trace.id, trace.direction or "", trace.mail_from, trace.header_from,
            one.rcpt_to, trace.subject, trace.verdict or "", score,
            one.state, policy, one.rule, one.explanation, one.reply, trace.network_message_id,
            trace.internet_message_id, trace.size,
        )  # fmt: skip


def _click_rows(click: Click) -> Iterator[Row]:
    said = click_json(click) | {"reasons": "; ".join(click.reasons)}
    yield tuple(said[column] for column in CLICKS.columns)


def _held_rows(item: HeldItem) -> Iterator[Row]:
    held = item.held
    for one in item.recipients:
        yield (
            held.held_at.isoformat(), held.id, held.direction, held.envelope.mail_from, held.header_from, one.rcpt_to,
            held.subject, held.verdict, one.state, held.reason, "; ".join(held.reasons), held.policy_id,
            held.policy_version, one.changed_at.isoformat(), one.changed_by, one.reply, held.expires_at.isoformat(),
            held.size, held.message_id, held.tenant_id,
        )  # fmt: skip


def _case_rows(trace: MessageTrace) -> Iterator[Row]:
    found = "; ".join(one.excerpt for finding in _of_templates(trace) for one in finding.evidence)
    for one in trace.recipients:
        yield (
            trace.received_at.isoformat(), trace.id, trace.mail_from, trace.header_from, one.rcpt_to, trace.subject,
            "; ".join(templates(trace)), found, one.state, one.policy_name, one.rule, trace.tenant_id,
        )  # fmt: skip


def _entry_rows(entry: AuditEntry) -> Iterator[Row]:
    before, after = (json.dumps(one, ensure_ascii=False) if one else "" for one in (entry.before, entry.after))
    at = entry.at.isoformat()
    yield at, entry.number, entry.actor, entry.peer, entry.act, entry.subject, entry.tenant_id, before, after


MESSAGES = Shape(
    ("received_at", "message_id", "direction", "mail_from", "header_from", "rcpt_to", "subject", "verdict", "score",
     "state", "policy", "rule", "explanation", "reply", "network_message_id", "internet_message_id", "size"),
    ("received_at", "message_id", "direction", "header_from", "rcpt_to", "subject", "verdict", "state"),
    _message_rows, message_json,
)  # fmt: skip
CLICKS = Shape(
    ("at", "rcpt_to", "reader", "message_id", "address", "host", "verdict", "outcome", "reasons", "trouble", "method",
     "client", "agent", "tenant_id", "id"),
    ("at", "rcpt_to", "address", "outcome", "reasons", "message_id"),
    _click_rows, click_json,
)  # fmt: skip
HELD = Shape(
    ("held_at", "id", "direction", "mail_from", "header_from", "rcpt_to", "subject", "verdict", "state", "reason",
     "findings", "policy_id", "policy_version", "changed_at", "changed_by", "reply", "expires_at", "size", "message_id",
     "tenant_id"),
    ("held_at", "id", "direction", "header_from", "rcpt_to", "subject", "verdict", "state"),
    _held_rows, held_json,
)  # fmt: skip
CASES = Shape(
    ("received_at", "message_id", "mail_from", "header_from", "rcpt_to", "subject", "templates", "found", "state",
     "policy", "rule", "tenant_id"),
    ("received_at", "message_id", "header_from", "rcpt_to", "subject", "templates", "state"),
    _case_rows, case_json,
)  # fmt: skip
ENTRIES = Shape(
    ("at", "number", "actor", "peer", "act", "subject", "tenant_id", "before", "after"),
    ("at", "actor", "act", "subject"),
    _entry_rows, entry_json,
)  # fmt: skip
