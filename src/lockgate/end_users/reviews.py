"""What reviewers decide about held messages: the action `review` of a policy.

Rule: a reviewer may decide while the message waits and the policy that held it still names them; the first decision
counts, and what they do is audited under their address.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from lockgate.end_users.ports import Decides
from lockgate.end_users.review_letters import Reader, Rejections, reader, told_of_rejection
from lockgate.model.clock import Clock
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import ActionKind
from lockgate.policy.actions import addresses
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.policies import PolicyStore
from lockgate.storage.unit_of_work import Database, Unit


class Choice(StrEnum):
    """What a reviewer does."""

    LOOK = "look"
    RELEASE = "release"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ToReview:
    """A message as a reviewer sees it, with how they are spoken to, and whether its sender would hear of a no."""

    item: HeldItem
    who: Reader
    tells_sender: bool


@dataclass(frozen=True, slots=True)
class Reviews:
    """One per process. `rejections` is None where no mail of ours goes out."""

    database: Database
    clock: Clock
    decides: Decides
    rejections: Rejections | None = None

    def message(self, reviewer: str, held_id: str) -> ToReview | None:
        """The message, whatever has become of it, while the reviewer is one of its policy's. Blocking."""
        with self.database.read() as unit:
            item = HeldMessages(unit).get(held_id)
            if item is None or not _may_decide(unit, item, reviewer):
                return None
            tells = self.rejections is not None and told_of_rejection(unit, item) is not None
            return ToReview(item, reader(unit, item.held.tenant_id, reviewer), tells)

    async def decide(self, reviewer: str, item: HeldItem, choice: Choice, peer: str) -> bool:
        """Do it for everybody for whom it waits; whether anything was left to do. A look is only written down."""
        author = Author(f"{reviewer} (review link)", self.clock(), peer)
        try:
            match choice:
                case Choice.RELEASE:
                    return bool(await self.decides.release(item.held.id, None, author))
                case Choice.REJECT:
                    tell = self.rejections.letter if self.rejections else None
                    return bool(await self.decides.delete(item.held.id, None, author, tell))
                case Choice.LOOK:
                    await asyncio.to_thread(self._note_look, item, author)
                    return True
        except InvalidInput:  # somebody else has decided at the same moment, or its time was over: the content is gone
            return False

    def _note_look(self, item: HeldItem, author: Author) -> None:
        held = item.held
        entry = AuditEntry(author.at, author.name, "quarantine.review-look", held.id, held.tenant_id, author.peer)
        with self.database.write() as unit:
            AuditLog(unit).record(entry)


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
