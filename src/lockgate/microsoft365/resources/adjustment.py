"""Settings of theirs that we change: read, merge, write, and give back (model/fixes.py).

Unlike a `Resource`, such an object is there before us and stays after us; only one property of it is ever written.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_roles import permission_for, role_for
from lockgate.microsoft365.plan import Call, Value
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject, sent, text
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.fixes import KeptSetting

BACK = "It was so before Lockgate changed it."


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One property of the objects of one noun. `asked` says what it should be, given what it is."""

    kind: str
    noun: str
    setting: str  # the name of the property
    reason: str
    wanted_by: Callable[[Wanted], bool]
    asked: Callable[[Wanted, Value], Value]
    concerns: Callable[[Json], bool] = lambda _: True
    by_identity: bool = True  # the Set- cmdlet takes the object's name
    change: str = ""  # the cmdlet that changes it without parameters, where that is not a Set-
    lasting: str = ""  # why it cannot be given back; empty when it can
    read_value: Callable[[object], Value] = lambda value: value if isinstance(value, bool | str) else None
    sent_value: Callable[[Value], object] = sent

    @property
    def cmdlet(self) -> str:
        """What changes it."""
        return self.change or f"Set-{self.noun}"

    @property
    def permission(self) -> str:
        """See `Kind`."""
        return permission_for(role_for(self.cmdlet))

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Kind`."""
        items = await exchange.run(f"Get-{self.noun}")
        return {
            text(item, "Name"): FoundObject(
                text(item, "Name"), {self.setting: self.read_value(item.get(self.setting))}, ""
            )
            for item in items
            if self.concerns(item)
        }

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Kind`: theirs, and changed because the approved plan says so."""
        del found, mark, made
        return True

    def goals(self, wanted: Wanted, found: Objects) -> list[WantedObject]:
        """What has to be written: what is asked for, or what was there before us. As it is already: nothing."""
        goals: list[WantedObject] = []
        for one in found.values():
            now, kept = one.properties[self.setting], self.kept(wanted, one.name)
            rest = kept.given_back(now) if kept and not self.lasting else now
            asked = self.wanted_by(wanted)
            goal = self.asked(wanted, rest) if asked else rest
            if not _means_the_same(goal, now):
                goals.append(WantedObject(one.name, {self.setting: goal}, self.reason if asked else BACK))
        return goals

    def update(self, goal: WantedObject) -> tuple[Call, ...]:
        """The call that writes the one property."""
        if self.change:
            return (Call(self.change, {}),)
        identity: dict[str, object] = {"Identity": goal.name} if self.by_identity else {}
        return (Call(self.cmdlet, {**identity, self.setting: self.sent_value(goal.properties[self.setting])}),)

    def kept(self, wanted: Wanted, name: str) -> KeptSetting | None:
        """What we remember of an object from before our change."""
        return next((one for one in wanted.kept if one.kind == self.kind and one.name == name), None)

    def stays(self, kept: KeptSetting, found: Objects) -> str:
        """Why the setting is not as it was before us once everything is given back; empty when it is."""
        if self.lasting:
            return f"{self.lasting} ({self.setting} was {kept.before})."
        now = found[kept.name].properties[self.setting] if kept.name in found else kept.before
        back = kept.given_back(now)
        if back == kept.before or isinstance(back, tuple):
            return ""
        return f"{self.setting} of the {self.kind} '{kept.name}' was changed to {back} by somebody else: it stays so."


def _means_the_same(one: Value, other: Value) -> bool:
    """A list is the same in any order: theirs is never rewritten for the sake of ours."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    return one == other
