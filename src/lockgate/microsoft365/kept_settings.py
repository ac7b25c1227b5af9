"""What settings of theirs were before a plan changed them: noted before the change, forgotten after it was given back.

Rule: a note is written before the change that it is about, so that a crash in between forgets nothing; one whose change
was never made does no harm, because giving back changes only what is as we left it.
"""

from collections.abc import Iterable

from lockgate.microsoft365.plan import Change, Plan
from lockgate.microsoft365.resources import ADJUSTMENTS, Adjustment
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.fixes import KeptSetting

BY_KIND = {one.kind: one for one in ADJUSTMENTS}


def noted(plan: Plan, known: Iterable[KeptSetting]) -> tuple[KeptSetting, ...]:
    """What is known, with what the plan is about to change."""
    notes = {(one.kind, one.name): one for one in known}
    for change in plan.changes:
        part = BY_KIND.get(change.resource)
        if part is not None:
            notes[change.resource, change.name] = _note(part, change, notes.get((change.resource, change.name)))
    return tuple(notes.values())


def still_ours(wanted: Wanted) -> tuple[KeptSetting, ...]:
    """Of the notes in `wanted` those that count once its plan was applied: settings that it asks for, or that last."""
    return tuple(one for one in wanted.kept if BY_KIND[one.kind].lasting or BY_KIND[one.kind].wanted_by(wanted))


def _note(part: Adjustment, change: Change, known: KeptSetting | None) -> KeptSetting:
    """What was there before us. A list had our own entries in it already, if this is not the first change of it."""
    before, after = (change.before or {})[part.setting], (change.after or {})[part.setting]
    if known is not None:
        if known.given_back(before) == after:  # this change gives it back
            return known
        if isinstance(before, tuple):
            before = tuple(one for one in before if one not in known.added)
    return KeptSetting(change.resource, change.name, part.setting, before, after)
