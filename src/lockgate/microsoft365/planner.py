"""From what is wanted and what was found to a plan: what to make, to change and to remove, and in which order.

Order (microsoft-365.md §8): connectors, allow entries, the rules that help, and last the rules that move mail; removal
runs in reverse. Only objects with our owner mark are changed; a stranger's object with our name is a conflict.
"""

from collections.abc import Iterable, Iterator

from lockgate.microsoft365.plan import Change, ChangeKind, FieldChange, Plan, Properties, Value, shown
from lockgate.microsoft365.resources import ALL, Resource
from lockgate.microsoft365.resources.resource import FoundObject, WantedObject
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.wanted import Wanted, owner_mark


def plan(wanted: Wanted, survey: Survey, made: frozenset[str] = frozenset()) -> Plan:
    """Everything that leads from the survey to what is wanted; `made` names allow entries that are ours."""
    changes: list[Change] = []
    deletions: list[Change] = []
    conflicts: list[str] = []
    mark = owner_mark(wanted.installation)
    hidden = _secrets(wanted)
    for resource in ALL:
        found = survey.objects.get(resource.kind)
        if found is None:
            conflicts.append(f"The {resource.kind}s could not be read: {survey.unread.get(resource.kind, 'unknown')}")
            continue
        goals = resource.wanted(wanted)
        for goal in goals:
            change = _towards(resource, goal, found.get(goal.name), mark, made, hidden)
            if isinstance(change, str):
                conflicts.append(change)
            elif change is not None:
                changes.append(change)
        names = {goal.name for goal in goals}
        extra = [one for one in found.values() if one.name not in names and resource.is_ours(one, mark, made)]
        deletions = [*_deletions(resource, extra, hidden), *deletions]
    return Plan((*deletions, *changes), tuple(conflicts))


def removal(installation: str, survey: Survey, made: frozenset[str]) -> Plan:
    """Everything of this installation goes, the rules that move mail first."""
    deletions: list[Change] = []
    conflicts = [f"The {kind}s could not be read: {why}" for kind, why in survey.unread.items()]
    for resource in ALL:
        found = survey.objects.get(resource.kind, {}).values()
        ours = [one for one in found if resource.is_ours(one, owner_mark(installation), made)]
        deletions = [*_deletions(resource, ours, frozenset()), *deletions]
    return Plan(tuple(deletions), tuple(conflicts))


def _towards(
    resource: Resource, goal: WantedObject, found: FoundObject | None, mark: str, made: frozenset[str],
    hidden: frozenset[str],
) -> Change | str | None:  # fmt: skip
    if found is None:
        return Change(
            ChangeKind.CREATE, resource.kind, goal.name, tuple(_fields({}, goal.properties, hidden)), goal.reason,
            resource.permission, resource.create(goal, mark), None, goal.properties,
        )  # fmt: skip
    if not goal.properties:
        return None  # an entry has only its name, and that is there, whoever made it
    if not resource.is_ours(found, mark, made):
        return f"The {resource.kind} '{goal.name}' is there and is not ours. Rename or remove it, then plan again."
    if found.properties == goal.properties:
        return None
    return Change(
        ChangeKind.UPDATE, resource.kind, goal.name, tuple(_fields(found.properties, goal.properties, hidden)),
        goal.reason, resource.permission, resource.update(goal.name, found.properties, goal.properties),
        found.properties, goal.properties,
    )  # fmt: skip


def _deletions(resource: Resource, ours: Iterable[FoundObject], hidden: frozenset[str]) -> Iterator[Change]:
    for one in sorted(ours, key=_routing_first):
        yield Change(
            ChangeKind.DELETE, resource.kind, one.name, tuple(_fields(one.properties, {}, hidden)),
            "It is ours and no longer wanted.", resource.permission, resource.delete(one.name, one.properties),
            one.properties, None,
        )  # fmt: skip


def _routing_first(found: FoundObject) -> tuple[bool, str]:
    return not found.properties.get("RouteMessageOutboundConnector"), found.name


def _fields(before: Properties, after: Properties, hidden: frozenset[str]) -> Iterator[FieldChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if not _same(old, new):
            yield FieldChange(name, shown(old, hidden), shown(new, hidden))


def _same(old: Value, new: Value) -> bool:
    return old == new or (not old and not new and old is not False and new is not False)


def _secrets(wanted: Wanted) -> frozenset[str]:
    keys = wanted.secrets
    several = [one for group in (*keys.route.values(), *keys.returns.values()) for one in group]
    return frozenset({*several, keys.junk, keys.probe} - {""})
