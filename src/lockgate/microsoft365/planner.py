"""From what is wanted and what was found to a plan: what to make, to change and to remove, and in which order.

Order (microsoft-365.md §8): connectors, allow entries, the rules that help, and last the rules that move mail; removal
runs in reverse. Only objects with our owner mark are changed; a stranger's object with our name is a conflict.
"""

from collections.abc import Iterable, Iterator

from lockgate.microsoft365.plan import Change, ChangeKind, FieldChange, Plan, Properties, Value, shown
from lockgate.microsoft365.resources import ALL, UNMARKED, Resource
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.wanted import Wanted, owner_mark


def plan(wanted: Wanted, survey: Survey, made: frozenset[str] = frozenset()) -> Plan:
    """Everything that leads from the survey to what is wanted; `made` names allow entries that are ours."""
    changes: list[Change] = []
    deletions: list[Change] = []
    conflicts = wanted.problems()
    mark = owner_mark(wanted.installation)
    for resource in ALL:
        found = survey.objects.get(resource.kind)
        if found is None:
            conflicts.append(f"The {resource.kind}s could not be read: {survey.unread.get(resource.kind, 'unknown')}")
            continue
        goals = resource.wanted(wanted)
        for goal in sorted(goals, key=lambda one: not any(name in found for name in one.follows)):
            change = _towards(resource, goal, found, mark, made)
            if isinstance(change, str):
                conflicts.append(change)
            elif change is not None:
                changes.append(change)
        names = {goal.name for goal in goals}
        extra = [one for one in found.values() if one.name not in names and resource.is_ours(one, mark, made)]
        deletions = [*_deletions(resource, extra), *deletions]
    return Plan((*deletions, *changes), tuple(conflicts), wanted.installation)


def removal(installation: str, survey: Survey, made: frozenset[str]) -> Plan:
    """Everything of this installation goes, the rules that move mail first."""
    deletions: list[Change] = []
    conflicts = [f"The {kind}s could not be read: {why}" for kind, why in survey.unread.items()]
    for resource in ALL:
        found = survey.objects.get(resource.kind, {}).values()
        ours = [one for one in found if resource.is_ours(one, owner_mark(installation), made)]
        deletions = [*_deletions(resource, ours), *deletions]
    return Plan(tuple(deletions), tuple(conflicts), installation)


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
