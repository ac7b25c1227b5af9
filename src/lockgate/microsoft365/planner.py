"""From what is wanted and what was found to a plan: what to make, to change and to remove, and in which order.

Order (microsoft-365.md §8): what the organisation has to be prepared with, connectors, allow entries and settings, the
rules that help, and last the rules that move mail; removal runs in reverse and gives settings back at its end. Only
objects with our owner mark are changed; a stranger's object with our name is a conflict.
"""

from collections.abc import Iterable, Iterator

from lockgate.microsoft365.plan import Change, ChangeKind, FieldChange, Plan, Properties, Value, shown
from lockgate.microsoft365.resources import ADJUSTMENTS, IN_ORDER, UNMARKED, Adjustment, Resource
from lockgate.microsoft365.resources.organisation_settings import CUSTOMISATION
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject
from lockgate.microsoft365.resources.routed_people import ROUTED_PEOPLE
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.wanted import Wanted, nothing_wanted, owner_mark
from lockgate.model.fixes import KeptSetting

IN_ENTRA = (
    "The applications of Lockgate and their role stay in Microsoft Entra, where Lockgate may change nothing: delete "
    "them under Enterprise applications."
)


def plan(wanted: Wanted, survey: Survey, made: frozenset[str] = frozenset()) -> Plan:
    """Everything that leads from the survey to what is wanted; `made` names allow entries that are ours."""
    first: list[Change] = []
    deletions: list[Change] = []
    changes: list[Change] = []
    last: list[Change] = []
    conflicts = wanted.problems()
    for part in IN_ORDER:
        found = survey.objects.get(part.kind)
        if found is None:
            if _concerns(part, wanted):
                why = survey.unread.get(part.kind, "unknown")
                conflicts.append(f"The {part.kind}s could not be read: {why}")
        elif isinstance(part, Adjustment):
            (first if part is CUSTOMISATION else changes).extend(_adjusted(part, wanted, found))
        else:
            made_or_changed, refused = _towards_all(part, wanted, found, made)
            changes += made_or_changed
            conflicts += refused
            gone = [*_deletions(part, _extra(part, wanted, found, made))]
            if part is ROUTED_PEOPLE:  # a rule that still names it would match nobody, and mail would pass
                last += gone
            else:
                deletions = [*gone, *deletions]
    # What is replaced goes last: until the new one is there mail still needs it, and a rule may still name it.
    ordered = (*changes, *deletions) if wanted.active else (*deletions, *changes)
    return Plan((*first, *ordered, *last), tuple(conflicts), wanted.installation)


def removal(installation: str, survey: Survey, made: frozenset[str], kept: tuple[KeptSetting, ...] = ()) -> Plan:
    """Everything of this installation goes, the rules that move mail first, and settings become what they were."""
    goal = nothing_wanted(installation, kept)
    gone = plan(goal, survey, made)
    stays = [
        part.stays(one, survey.objects.get(part.kind, {}))
        for one in kept
        for part in ADJUSTMENTS
        if part.kind == one.kind
    ]
    return Plan(gone.changes, gone.conflicts, installation, (*filter(None, stays), IN_ENTRA))


def _concerns(part: Resource | Adjustment, wanted: Wanted) -> bool:
    """Whether a plan has to know the kind: settings that nobody asks for and that we never changed are left unread."""
    if isinstance(part, Adjustment):
        return part.wanted_by(wanted) or any(one.kind == part.kind for one in wanted.kept)
    return part is not ROUTED_PEOPLE or wanted.people is not None


def _adjusted(part: Adjustment, wanted: Wanted, found: Objects) -> Iterator[Change]:
    for goal in part.goals(wanted, found):
        before = found[goal.name].properties
        yield Change(
            ChangeKind.UPDATE, part.kind, goal.name, tuple(_fields(before, goal.properties)), goal.reason,
            part.permission, part.update(goal), before, goal.properties,
        )  # fmt: skip


def _towards_all(
    resource: Resource, wanted: Wanted, found: Objects, made: frozenset[str]
) -> tuple[list[Change], list[str]]:
    goals = resource.wanted(wanted)
    changes: list[Change] = []
    conflicts: list[str] = []
    for goal in sorted(goals, key=lambda one: not any(name in found for name in one.follows)):
        change = _towards(resource, goal, found, owner_mark(wanted.installation), made)
        if isinstance(change, str):
            conflicts.append(change)
        elif change is not None:
            changes.append(change)
    return changes, conflicts


def _towards(
    resource: Resource, goal: WantedObject, objects: Objects, mark: str, made: frozenset[str]
) -> Change | str | None:
    found = objects.get(goal.name)
    if found is None:
        return Change(
            ChangeKind.CREATE, resource.kind, goal.name, tuple(_fields({}, goal.properties)), goal.reason,
            resource.permission, resource.create(goal, mark, objects), None, goal.properties,
        )  # fmt: skip
    unmarked = resource.kind in UNMARKED
    if found.has(goal.properties) and (unmarked or resource.is_ours(found, mark, made)):
        return None
    if not resource.is_ours(found, mark, made):
        return f"The {resource.kind} '{goal.name}' is there and is not ours. Rename or remove it, then plan again."
    return Change(
        ChangeKind.UPDATE, resource.kind, goal.name, tuple(_fields(_compared(found, goal), goal.properties)),
        goal.reason, resource.permission, resource.update(goal, objects), found.properties, goal.properties,
    )  # fmt: skip


def _compared(found: FoundObject, goal: WantedObject) -> Properties:
    return {name: value for name, value in found.properties.items() if name in goal.properties}


def _extra(resource: Resource, wanted: Wanted, found: Objects, made: frozenset[str]) -> list[FoundObject]:
    names = {goal.name for goal in resource.wanted(wanted)}
    mark = owner_mark(wanted.installation)
    return [one for one in found.values() if one.name not in names and resource.is_ours(one, mark, made)]


def _deletions(resource: Resource, ours: Iterable[FoundObject]) -> Iterator[Change]:
    for one in sorted(ours, key=_routing_first):
        yield Change(
            ChangeKind.DELETE, resource.kind, one.name, tuple(_fields(one.properties, {})),
            "It is ours and no longer wanted.", resource.permission, resource.delete(one.name, one.properties),
            one.properties, None,
        )  # fmt: skip


def _routing_first(found: FoundObject) -> tuple[bool, str]:
    return not found.properties.get("RouteMessageOutboundConnector"), found.name


def _fields(before: Properties, after: Properties) -> Iterator[FieldChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if not _same(old, new):
            yield FieldChange(name, shown(name, old), shown(name, new))


def _same(old: Value, new: Value) -> bool:
    return old == new or (not old and not new and old is not False and new is not False)
