"""A message as OCSF Email Activity (Open Cybersecurity Schema Framework 1.3, class 4009, security control profile)."""

import re
from email.utils import parseaddr

from lockgate import __version__
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, RecipientTrace

CLASS, CATEGORY = 4009, 4
SEND, RECEIVE, SCAN = 1, 2, 3
ACTIVITY = {Direction.INBOUND: RECEIVE, Direction.OUTBOUND: SEND}
DIRECTION = {Direction.INBOUND: 1, Direction.OUTBOUND: 2}
SEVERITY = {
    Verdict.MALWARE: 5, Verdict.PHISHING: 4, Verdict.FRAUD: 4, Verdict.DLP: 4, Verdict.SPAM: 2, Verdict.BULK: 1,
    Verdict.CLEAN: 1,
}  # fmt: skip
PERMITTED, DENIED = 1, 2  # action_id
NOBODY = "unknown@unknown.invalid"
EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")  # email_t of OCSF
ALLOWED, BLOCKED, QUARANTINED, DELETED, DELAYED, TAGGED = 1, 2, 3, 5, 14, 18
DISPOSITION = {
    State.RELAYED: ALLOWED, State.JUNKED: TAGGED, State.UNLOGGED: ALLOWED,
    State.QUARANTINED: QUARANTINED, State.DELETED: DELETED,
    State.REFUSED: BLOCKED, State.BOUNCED: BLOCKED, State.DEFERRED: DELAYED, State.QUEUED: DELAYED,
    State.RELEASING: ALLOWED, State.RELEASED: ALLOWED, State.EXPIRED: DELETED, State.RECEIVED: DELAYED,
    State.TAKEN: ALLOWED,
}  # fmt: skip


def email_activity(trace: MessageTrace) -> dict[str, object]:
    """One event per message; its disposition is the gravest of its recipients', who are listed with their own."""
    activity = ACTIVITY[trace.direction] if trace.direction else SCAN
    gravest = max((DISPOSITION[one.state] for one in trace.recipients), key=_grave, default=BLOCKED)
    return {
        "metadata": {
            "version": "1.3.0",
            "uid": trace.id,
            "profiles": ["security_control"],
            "product": {"name": "Lockgate", "vendor_name": "Lockgate", "version": __version__},
            "tenant_uid": trace.tenant_id,
        },
        "class_uid": CLASS,
        "class_name": "Email Activity",
        "category_uid": CATEGORY,
        "activity_id": activity,
        "type_uid": CLASS * 100 + activity,
        "time": int(trace.finished_at.timestamp() * 1000),
        "start_time": int(trace.received_at.timestamp() * 1000),
        "severity_id": SEVERITY[trace.verdict] if trace.verdict else 1,
        "direction_id": DIRECTION[trace.direction] if trace.direction else 0,
        "disposition_id": gravest,
        "action_id": DENIED if gravest in (BLOCKED, QUARANTINED, DELETED) else PERMITTED,
        "email": _email(trace),
        "message": trace.reply,
        "enrichments": [
            {"name": finding.detector, "value": finding.explanation, "type": finding.category, "data": finding.weight}
            for finding in trace.findings
        ],
        "unmapped": {
            "header_from": trace.header_from,
            "verdict": trace.verdict,
            "score": trace.score,
            "recipients": [_recipient(one) for one in trace.recipients],
        },
    } | ({"src_endpoint": {"ip": peer}} if (peer := trace.peer.partition(" ")[0]) else {})


def _email(trace: MessageTrace) -> dict[str, object]:
    """`from` and `to` are demanded; where a message names nobody, a reserved name (RFC 2606) stands there."""
    to = [one.rcpt_to for one in trace.recipients if EMAIL.fullmatch(one.rcpt_to)]
    author = parseaddr(trace.header_from)[1]
    senders = {"smtp_from": trace.mail_from} if EMAIL.fullmatch(trace.mail_from) else {}
    return {
        "from": author if EMAIL.fullmatch(author) else str(senders.get("smtp_from", NOBODY)),
        **senders,
        "to": to or [NOBODY],
        "smtp_to": to or [NOBODY],
        "subject": trace.subject,
        "message_uid": trace.internet_message_id,
        "uid": trace.network_message_id,
        "size": trace.size,
    }


def _recipient(one: RecipientTrace) -> dict[str, object]:
    return {
        "rcpt_to": one.rcpt_to,
        "state": one.state,
        "disposition_id": DISPOSITION[one.state],
        "policy": one.policy_name,
        "policy_version": one.policy_version,
        "rule": one.rule,
        "explanation": one.explanation,
    }


def _grave(disposition: int) -> int:
    return (ALLOWED, TAGGED, DELAYED, BLOCKED, DELETED, QUARANTINED).index(disposition)
