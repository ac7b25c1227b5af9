"""The words for what becomes of a message, by which two decisions are compared."""

from lockgate.model.decision import Decision, Fate
from lockgate.model.policy import ActionKind
from lockgate.policy import actions

_FINAL = {
    Fate.QUARANTINE: ActionKind.QUARANTINE.value,
    Fate.REJECT: ActionKind.REJECT.value,
    Fate.DELETE: ActionKind.DELETE.value,
    Fate.TRY_LATER: Fate.TRY_LATER.value,
}
OUTCOMES = (*(kind.value for kind in ActionKind), Fate.TRY_LATER.value)


def outcome_of(decision: Decision) -> str:
    """The strongest action that is carried out, `pass` for none (as in a policy that only monitors), or `try-later`."""
    return carried_out(decision)[0]


def carried_out(decision: Decision) -> tuple[str, ...]:
    """Every action that is carried out, the strongest first, without those that a stronger leaves nothing to do.

    `pass` stands alone, and so do review, quarantine, reject, delete and `try-later`.
    """
    if decision.asked:
        return (ActionKind.REVIEW.value,)
    if decision.fate in _FINAL:
        return (_FINAL[decision.fate],)
    idle = {ActionKind.PASS} if decision.fate is Fate.RELAY else {ActionKind.PASS, ActionKind.CHANGE_RECIPIENT}
    if not decision.unlogged:
        idle.add(ActionKind.PASS_WITHOUT_LOGGING)
    kinds = {action.kind for action in decision.actions} - idle
    strongest_first = sorted(kinds, key=lambda kind: -actions.STRENGTH[kind])
    return tuple(kind.value for kind in strongest_first) or (ActionKind.PASS.value,)


def words(outcome: str) -> str:
    """`move to junk`."""
    return outcome.replace("-", " ")
