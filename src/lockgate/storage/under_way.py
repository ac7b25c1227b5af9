"""Mail of a tenant that is still on its way through us: with us, or in Exchange's queue because we said "later"."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.storage.schema.custody import held, held_recipients, outbox
from lockgate.storage.schema.traces import message_recipients, messages
from lockgate.storage.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Recipients whose mail has not come to its end, by who has it."""

    in_custody: int  # ours: in the outbox, or in a release
    in_exchange: int  # Exchange's: deferred, and not heard of again

    def __bool__(self) -> bool:
        return bool(self.in_custody or self.in_exchange)


def mail_under_way(unit: Unit, tenant_id: str, directions: Collection[Direction], since: datetime) -> UnderWay:
    """How many recipients wait. What was deferred before `since` is not in a queue of Exchange any more."""
    names = [one.value for one in directions]
    in_custody = _in_outbox(unit, tenant_id, names) + _being_released(unit, tenant_id, names)
    return UnderWay(in_custody, _deferred(unit, tenant_id, names, since))


def last_arrival(unit: Unit, tenant_id: str) -> datetime | None:
    """When mail of the tenant came last; None when none is known."""
    query = select(func.max(messages.c.received_at)).where(messages.c.tenant_id == tenant_id)
    found: datetime | None = unit.connection.execute(query).scalar_one()
    return found


def _in_outbox(unit: Unit, tenant_id: str, directions: list[str]) -> int:
    mine = (outbox.c.tenant_id == tenant_id, outbox.c.direction.in_(directions))
    query = select(func.count()).select_from(outbox).where(*mine)
    return int(unit.connection.execute(query).scalar_one())


def _being_released(unit: Unit, tenant_id: str, directions: list[str]) -> int:
    query = select(func.count()).where(
        held.c.id == held_recipients.c.held_id,
        held.c.tenant_id == tenant_id,
        held.c.direction.in_(directions),
        held_recipients.c.state == State.RELEASING.value,
    )
    return int(unit.connection.execute(query).scalar_one())


def _deferred(unit: Unit, tenant_id: str, directions: list[str], since: datetime) -> int:
    """Exchange comes with the same network message id again; what became of a recipient then is the last word."""
    again, then = messages.alias(), message_recipients.alias()
    settled = exists().where(
        again.c.network_message_id == messages.c.network_message_id,
        then.c.message_id == again.c.id,
        then.c.received_at == again.c.received_at,
        then.c.rcpt_to_folded == message_recipients.c.rcpt_to_folded,
        then.c.state != State.DEFERRED.value,
    )
    recipient = messages.c.network_message_id.concat("/").concat(message_recipients.c.rcpt_to_folded)
    query = select(func.count(recipient.distinct())).where(
        message_recipients.c.message_id == messages.c.id,
        message_recipients.c.received_at == messages.c.received_at,
        messages.c.tenant_id == tenant_id,
        messages.c.direction.in_(directions),
        messages.c.received_at >= since,
        messages.c.network_message_id != "",
        message_recipients.c.state == State.DEFERRED.value,
        ~settled,
    )
    return int(unit.connection.execute(query).scalar_one())
