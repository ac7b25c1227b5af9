"""Makes exactly the changes of a plan, one after another, each read back, each noted in the journal.

Rule: safe to run again after a crash at any point. A change whose effect is there counts as done; an object that is
neither as the plan found it nor as the plan wants it was changed by somebody else, and stops everything. So does an
object that was done already and is not any more: the journal tells it from one that was never made.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.exchange_errors import AlreadyThere, NotFound
from lockgate.microsoft365.plan import Change, ChangeKind, Plan
from lockgate.microsoft365.ports import Journal
from lockgate.microsoft365.resources import IN_ORDER, Kind
from lockgate.microsoft365.resources.resource import FoundObject
from lockgate.microsoft365.resources.transport_rules import PLACE, keeps_order
from lockgate.microsoft365.wanted import owner_mark
from lockgate.model.errors import PermanentError

Report = Callable[[Change, int, int], None]  # the change that is next, its number from 1, how many there are


class ChangedMeanwhile(PermanentError):
    """Somebody else has changed the tenant since the plan was made."""


class NotAsWritten(PermanentError):
    """Exchange took a change and shows something else."""


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies plans to one tenant."""

    exchange: ExchangeClient
    journal: Journal

    async def apply(self, plan: Plan, report: Report) -> None:
        """Make all changes; raises ChangedMeanwhile, NotAsWritten, or what Exchange refuses with."""
        if plan.conflicts:
            raise ChangedMeanwhile("This plan has conflicts: " + " ".join(plan.conflicts))
        mark = owner_mark(plan.installation)
        await self._require_as_planned(plan, mark)
        for number, change in enumerate(plan.changes, start=1):
            report(change, number, len(plan.changes))
            if not self.journal.is_done(change.step):
                await self._make(change, mark)
                self.journal.done(change.step, f"{change.kind} {change.resource} '{change.name}'")

    async def _require_as_planned(self, plan: Plan, mark: str) -> None:
        """Before anything is done: everything is as the plan found it, or as far as an earlier run has brought it."""
        kinds = {change.resource: _resource(change) for change in plan.changes}
        found = {name: await kind.read(self.exchange) for name, kind in kinds.items()}
        for change in plan.changes:
            now = found[change.resource].get(change.name)
            _require_as_planned(change, now, mark)
            if self.journal.is_done(change.step) and not _is_done(change, now):
                raise ChangedMeanwhile(
                    f"Somebody else has changed the {change.resource} '{change.name}' while this plan was being "
                    "applied. Nothing more was done. Make a new plan."
                )

    async def _make(self, change: Change, mark: str) -> None:
        resource = _resource(change)
        objects = await resource.read(self.exchange)
        now = objects.get(change.name)
        _require_as_planned(change, now, mark)
        if _is_done(change, now):
            return
        if change.kind is ChangeKind.CREATE and not keeps_order(change, objects):
            raise ChangedMeanwhile(
                f"The mail flow rules were put in another order since the plan was made; '{change.name}' would come to "
                "stand in the wrong place. Make a new plan."
            )
        for call in change.calls:
            try:
                await self.exchange.run(call.cmdlet, **call.parameters)
            except (AlreadyThere, NotFound):
                if not _is_done(change, await self._read(resource, change.name)):
                    raise
        self._check(change, await self._read(resource, change.name))

    async def _read(self, resource: Kind, name: str) -> FoundObject | None:
        return (await resource.read(self.exchange)).get(name)

    @staticmethod
    def _check(change: Change, now: FoundObject | None) -> None:
        if _is_done(change, now):
            return
        if now is not None and change.after and now.properties.get("Enabled") is False and change.after.get("Enabled"):
            raise NotAsWritten(
                f"Exchange made the {change.resource} '{change.name}' disabled. New organisations need Microsoft "
                "Support to enable it: ask them to enable this connector, then apply again. No mail was routed."
            )
        raise NotAsWritten(f"Exchange does not show the {change.resource} '{change.name}' as it was written.")


def _resource(change: Change) -> Kind:
    return next(one for one in IN_ORDER if one.kind == change.resource)


def _is_done(change: Change, now: FoundObject | None) -> bool:
    if change.kind is ChangeKind.DELETE:
        return now is None
    return now is not None and now.has(change.after or {})


def _require_as_planned(change: Change, now: FoundObject | None, mark: str) -> None:
    # The mark is looked at again: an object that somebody has made his own since then is not touched.
    if now is not None and not _resource(change).is_ours(now, mark, frozenset({change.name})):
        if change.kind is ChangeKind.CREATE:
            raise ChangedMeanwhile(
                f"There is a {change.resource} '{change.name}' now, and it is not ours. Rename or remove it, then make "
                "a new plan."
            )
        raise ChangedMeanwhile(f"The {change.resource} '{change.name}' is not ours any more. Make a new plan.")
    if not _is_done(change, now) and not _is_as_planned(change, now):
        raise ChangedMeanwhile(
            f"The {change.resource} '{change.name}' was changed since the plan was made. Make a new plan."
        )


def _is_as_planned(change: Change, now: FoundObject | None) -> bool:
    """Every property is as it was found or as it is wanted: a run that died between two calls leaves some of each.

    A rule's place is not looked at: the plan's own changes to other rules move it.
    """
    if now is None or change.before is None:
        return now is None and change.before is None
    before, after = change.before, change.after or {}
    return all(
        value in (before.get(name), after.get(name, before.get(name)))
        for name, value in now.properties.items()
        if name != PLACE
    )
