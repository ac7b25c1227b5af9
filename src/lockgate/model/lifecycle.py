"""The life of one recipient of one message, as a transition table.

A `250` is given only when every recipient is in a state of OWNED: somebody durable has the message.
"""

from enum import StrEnum


class State(StrEnum):
    """Where the message stands for one recipient."""

    RECEIVED = "received"  # the sender still owns it
    RELAYED = "relayed"  # the next hop answered 250
    JUNKED = "junked"  # the same, marked as junk
    UNLOGGED = "unlogged"  # relayed, and policy said not to log it: it is counted, and no trace of it is kept
    QUARANTINED = "quarantined"  # our quarantine record is committed
    DELETED = "deleted"  # policy said so; the record of it is committed
    QUEUED = "queued"  # our outbox record is committed
    DEFERRED = "deferred"  # the sender was told 4xx and owns it
    REFUSED = "refused"  # the sender was told 5xx
    RELEASING = "releasing"  # taken out of quarantine, on its way
    RELEASED = "released"
    BOUNCED = "bounced"  # refused, by the next hop or by policy, after others were settled; a report went back
    EXPIRED = "expired"  # quarantine retention ended
    TAKEN = "taken"  # a report of suspicious mail; its record is committed


TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset(
        {
            State.RELAYED, State.JUNKED, State.UNLOGGED, State.QUARANTINED, State.DELETED, State.QUEUED, State.DEFERRED,
            State.REFUSED, State.BOUNCED, State.TAKEN,
        }
    ),
    State.QUEUED: frozenset({State.RELAYED, State.JUNKED, State.BOUNCED}),
    State.QUARANTINED: frozenset({State.RELEASING, State.DELETED, State.EXPIRED}),
    State.RELEASING: frozenset({State.RELEASED, State.QUARANTINED, State.BOUNCED}),
    State.RELAYED: frozenset(),
    State.JUNKED: frozenset(),
    State.UNLOGGED: frozenset(),
    State.DELETED: frozenset(),
    State.DEFERRED: frozenset(),
    State.REFUSED: frozenset(),
    State.RELEASED: frozenset(),
    State.BOUNCED: frozenset(),
    State.EXPIRED: frozenset(),
    State.TAKEN: frozenset(),
}  # fmt: skip

OWNED = frozenset(State) - {State.RECEIVED, State.DEFERRED, State.REFUSED}


def may_become(now: State, then: State) -> bool:
    """Whether the table allows the step."""
    return then in TRANSITIONS[now]
