"""Delivered mail that is like a reported message: the very same, of the same sender, with the same subject or links.

Rule: only mail that came from outside into this organisation's mailboxes, of the last two weeks; links are looked for
in what detectors kept as evidence, among the newest messages only, since the trace keeps findings and not messages.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace
from lockgate.model.user_report import Judgement, Similar
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Unit

LOOKED_BACK = timedelta(days=14)
MOST = 100  # of each kind
SEARCHED_FOR_LINKS = 1_000  # newest messages
DELIVERED = frozenset({State.RELAYED, State.JUNKED, State.RELEASED})
_ANSWER = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|vs|tr|rv)\s*:\s*)+", re.IGNORECASE)
SAME, SENDER_SUBJECT, SENDER, SUBJECT, LINK = (
    "the same message", "same sender and subject", "same sender", "same subject", "links to the same host",
)  # fmt: skip
ORDER = (SAME, SENDER_SUBJECT, SENDER, SUBJECT, LINK)


def similar_to(unit: Unit, tenant_id: str, one: Judgement, now: datetime) -> list[Similar]:
    """The closest first, and the newest first among equals."""
    found: dict[str, Similar] = {}
    for trace in _candidates(unit, tenant_id, one, now - LOOKED_BACK):
        likeness = _likeness(trace, one)
        delivered = tuple(each.rcpt_to for each in trace.recipients if each.state in DELIVERED)
        if likeness and delivered:
            found[trace.id] = Similar(
                trace.id, trace.received_at, trace.header_from, trace.subject, delivered, likeness, likeness == SAME
            )
    newest_first = sorted(found.values(), key=lambda each: each.received_at, reverse=True)
    return sorted(newest_first, key=lambda each: ORDER.index(each.alike))


def _candidates(unit: Unit, tenant_id: str, one: Judgement, since: datetime) -> Iterator[MessageTrace]:
    traces, wanted = Traces(unit), TraceFilter(tenant_id=tenant_id, direction=Direction.INBOUND, since=since)
    if one.internet_message_id:
        yield from traces.search(replace(wanted, message_id=one.internet_message_id), limit=MOST)
    if one.header_from:
        yield from traces.search(replace(wanted, address=one.header_from), limit=MOST)
    if _subject(one.subject):
        yield from traces.search(replace(wanted, words=_subject(one.subject)), limit=MOST)
    if one.link_hosts:
        yield from traces.search(wanted, limit=SEARCHED_FOR_LINKS)


def _likeness(trace: MessageTrace, one: Judgement) -> str:
    if one.internet_message_id and trace.internet_message_id == one.internet_message_id:
        return SAME
    sender = bool(one.header_from) and trace.header_from.casefold() == one.header_from.casefold()
    subject = bool(_subject(one.subject)) and _subject(trace.subject) == _subject(one.subject)
    if sender or subject:
        return SENDER_SUBJECT if sender and subject else SENDER if sender else SUBJECT
    hosts = tuple(f"//{host}" for host in one.link_hosts)
    excerpts = (piece.excerpt.lower() for finding in trace.findings for piece in finding.evidence)
    return LINK if hosts and any(host in excerpt for excerpt in excerpts for host in hosts) else ""


def _subject(text: str) -> str:
    return " ".join(_ANSWER.sub("", text).casefold().split())
