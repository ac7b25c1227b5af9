"""Trying policies on one message, for page and API: an uploaded one, or one of the trace.

Rule: a message of the trace is judged by the findings that were made then; only on wish are the bytes that quarantine
holds examined anew. Whoever asks sees no message of an organisation that is not theirs.
"""

import asyncio
from dataclasses import dataclass

from lockgate.console.parts import ConsoleParts, needed
from lockgate.gateway.rehearsal import Case, Rehearsal
from lockgate.model.access import Scope
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import PolicySet
from lockgate.model.trace import MessageTrace
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.tuning.policy_trial import Trial, tried, try_past

MOST_RECIPIENTS = 50
NOT_KEPT = "There is no such message in the trace; give our id, Exchange's, or the Message-ID."
NOT_INSPECTED = "This message was never inspected, so no policy was asked."
NO_BYTES = "Quarantine does not hold this message any more; without its bytes only the old findings can be used."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is tried: the bytes of a message, or the id of one in the trace, with `again` examined anew."""

    content: bytes = b""
    message_id: str = ""
    again: bool = False
    mail_from: str = ""
    recipients: tuple[str, ...] = ()


async def try_message(parts: ConsoleParts, scope: Scope, author: Author, policies: PolicySet, asked: Asked) -> Trial:
    """What would become of it. Raises InvalidInput saying what is missing, PermanentError for what cannot be read."""
    rehearsal = needed(parts.rehearsal, "Trying policies")
    case = Case(asked.content, asked.mail_from, asked.recipients[:MOST_RECIPIENTS])
    if not asked.content:
        trace = await asyncio.to_thread(_past, parts, scope, policies, asked.message_id.strip())
        if not asked.again:
            return await asyncio.to_thread(_from_findings, rehearsal, trace, policies)
        content = await _bytes(parts, trace, author)
        case = Case(content, trace.mail_from, tuple(one.rcpt_to for one in trace.recipients)[:MOST_RECIPIENTS])
    async with rehearsal.stage() as stage:
        examined = await stage.examine(case, policies)
    about = examined.header_from, examined.subject
    sender = case.mail_from or examined.header_from
    profiles = await asyncio.to_thread(rehearsal.profiles, policies.tenant_id)
    return tried(about, examined.report, examined.decisions, policies, sender, profiles)


def _past(parts: ConsoleParts, scope: Scope, policies: PolicySet, message_id: str) -> MessageTrace:
    if not message_id:
        raise InvalidInput("Choose a file, or name a message of the trace.")
    with parts.database.read() as unit:
        found = Traces(unit).search(TraceFilter(message_id=message_id, tenant_id=policies.tenant_id, scope=scope))
    fitting = [trace for trace in found if trace.direction is policies.direction]
    if found and not fitting:
        raise InvalidInput(f"These policies are for {policies.direction} mail, and this message went the other way.")
    if not fitting:
        raise InvalidInput(NOT_KEPT)
    return fitting[0]


def _from_findings(rehearsal: Rehearsal, trace: MessageTrace, policies: PolicySet) -> Trial:
    found = try_past(trace, policies, rehearsal.profiles(policies.tenant_id))
    if found is None:
        raise InvalidInput(NOT_INSPECTED)
    return found


async def _bytes(parts: ConsoleParts, trace: MessageTrace, author: Author) -> bytes:
    def find() -> str:
        with parts.database.read() as unit:
            held = HeldMessages(unit).search(HeldFilter(message_id=trace.id))
        return next((item.held.id for item in held if item.held.blob), "")

    held_id = await asyncio.to_thread(find)
    if not held_id:
        raise InvalidInput(NO_BYTES)
    return await needed(parts.quarantine, "The quarantine").content(held_id, author)
