"""Asks reviewers about held messages by mail, and takes what they decide: the action `review` of a policy.

Rule: the letter is kept in the unit that notes that it was written, so nobody is asked twice or never. A reviewer may
decide while the message waits and the policy that held it still names them; what they do is audited under their
address.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lockgate.end_users.links import Link, Links
from lockgate.end_users.ports import Decides, Writes
from lockgate.model.clock import Clock
from lockgate.model.lifecycle import State
from lockgate.model.notification import Letter
from lockgate.model.policy import ActionKind
from lockgate.policy.actions import addresses
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.policies import PolicyStore
from lockgate.storage.unit_of_work import Database, Unit

LONGEST = 150  # characters of a subject, an address or a reason


class Choice(StrEnum):
    """What a reviewer does."""

    LOOK = "look"
    RELEASE = "release"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Reviews:
    """One per process."""

    database: Database
    clock: Clock
    decides: Decides

    def message(self, reviewer: str, held_id: str) -> HeldItem | None:
        """The message, whatever has become of it, while the reviewer is one of its policy's. Blocking."""
        with self.database.read() as unit:
            item = HeldMessages(unit).get(held_id)
            return item if item is not None and _may_decide(unit, item, reviewer) else None

    async def decide(self, reviewer: str, item: HeldItem, choice: Choice, peer: str) -> bool:
        """Do it for everybody for whom it waits; whether anything was left to do. A look is only written down."""
        author = Author(f"{reviewer} (review link)", self.clock(), peer)
        match choice:
            case Choice.RELEASE:
                return bool(await self.decides.release(item.held.id, None, author))
            case Choice.REJECT:
                return bool(await self.decides.delete(item.held.id, None, author))
            case Choice.LOOK:
                await asyncio.to_thread(self._note_look, item, author)
                return True

    def _note_look(self, item: HeldItem, author: Author) -> None:
        held = item.held
        entry = AuditEntry(author.at, author.name, "quarantine.review-look", held.id, held.tenant_id, author.peer)
        with self.database.write() as unit:
            AuditLog(unit).record(entry)


@dataclass(frozen=True, slots=True)
class ReviewRequests:
    """Writes the letters; somebody else sends them."""

    database: Database
    writes: Writes
    links: Links
    clock: Clock
    new_id: Callable[[], str]
    console: str  # where people reach us

    def write_up(self) -> int:
        """Write to every reviewer who was not asked yet; how many letters. Blocking; safe to repeat after a crash."""
        with self.database.read() as unit:
            unasked = HeldMessages(unit).unasked()
        return sum(self._ask(item) for item in unasked)

    def _ask(self, item: HeldItem) -> int:
        with self.database.write() as unit:
            if not HeldMessages(unit).note_asked(item.held) or not waits(item):
                return 0
            for reviewer in item.held.asked:
                Letters(unit).add(self._letter(item, reviewer))
        return len(item.held.asked)

    def _letter(self, item: HeldItem, reviewer: str) -> Letter:
        held = item.held
        token = self.links.token(Link(held.tenant_id, reviewer, held.id, held.expires_at))
        values: dict[str, object] = {
            "sender": (held.header_from or held.envelope.mail_from)[:LONGEST],
            "recipients": [one.rcpt_to[:LONGEST] for one in item.recipients],
            "held_subject": held.subject[:LONGEST] or "(no subject)",
            "reason": held.reason[:500],
            "until": f"{held.expires_at:%Y-%m-%d %H:%M} UTC",
            "link": f"{self.console}/mine/review/{token}",
        }
        return self.writes.review(self.new_id(), self.clock(), reviewer, "A message waits for your decision", values)


def waits(item: HeldItem) -> bool:
    """Whether somebody's copy can still be decided about."""
    return bool(item.in_state(State.QUARANTINED))


def _may_decide(unit: Unit, item: HeldItem, reviewer: str) -> bool:
    policy = PolicyStore(unit).get(item.held.policy_id)
    named = [
        address
        for rule in (policy.rules if policy else ())
        for action in rule.actions
        if action.kind is ActionKind.REVIEW
        for address in addresses(action.text)
    ]
    return reviewer in item.held.asked and reviewer in named
