"""Lets held mail go by itself, when what is known now would have let it pass: for organisations that want it.

Rule: two looks, both with the policies in force. The findings of then must call for delivery by the lists, weights and
rules of today; the bytes, inspected anew, must be clean, without a gap. Only spam, bulk mail, phishing and fraud go:
what a scanner or a rule for files or data has held waits for a person, as does what a reviewer is asked about or
somebody has taken back. When one change would let more go than the settings allow, nothing goes and administrators
are told.
"""

import asyncio
from collections.abc import Iterator

from lockgate.bootstrap.later_verdicts import BY, Knowledge, knowledge_of
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.bootstrap.rehearsal import rehearsing
from lockgate.gateway.rehearsal import Case, Stage
from lockgate.lookups.reputation_patterns import Matcher
from lockgate.model.decision import Fate
from lockgate.model.end_user import Reason, reason_of
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.policy import PolicySet
from lockgate.model.service_account import AccountStatus
from lockgate.quarantine.ports import Starts
from lockgate.storage.audit import Author
from lockgate.storage.considered_knowledge import ConsideredKnowledge
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.searching import PAGE, Cursor
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.traces import Traces
from lockgate.tuning.later_verdicts import may_go

GOES = frozenset({Reason.SPAM, Reason.BULK, Reason.PHISHING, Reason.FRAUD})


def let_go_later(parts: Parts, starts: Starts) -> str:
    """Release what may go; a sentence when that is something."""
    with parts.database.read() as unit:
        accounts = ServiceAccounts(unit, parts.vault).all()
    willing = [one.tenant_id for one in accounts if one.lets_go and one.status is AccountStatus.ACTIVE]
    released = sum(_let_go(parts, starts, tenant_id) for tenant_id in willing)
    return f"{released} held messages let go by later verdicts" if released else ""


def _let_go(parts: Parts, starts: Starts, tenant_id: str) -> int:
    known, considered = knowledge_of(parts, tenant_id), f"{tenant_id} held"
    with parts.database.read() as unit:
        if not ConsideredKnowledge(unit, considered).needs_look(known.good):
            return 0
        policies = PolicyStore(unit).current(tenant_id, Direction.INBOUND)
    found = list(_found(parts, tenant_id, known, policies))
    released = 0
    if len(found) <= parts.settings.pull_back.most:
        released = asyncio.run(_release(parts, starts, found, policies))
    else:
        _tell(parts, tenant_id, len(found), known)
    with parts.database.write() as unit:  # last: what dies before it is done again, and releases nothing twice
        ConsideredKnowledge(unit, considered).note(known.good)
    return released


def _found(parts: Parts, tenant_id: str, known: Knowledge, policies: PolicySet) -> Iterator[HeldItem]:
    """What the first look lets go."""
    directory, lists, now = DirectoryCache(parts.database), Matcher.of(known.entries), parts.clock()
    for item in _waiting(parts, tenant_id):
        held = item.held
        if reason_of(held) not in GOES or held.asked or not held.policy_id or not held.blob:
            continue
        with parts.database.read() as unit:
            trace = Traces(unit).get(held.message_id)
        profiles = lambda address: directory.profile(tenant_id, address)  # noqa: E731
        waiting = item.in_state(State.QUARANTINED)
        if trace is not None and may_go(trace, waiting, known.tuning_at, now, lists, policies, profiles):
            yield item


def _waiting(parts: Parts, tenant_id: str) -> Iterator[HeldItem]:
    wanted = HeldFilter(tenant_id=tenant_id, direction=Direction.INBOUND, state=State.QUARANTINED)
    after: Cursor | None = None
    while True:
        with parts.database.read() as unit:
            found = HeldMessages(unit).search(wanted, after=after)
        yield from found
        if len(found) < PAGE:
            return
        after = Cursor(found[-1].held.held_at, found[-1].held.id)


async def _release(parts: Parts, starts: Starts, found: list[HeldItem], policies: PolicySet) -> int:
    if not found:
        return 0
    quarantine, released = quarantine_service(parts, starts), 0
    async with rehearsing(parts) as rehearsal, rehearsal.stage() as stage:
        for item in found:
            waiting = item.in_state(State.QUARANTINED)
            if await _is_clean(parts, stage, item, policies):
                released += bool(await quarantine.release(item.held.id, waiting, Author(BY, parts.clock())))
    return released


async def _is_clean(parts: Parts, stage: Stage, item: HeldItem, policies: PolicySet) -> bool:
    """The second look: the bytes, inspected as if they came today."""
    held, waiting = item.held, item.in_state(State.QUARANTINED)
    try:
        content = await asyncio.to_thread(parts.blobs.get, held.blob)
        examined = await stage.examine(Case(content, held.envelope.mail_from, waiting), policies)
    except LockgateError:
        return False
    report, decisions = examined.report, examined.decisions
    if not report.is_complete or report.verdict is not Verdict.CLEAN or len(decisions) != len(waiting):
        return False
    return all(one.fate is Fate.RELAY and not one.actions for one in decisions)


def _tell(parts: Parts, tenant_id: str, count: int, known: Knowledge) -> None:
    text = (
        f"By the newest list entries and rules {count} held messages would have been delivered. More than "
        f"{parts.settings.pull_back.most} (pull_back.most) are never let go by themselves: release them in the "
        "quarantine if the change is right."
    )
    told = Notification(
        f"letting-go-stopped/{tenant_id}/{known.good[:16]}", NotificationKind.LETTING_GO_STOPPED, parts.clock(), text,
        tenant_id=tenant_id,
    )  # fmt: skip
    with parts.database.write() as unit:
        Notifications(unit).tell(told)
