"""One call of one cmdlet: who calls, in which tenant, with which (already checked) parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from m365_simulator.world import JsonValue, Properties, Tenant, World


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds the token. `upn` is empty for an application that acts by itself."""

    app_id: str
    object_id: str
    upn: str
    management_roles: frozenset[str]

    @property
    def app_only(self) -> bool:
        """Whether no person is behind the call."""
        return not self.upn

    @property
    def audit_name(self) -> str:
        """`UserId` in the unified audit log."""
        return self.upn or f"ServicePrincipal_{self.object_id}"


@dataclass(slots=True)
class Invocation:
    """What a cmdlet gets. `parameters` holds canonical names and values of the declared types."""

    world: World
    tenant: Tenant
    caller: Caller
    cmdlet: str
    parameters: Properties
    warnings: list[str] = field(default_factory=list)
    touched: str = ""  # the identity of the object a write was about, for the audit log

    @property
    def now(self) -> datetime:
        """The simulation's present."""
        return self.world.clock.now()

    @property
    def identity(self) -> str | None:
        """The `Identity` parameter; None when absent, null or empty."""
        return self.text("Identity") or None

    def given(self, name: str) -> bool:
        """Whether the caller sent this parameter (null counts: it clears)."""
        return name in self.parameters

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.parameters.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A Boolean or switch parameter."""
        value = self.parameters.get(name)
        return value if isinstance(value, bool) else default

    def texts(self, name: str) -> list[str]:
        """A list parameter."""
        value = self.parameters.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []

    def switch(self, name: str, default: JsonValue) -> JsonValue:
        """A behaviour switch of the simulation (coverage.md)."""
        return self.world.switches.get(name, default)


Run = Callable[[Invocation], list[Properties]]


def edited(current: JsonValue, change: JsonValue) -> JsonValue:
    """A multi-valued property after a change: a list replaces it, an Add/Remove table edits it."""
    if not isinstance(change, dict):
        return change
    kept = [item for item in current if isinstance(item, str)] if isinstance(current, list) else []
    removed = {str(item).lower() for item in _side(change, "Remove")}
    result: list[JsonValue] = [item for item in kept if item.lower() not in removed]
    present = {str(item).lower() for item in result}
    for item in _side(change, "Add"):
        if str(item).lower() not in present:
            result.append(item)
            present.add(str(item).lower())
    return result


def _side(change: dict[str, JsonValue], name: str) -> list[JsonValue]:
    side = change.get(name)
    return side if isinstance(side, list) else []
