"""What happens to a message after the reply, written into its trace.

Rule: states follow, events are added; an event that was written is never changed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from lockgate.model.lifecycle import State
from lockgate.model.trace import Step, TraceEvent
from lockgate.storage.schema.traces import later_events, message_recipients, messages
from lockgate.storage.search_words import with_states
from lockgate.storage.unit_of_work import Unit

STEPS = {
    State.RELEASED: Step.RELEASED,
    State.BOUNCED: Step.BOUNCED,
    State.EXPIRED: Step.EXPIRED,
    State.DELETED: Step.DROPPED,
    State.RELAYED: Step.REDELIVERED,
    State.JUNKED: Step.REDELIVERED,
    State.QUARANTINED: Step.RELAY_FAILED,  # a release that came back
}


def note_states(
    unit: Unit,
    message_id: str,
    addresses: Sequence[str],
    state: State,
    at: datetime,
    *,
    reply: str = "",
    by: str = "",
) -> None:
    """Set the state that the trace shows for `addresses`, and add an event for each where the step has a name."""
    if not addresses:
        return
    table = message_recipients.c
    unit.connection.execute(
        update(message_recipients)
        .where(table.message_id == message_id, table.rcpt_to.in_(addresses))
        .values(state=state.value)
    )
    _find_by_states(unit, message_id)
    step = STEPS.get(state)
    if step is not None:
        detail = " ".join(part for part in (f"by {by}" if by else "", reply) if part)
        note_events(unit, message_id, [TraceEvent(step, at, detail, address) for address in addresses])


def note_events(unit: Unit, message_id: str, events: Sequence[TraceEvent]) -> None:
    """Append events; nothing happens when the trace is not kept any more."""
    received_at = unit.connection.execute(select(messages.c.received_at).where(messages.c.id == message_id)).scalar()
    if received_at is None or not events:
        return
    unit.connection.execute(
        insert(later_events).values(unit.dialect.numbered(later_events.c.number)),
        [
            {
                "message_id": message_id,
                "received_at": received_at,
                "step": event.step.value,
                "at": event.at,
                "detail": event.detail,
                "rcpt_to": event.rcpt_to,
            }
            for event in events
        ],
    )


def _find_by_states(unit: Unit, message_id: str) -> None:
    """Let the message be found by the states that its recipients are in now."""
    known = unit.connection.execute(select(messages.c.search).where(messages.c.id == message_id)).scalar()
    if known is None:
        return
    states = select(message_recipients.c.state).where(message_recipients.c.message_id == message_id).distinct()
    search = with_states(known, unit.connection.execute(states).scalars())
    unit.connection.execute(update(messages).where(messages.c.id == message_id).values(search=search))
