"""How actions combine into one fate: the strongest decides, and changes to the copy add up.

Strength is the order of `ActionKind`: pass, tag subject, add disclaimer, move to junk, quarantine, delete.
Tag and disclaimer combine with each other and with junk; of several tags (or disclaimers) the first rule's is used.
"""

from collections.abc import Iterable

from lockgate.model.decision import Changes, Fate
from lockgate.model.envelope import Direction
from lockgate.model.policy import Action, ActionKind

STRENGTH = {kind: strength for strength, kind in enumerate(ActionKind)}
ALLOWED: dict[Direction, frozenset[ActionKind]] = {
    Direction.INBOUND: frozenset(ActionKind),
    # Outside mailboxes have no junk folder of ours to file into.
    Direction.OUTBOUND: frozenset(ActionKind) - {ActionKind.MOVE_TO_JUNK},
}
_FATES = {
    ActionKind.PASS: Fate.RELAY,
    ActionKind.TAG_SUBJECT: Fate.RELAY,
    ActionKind.ADD_DISCLAIMER: Fate.RELAY,
    ActionKind.MOVE_TO_JUNK: Fate.JUNK,
    ActionKind.QUARANTINE: Fate.QUARANTINE,
    ActionKind.DELETE: Fate.DELETE,
}


def strongest(actions: Iterable[Action]) -> Action | None:
    """The action that decides the fate; the first one among equals; None when there is none."""
    return max(actions, key=lambda action: STRENGTH[action.kind], default=None)


def fate_of(actions: Iterable[Action]) -> Fate:
    """What becomes of the message when these actions are carried out together."""
    decisive = strongest(actions)
    return Fate.RELAY if decisive is None else _FATES[decisive.kind]


def changes_of(actions: Iterable[Action]) -> Changes:
    """What is changed in the copy that is relayed."""
    texts: dict[ActionKind, str] = {}
    for action in actions:
        texts.setdefault(action.kind, action.text)
    return Changes(
        subject_prefix=texts.get(ActionKind.TAG_SUBJECT, ""), disclaimer=texts.get(ActionKind.ADD_DISCLAIMER, "")
    )
