"""The one word for what becomes of a message, by which two decisions are compared."""

from lockgate.model.decision import Decision, Fate
from lockgate.model.policy import ActionKind
from lockgate.policy import actions

_OF_FATES = {
    Fate.JUNK: ActionKind.MOVE_TO_JUNK.value,
    Fate.QUARANTINE: ActionKind.QUARANTINE.value,
    Fate.REJECT: ActionKind.REJECT.value,
    Fate.DELETE: ActionKind.DELETE.value,
    Fate.TRY_LATER: Fate.TRY_LATER.value,
}
OUTCOMES = (*(kind.value for kind in ActionKind), Fate.TRY_LATER.value)


def outcome_of(decision: Decision) -> str:
    """The strongest action that is carried out, `pass` for none (as in a policy that only monitors), or `try-later`."""
    if decision.fate is not Fate.RELAY:
        return _OF_FATES[decision.fate]
    strongest = actions.strongest(decision.actions)
    return strongest.kind.value if strongest else ActionKind.PASS.value


def words(outcome: str) -> str:
    """`move to junk`."""
    return outcome.replace("-", " ")
