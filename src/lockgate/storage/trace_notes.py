"""What happens to a message after the reply, written into its trace.

Rule: states follow, events are added; an event that was written is never changed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, insert, select, update

from lockgate.model.lifecycle import State
from lockgate.model.trace import Step, TraceEvent
from lockgate.storage.schema.traces import later_events, message_recipients, messages
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
    step = STEPS.get(state)
    if step is not None:
        detail = " ".join(part for part in (f"by {by}" if by else "", reply) if part)
        note_events(unit, message_id, [TraceEvent(step, at, detail, address) for address in addresses])


def note_events(unit: Unit, message_id: str, events: Sequence[TraceEvent]) -> None:
    """Append events; nothing happens when the trace is not kept any more."""
    kept = unit.connection.execute(select(exists().where(messages.c.id == message_id))).scalar_one()
    if not kept or not events:
        return
    unit.connection.execute(
        insert(later_events),
        [
            {
                "message_id": message_id,
                "step": event.step.value,
                "at": event.at,
                "detail": event.detail,
                "rcpt_to": event.rcpt_to,
            }
            for event in events
        ],
    )
