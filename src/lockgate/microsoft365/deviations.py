"""What in a tenant is not as we left it; pure.

Rule: a routing rule that was switched off in Exchange is no deviation but a bypass: the emergency exit that works when
our console does not. It stays as it is until somebody switches it on here.
"""

from collections.abc import Iterable, Mapping

from lockgate.microsoft365.admin_changes import AdminChange, last_of
from lockgate.microsoft365.plan import Change, ChangeKind, Plan
from lockgate.microsoft365.resources.resource import FoundObject
from lockgate.microsoft365.resources.transport_rules import TRANSPORT_RULES, routing_rule_name
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.wanted import owner_mark
from lockgate.model.envelope import Direction
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import Deviation


def switched_off(found: Survey, directions: Mapping[Direction, Protection], installation: str) -> list[Direction]:
    """Directions that are in service as far as we know, whose routing rule of ours is off in Exchange."""
    rules: Mapping[str, FoundObject] = found.objects.get(TRANSPORT_RULES.kind, {})
    return [
        direction
        for direction, protection in directions.items()
        if protection is Protection.LIVE
        and (rule := rules.get(routing_rule_name(direction))) is not None
        and owner_mark(installation) in rule.comment
        and rule.properties.get("Enabled") is False
    ]


def deviations(
    plan: Plan, changes: Iterable[AdminChange], ours: str, before: Iterable[Deviation] = ()
) -> tuple[Deviation, ...]:
    """What a plan would have to repair, with who did it; who was known `before` stays known."""
    records = list(changes)
    known = {(one.kind, one.name, one.what): one for one in before}
    found = [_deviation(change, last_of(records, change.name, ours)) for change in plan.changes]
    found += [Deviation("organisation", "", conflict) for conflict in plan.conflicts]
    return tuple(one if one.by else known.get((one.kind, one.name, one.what), one) for one in found)


def _deviation(change: Change, culprit: AdminChange | None) -> Deviation:
    match change.kind:
        case ChangeKind.CREATE:
            what = "is missing"
        case ChangeKind.DELETE:
            what = "should not be there"
        case ChangeKind.UPDATE:
            what = "; ".join(
                f"{one.name} is {one.before or 'empty'}, not {one.after or 'empty'}" for one in change.fields
            )
    if culprit is None:
        return Deviation(change.resource, change.name, what)
    return Deviation(change.resource, change.name, what, f"{culprit.by} ({culprit.operation})", culprit.at)
