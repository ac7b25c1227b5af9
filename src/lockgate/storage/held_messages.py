"""Messages in quarantine: search, and every change of a recipient's state.

Rule: a state changes only by compare-and-set along `model.lifecycle`, in one statement. Of two administrators who
release at once one gets the recipients and the other gets none.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    Update,
    delete,
    exists,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from lockgate.model.access import Scope
from lockgate.model.custody import Held
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State, may_become
from lockgate.storage.dialects import Dialect
from lockgate.storage.held_words import says
from lockgate.storage.schema.custody import held, held_recipients, held_words, outbox
from lockgate.storage.search_words import Alternatives
from lockgate.storage.searching import PAGE, Cursor, address_in, behind, within, words_in
from lockgate.storage.settling_rows import held_recipient_rows, held_row
from lockgate.storage.trace_notes import note_states
from lockgate.storage.unit_of_work import Unit

IN_HAND = (State.QUARANTINED.value, State.RELEASING.value)


@dataclass(frozen=True, slots=True)
class HeldRecipient:
    """Where a held message stands for one recipient. `changed_by` is an administrator or `system`; empty at first."""

    rcpt_to: str
    state: State
    changed_at: datetime
    changed_by: str
    reply: str


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A held message with its recipients. `held.blob` is empty once the content is deleted."""

    held: Held
    recipients: tuple[HeldRecipient, ...]

    def in_state(self, state: State) -> tuple[str, ...]:
        """The recipients for whom it stands in `state`."""
        return tuple(one.rcpt_to for one in self.recipients if one.state is state)


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """What to look for; empty fields ask for nothing. `until` is exclusive."""

    tenant_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    address: str = ""  # a whole address or a part of one: sender, author or recipient
    words: str = ""  # all of them in the subject
    said: tuple[Alternatives, ...] | None = None  # words in subject or body, as `WordKeys.asked` makes them
    verdict: str = ""
    state: State | None = None
    policy_id: str = ""
    finding: str = ""  # a detector's id among the reasons
    reason: str = ""  # the whole sentence
    message_id: str = ""  # the trace's id
    recipients: frozenset[str] = frozenset()  # in lower case: one of these, and in `state` for them
    scope: Scope = None


class HeldMessages:
    """The quarantine, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def search(self, wanted: HeldFilter, *, after: Cursor | None = None, limit: int = PAGE) -> list[HeldItem]:
        """Matching items, the newest first."""
        query = (
            select(held)
            .where(*_conditions(wanted, self._unit.dialect))
            .order_by(held.c.held_at.desc(), held.c.id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(behind(held.c.held_at, held.c.id, after))
        return self._items(query)

    def keep(self, item: Held) -> None:
        """Hold a message that was not on its way to us; nothing happens when it is held already."""
        if self.get(item.id) is None:
            self._unit.connection.execute(insert(held).values(held_row(item)))
            self._unit.connection.execute(insert(held_recipients), list(held_recipient_rows(item)))

    def get(self, held_id: str) -> HeldItem | None:
        """The item, or None."""
        items = self._items(select(held).where(held.c.id == held_id))
        return items[0] if items else None

    def move(
        self,
        item: Held,
        now: State,
        then: State,
        *,
        at: datetime,
        by: str,
        only: Collection[str] | None = None,
        had_claim: str | None = None,
        claim: str = "",
        reply: str = "",
    ) -> tuple[str, ...]:
        """Move the recipients that are in `now` to `then`; the addresses that were moved.

        `only` leaves the others alone; with `had_claim` only those move that this claim has in hand. The message's
        trace shows the new state. Raises ValueError for a step that the lifecycle does not know.
        """
        if not may_become(now, then):
            raise ValueError(f"{now} never becomes {then}")
        moved = self._compare_and_set(item.id, now, only, had_claim).values(
            state=then.value, changed_at=at, changed_by=by, claim=claim, reply=reply
        )
        addresses = tuple(self._unit.connection.execute(moved.returning(held_recipients.c.rcpt_to)).scalars())
        note_states(self._unit, item.message_id, addresses, then, at, reply=reply, by=by)
        return addresses

    def take_over(self, item: Held, old_claim: str, claim: str, *, at: datetime, by: str) -> tuple[str, ...]:
        """Give the recipients that `old_claim` has in hand to `claim`; their addresses, none when it is gone."""
        taken = self._compare_and_set(item.id, State.RELEASING, None, old_claim)
        taken = taken.values(claim=claim, changed_at=at, changed_by=by).returning(held_recipients.c.rcpt_to)
        return tuple(self._unit.connection.execute(taken).scalars())

    def _compare_and_set(self, held_id: str, now: State, only: Collection[str] | None, had_claim: str | None) -> Update:
        table = held_recipients.c
        statement = update(held_recipients).where(table.held_id == held_id, table.state == now.value)
        if only is not None:
            statement = statement.where(table.rcpt_to.in_(only))
        if had_claim is not None:
            statement = statement.where(table.claim == had_claim)
        return statement

    def explain(self, item: Held, reason: str, detector: str, verdict: str) -> Held:
        """Say anew why it is held, when that became known later; what the record says now."""
        reasons = tuple(dict.fromkeys((*item.reasons, detector)))
        statement = update(held).where(held.c.id == item.id)
        self._unit.connection.execute(statement.values(reason=reason, reasons=reasons, verdict=verdict))
        return replace(item, reason=reason, reasons=reasons, verdict=verdict)

    def keep_until(self, item: Held, until: datetime) -> None:
        """Give it another end."""
        self._unit.connection.execute(update(held).where(held.c.id == item.id).values(expires_at=until))

    def stranded(self, untouched_since: datetime) -> list[tuple[HeldItem, str]]:
        """Items that a release has had in hand since before that moment, with its claim: its process died."""
        table = held_recipients.c
        query = (
            select(table.held_id, table.claim)
            .where(table.state == State.RELEASING.value, table.changed_at < untouched_since)
            .distinct()
            .order_by(table.held_id)
        )
        found = [(self.get(row.held_id), row.claim) for row in self._unit.connection.execute(query).all()]
        return [(item, claim) for item, claim in found if item is not None]

    def expiring(self, now: datetime, limit: int = PAGE) -> list[HeldItem]:
        """Items whose time is over and whose content is still there, except those that are being released."""
        query = (
            select(held)
            .where(held.c.expires_at <= now, held.c.blob != "", ~_has_state((State.RELEASING.value,)))
            .order_by(held.c.expires_at)
            .limit(limit)
        )
        return self._items(query)

    def forget_content(self, item: Held) -> str:
        """Take the content's key and words off the record when no recipient is left; the key to delete afterwards.

        Empty when a recipient is in hand still, or another record names the same content.
        """
        table = held.c
        statement = update(held).where(table.id == item.id, table.blob == item.blob, ~_has_state(IN_HAND))
        if not item.blob or self._unit.connection.execute(statement.values(blob="", unread=False)).rowcount == 0:
            return ""
        self._unit.connection.execute(delete(held_words).where(held_words.c.held_id == item.id))
        named = select(exists().where(table.blob == item.blob) | exists().where(outbox.c.blob == item.blob))
        return "" if self._unit.connection.execute(named).scalar_one() else item.blob

    def unasked(self, limit: int = PAGE) -> list[HeldItem]:
        """Items whose reviewers have not been written to, the oldest first."""
        return self._items(select(held).where(held.c.unasked.is_(True)).order_by(held.c.held_at).limit(limit))

    def note_asked(self, item: Held) -> bool:
        """Note that the letters are written; False when somebody else has done so."""
        statement = update(held).where(held.c.id == item.id, held.c.unasked.is_(True)).values(unasked=False)
        return bool(self._unit.connection.execute(statement).rowcount)

    def waiting(self, tenant_id: str = "", scope: Scope = None) -> tuple[int, datetime | None]:
        """How many recipients wait in quarantine, and since when the oldest."""
        query = select(func.count(), func.min(held.c.held_at)).where(
            held.c.id == held_recipients.c.held_id,
            held_recipients.c.state == State.QUARANTINED.value,
            *within(held.c.tenant_id, scope),
        )
        if tenant_id:
            query = query.where(held.c.tenant_id == tenant_id)
        total, oldest = self._unit.connection.execute(query).one()
        return total, oldest

    def ending(self, before: datetime) -> int:
        """How many messages that somebody waits for expire before that moment."""
        query = select(func.count()).where(held.c.expires_at < before, _has_state((State.QUARANTINED.value,)))
        return int(self._unit.connection.execute(query).scalar_one())

    def waiting_by_organisation(self) -> dict[str, int]:
        """How many recipients wait in quarantine, by tenant id."""
        query = (
            select(held.c.tenant_id, func.count())
            .where(held.c.id == held_recipients.c.held_id, held_recipients.c.state == State.QUARANTINED.value)
            .group_by(held.c.tenant_id)
        )
        return {row[0]: int(row[1]) for row in self._unit.connection.execute(query)}

    def waiting_since(self, *moments: datetime, scope: Scope = None) -> tuple[int, ...]:
        """How many recipients of messages held at or after each of these moments wait in quarantine."""
        counts = [func.count().filter(held.c.held_at >= one) for one in moments]
        query = select(*counts).where(
            held.c.id == held_recipients.c.held_id,
            held_recipients.c.state == State.QUARANTINED.value,
            *within(held.c.tenant_id, scope),
        )
        return tuple(self._unit.connection.execute(query).one())

    def prune(self, older_than: datetime) -> int:
        """Delete records whose time was over before that moment and whose content is gone; how many."""
        condition = (held.c.expires_at < older_than, held.c.blob == "", ~_has_state(IN_HAND))
        return self._unit.connection.execute(delete(held).where(*condition)).rowcount

    def _items(self, query: Select[tuple[object, ...]]) -> list[HeldItem]:
        rows = self._unit.connection.execute(query).all()
        recipients = self._recipients([row.id for row in rows])
        return [HeldItem(_held(row), tuple(recipients.get(row.id, ()))) for row in rows]

    def _recipients(self, ids: Sequence[str]) -> dict[str, list[HeldRecipient]]:
        table = held_recipients.c
        query = select(held_recipients).where(table.held_id.in_(ids)).order_by(table.held_id, table.position)
        found: dict[str, list[HeldRecipient]] = {}
        for row in self._unit.connection.execute(query):
            one = HeldRecipient(row.rcpt_to, State(row.state), row.changed_at, row.changed_by, row.reply)
            found.setdefault(row.held_id, []).append(one)
        return found


def _has_state(states: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(held_recipients.c.held_id == held.c.id, held_recipients.c.state.in_(states))


def _for_one_of(recipients: Collection[str], state: State | None) -> ColumnElement[bool]:
    table = held_recipients.c
    conditions = [table.held_id == held.c.id, table.rcpt_to_folded.in_(recipients)]
    if state is not None:
        conditions.append(table.state == state.value)
    return exists().where(*conditions)


def _conditions(wanted: HeldFilter, dialect: Dialect) -> list[ColumnElement[bool]]:
    table = held.c
    found = [*within(table.tenant_id, wanted.scope), *words_in(table.subject_folded, wanted.words)]
    if wanted.said is not None:
        found.append(says(wanted.said, dialect))
    if wanted.since is not None:
        found.append(table.held_at >= wanted.since)
    if wanted.until is not None:
        found.append(table.held_at < wanted.until)
    if wanted.recipients:
        found.append(_for_one_of(wanted.recipients, wanted.state))
    elif wanted.state is not None:
        found.append(_has_state((wanted.state.value,)))
    if wanted.direction is not None:
        found.append(table.direction == wanted.direction.value)
    for column, value in (
        (table.tenant_id, wanted.tenant_id),
        (table.verdict, wanted.verdict),
        (table.policy_id, wanted.policy_id),
        (table.message_id, wanted.message_id),
        (table.reason, wanted.reason),
    ):
        if value:
            found.append(column == value)
    if wanted.finding:
        found.append(type_coerce(table.reasons, Text).contains(json.dumps(wanted.finding), autoescape=True))
    if wanted.address:
        recipient = exists().where(
            held_recipients.c.held_id == table.id, address_in([held_recipients.c.rcpt_to_folded], wanted.address)
        )
        found.append(address_in([table.mail_from_folded, table.header_from_folded], wanted.address) | recipient)
    return found


def _held(row: Row[tuple[object, ...]]) -> Held:
    names = Held.__slots__
    plain = {name: row._mapping[name] for name in names}
    return replace(Held(**plain), direction=Direction(plain["direction"]))
