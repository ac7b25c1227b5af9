"""What one person sees of the quarantine and may do there: messages from outside, held for an address of theirs.

Rule: whoever asks is looked up in the synced directory each time, and rights are those of now. Somebody else's message
and one that is not there look alike. What they do is audited under their address.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from lockgate.end_users.ports import Decides
from lockgate.end_users.settings import EndUserSettings, settings_of
from lockgate.model.clock import Clock
from lockgate.model.end_user import ACTS, Act, Person, Reason, Right, Wish, reason_of, right_over
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.notification import Notification, NotificationKind
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import Wishes
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.notifications import Notifications
from lockgate.storage.unit_of_work import Database, Unit

MOST = 200  # messages that are listed


class Outcome(Enum):
    """What became of an act."""

    DONE = auto()
    NOT_ALLOWED = auto()
    TOO_LATE = auto()  # it does not wait for them any more


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message held for somebody, with what they may do. `addresses` are theirs among its recipients."""

    item: HeldItem
    addresses: tuple[str, ...]
    reason: Reason
    right: Right
    wishes: frozenset[Wish] = frozenset()

    @property
    def waits(self) -> bool:
        """Whether it is in quarantine for them, untouched."""
        return any(one.rcpt_to in self.addresses for one in self.item.recipients if one.state is State.QUARANTINED)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What they may do now."""
        done = {Act.REQUEST for one in self.wishes if one is Wish.RELEASE}
        done |= {Act.WANTED for one in self.wishes if one is Wish.WANTED}
        return tuple(one for one in Act if self.waits and one in ACTS[self.right] and one not in done)


@dataclass(frozen=True, slots=True)
class Desk:
    """One per process."""

    database: Database
    clock: Clock
    decides: Decides

    def person(self, tenant_id: str, person_id: str) -> Person | None:
        """Somebody of the organisation's directory. Blocking, as everything but `act`."""
        with self.database.read() as unit:
            return person_of(unit, tenant_id, person_id)

    def settings(self, tenant_id: str) -> EndUserSettings:
        """What is decided for the organisation."""
        with self.database.read() as unit:
            return settings_of(unit, tenant_id)[0]

    def waiting(self, person: Person) -> list[Waiting]:
        """What waits for this person and what they may know of, the newest first."""
        with self.database.read() as unit:
            settings, _ = settings_of(unit, person.tenant_id)
            return waiting_for(unit, person, settings, HeldFilter())

    def message(self, person: Person, held_id: str) -> Waiting | None:
        """One message of theirs, whatever has become of it."""
        with self.database.read() as unit:
            settings, _ = settings_of(unit, person.tenant_id)
            item = HeldMessages(unit).get(held_id)
            return _waiting(unit, item, person, settings) if item else None

    async def act(self, person: Person, held_id: str, act: Act, peer: str, way: str) -> Outcome:
        """Do it if they may. `way` says for the audit log how they came: `digest link` or `own page`."""
        found = await asyncio.to_thread(self.message, person, held_id)
        if found is None or not found.waits:
            return Outcome.TOO_LATE
        if act not in ACTS[found.right]:
            return Outcome.NOT_ALLOWED
        author = Author(f"{person.addresses[0]} ({way})", self.clock(), peer)
        match act:
            case Act.RELEASE:
                done = await self.decides.release(held_id, found.addresses, author, false_positive=True)
            case Act.DELETE:
                done = await self.decides.delete(held_id, found.addresses, author)
            case Act.REQUEST:
                done = await asyncio.to_thread(self._wish, person, found, Wish.RELEASE, author)
            case Act.WANTED:
                if Wish.WANTED not in found.wishes:
                    await self.decides.report_wanted(held_id, author)
                done = await asyncio.to_thread(self._wish, person, found, Wish.WANTED, author)
        return Outcome.DONE if done else Outcome.TOO_LATE

    def _wish(self, person: Person, found: Waiting, wish: Wish, author: Author) -> tuple[str, ...]:
        held = found.item.held
        with self.database.write() as unit:
            new = Wishes(unit).add(held.id, found.addresses, wish, author.at)
            act = "quarantine.request" if wish is Wish.RELEASE else "quarantine.report-wanted"
            after = {"recipients": list(new)}
            entry = AuditEntry(author.at, author.name, act, held.id, held.tenant_id, author.peer, {}, after)
            AuditLog(unit).record(entry)
            if wish is Wish.RELEASE:
                text = f"A message held as {found.reason} is asked for. Decide at /quarantine/{held.id}."
                key = f"release-requested/{held.id}/{person.id}"
                kind = NotificationKind.RELEASE_REQUESTED
                Notifications(unit).tell(Notification(key, kind, author.at, text, tenant_id=held.tenant_id))
        return found.addresses


def person_of(unit: Unit, tenant_id: str, person_id: str) -> Person | None:
    """Somebody of the directory who has an address."""
    user = DirectoryStore(unit, tenant_id).user(person_id)
    if user is None or not user.addresses:
        return None
    return Person(tenant_id, user.id, user.display_name, user.addresses, user.language)


def waiting_for(unit: Unit, person: Person, settings: EndUserSettings, when: HeldFilter) -> list[Waiting]:
    """What waits for somebody and was held in the time that `when` names, without what they are not told of."""
    wanted = HeldFilter(
        tenant_id=person.tenant_id, since=when.since, until=when.until, direction=Direction.INBOUND,
        state=State.QUARANTINED, recipients=frozenset(person.addresses),
    )  # fmt: skip
    items: Sequence[HeldItem] = HeldMessages(unit).search(wanted, limit=MOST)
    found = [_waiting(unit, item, person, settings) for item in items]
    return [one for one in found if one is not None]


def _waiting(unit: Unit, item: HeldItem, person: Person, settings: EndUserSettings) -> Waiting | None:
    """None for what is not theirs, is outbound, or what they are not told of."""
    mine = frozenset(person.addresses)
    addresses = tuple(one.rcpt_to for one in item.recipients if one.rcpt_to.casefold() in mine)
    right = right_over(item.held, settings.rights)
    theirs = item.held.tenant_id == person.tenant_id and item.held.direction is Direction.INBOUND and addresses
    if not theirs or right is Right.NONE:
        return None
    wishes = frozenset(one.wish for one in Wishes(unit).of(item.held.id) if one.rcpt_to in addresses)
    return Waiting(item, addresses, reason_of(item.held), right, wishes)
