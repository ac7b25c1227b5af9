"""What reviewers are asked by mail, and what senders are told of a message that one has rejected; in their language.

Rule: the letter to reviewers is kept in the unit that notes that it was written, so nobody is asked twice or never.
Only whoever is in the organisation's directory is ever told: what came from outside is rejected without a word.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.end_users.links import Link, Links
from lockgate.end_users.people import language_in, person_with
from lockgate.end_users.ports import Writes
from lockgate.end_users.settings import EndUserSettings, settings_of
from lockgate.end_users.texts import Texts, texts
from lockgate.model.clock import Clock
from lockgate.model.end_user import Person, reason_of
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.notification import Letter
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.unit_of_work import Database, Unit

LONGEST = 150  # characters of a subject, an address or a reason


@dataclass(frozen=True, slots=True)
class Reader:
    """How somebody is written to: in their language, in the organisation's time."""

    person: Person | None  # None: not in the directory by this address, such as a group
    said: Texts
    settings: EndUserSettings


def reader(unit: Unit, tenant_id: str, address: str) -> Reader:
    """Whoever has this address; with the organisation's language where nobody has."""
    settings, _ = settings_of(unit, tenant_id)
    person = person_with(unit, tenant_id, address)
    language = settings.language if person is None else language_in(unit, person)
    return Reader(person, texts(language), settings)


def waits(item: HeldItem) -> bool:
    """Whether somebody's copy can still be decided about."""
    return bool(item.in_state(State.QUARANTINED))


@dataclass(frozen=True, slots=True)
class ReviewRequests:
    """Writes the letters to reviewers; somebody else sends them."""

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
                Letters(unit).add(self._letter(item, reviewer, reader(unit, item.held.tenant_id, reviewer)))
        return len(item.held.asked)

    def _letter(self, item: HeldItem, reviewer: str, who: Reader) -> Letter:
        held, said = item.held, who.said
        token = self.links.token(Link(held.tenant_id, reviewer, held.id, held.expires_at))
        values: dict[str, object] = {
            "texts": said,
            "sender": (held.header_from or held.envelope.mail_from)[:LONGEST],
            "recipients": [one.rcpt_to[:LONGEST] for one in item.recipients],
            "held_subject": held.subject[:LONGEST] or said["no_subject"],
            "why": said[f"reason_{reason_of(held)}"],
            "reason": held.reason[:500],
            "yours": said.say("review_yours", moment=said.moment(held.expires_at, who.settings.zone)),
            "link": f"{self.console}/mine/review/{token}",
        }
        return self.writes.review(self.new_id(), self.clock(), reviewer, said["review_subject"], values)


@dataclass(frozen=True, slots=True)
class Rejections:
    """Writes to senders, where their organisation wants that."""

    writes: Writes
    clock: Clock
    new_id: Callable[[], str]

    def letter(self, unit: Unit, item: HeldItem) -> Letter | None:
        """What the sender of a rejected message is told; None when nobody is."""
        held = item.held
        who = told_of_rejection(unit, item)
        if who is None:
            return None
        values: dict[str, object] = {
            "texts": who.said, "about": held.subject[:LONGEST] or who.said["no_subject"],
            "recipients": [one[:LONGEST] for one in item.in_state(State.QUARANTINED)],
            "at": who.said.moment(held.held_at, who.settings.zone),
        }  # fmt: skip
        subject = who.said["rejected_subject"]
        return self.writes.rejected(self.new_id(), self.clock(), held.envelope.mail_from, subject, values)


def told_of_rejection(unit: Unit, item: HeldItem) -> Reader | None:
    """The sender, when they are told: they wrote from inside, are in the directory, and the organisation wants it."""
    held = item.held
    if held.direction is not Direction.OUTBOUND or not held.envelope.mail_from:
        return None
    who = reader(unit, held.tenant_id, held.envelope.mail_from)
    return who if who.person is not None and who.settings.tell_rejected else None
