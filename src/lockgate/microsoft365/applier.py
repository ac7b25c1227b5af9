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
        for number, change in enumerate(plan.changes, start=1):
            report(change, number, len(plan.changes))
            if self.journal.is_done(change.step):
                await self._require_still_done(change)
            else:
                await self._make(change, owner_mark(plan.installation))
                self.journal.done(change.step, f"{change.kind} {change.resource} '{change.name}'")

    async def _require_still_done(self, change: Change) -> None:
        if not _is_done(change, await self._read(_resource(change), change.name)):
            raise ChangedMeanwhile(
                f"Somebody else has changed the {change.resource} '{change.name}' while this plan was being applied. "
                "Nothing more was done. Make a new plan."
            )

    async def _make(self, change: Change, mark: str) -> None:
        resource = _resource(change)
        now = await self._read(resource, change.name)
        # The mark is looked at again: an object that somebody has made his own since then is not touched.
        if now is not None and not resource.is_ours(now, mark, frozenset({change.name})):
            raise ChangedMeanwhile(f"The {change.resource} '{change.name}' is not ours any more. Make a new plan.")
        if _is_done(change, now):
            return
        if not _is_as_planned(change, now):
            raise ChangedMeanwhile(
                f"The {change.resource} '{change.name}' was changed since the plan was made. Make a new plan."
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


def _is_as_planned(change: Change, now: FoundObject | None) -> bool:
    if now is None:
        return change.before is None
    return now.properties == change.before
