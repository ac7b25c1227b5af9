"""What every kind of object of ours can do: be read, be wanted, be compared, be made, changed and removed.

Rule: an object is ours when it carries our owner mark, or, where Exchange keeps no comment, when our journal says that
we made it. Two forms of one value that mean the same are one normal form, or every reading would look like drift.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.plan import Call, Properties, Value
from lockgate.microsoft365.wanted import Wanted


@dataclass(frozen=True, slots=True)
class WantedObject:
    """One object as it should be, with the reason that the administrator reads.

    `follows` names objects of its kind that must stand before it, where order matters.
    """

    name: str
    properties: Properties
    reason: str
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object as it is: its watched properties in normal form, its comment for the owner mark, its place in order.

    Properties that nobody wants in particular are facts for removing it, and are not compared.
    """

    name: str
    properties: Properties
    comment: str
    position: int = 0

    def has(self, wanted: Properties) -> bool:
        """Whether every wanted property is so."""
        return all(self.properties.get(name) == value for name, value in wanted.items())


Objects = Mapping[str, FoundObject]  # by name


class Kind(Protocol):
    """A kind of object that can be read, and changed by a plan."""

    @property
    def kind(self) -> str: ...

    @property
    def permission(self) -> str:
        """What of ours is needed to change it."""
        ...

    async def read(self, exchange: ExchangeClient) -> Objects:
        """All objects of the kind, by name; raises when they could not be read."""
        ...

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """Whether we may change it; `made` are names that the journal says were made by us."""
        ...


class Resource(Kind, Protocol):
    """A kind of object that we make."""

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """The objects that should be there, in the order in which they are made."""
        ...

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """The calls that make it, among the objects that were found."""
        ...

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """The calls that change only what differs."""
        ...

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]: ...


def listed(value: object) -> tuple[str, ...]:
    """A multi-valued property in normal form: sorted, lower-case; one value may come without its list."""
    if value in (None, ""):
        return ()
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(sorted(str(one).lower() for one in values))


def text(found: Json, name: str) -> str:
    """A property as text; empty when it is not set."""
    value = found.get(name)
    return "" if value is None else str(value)


def sent(value: Value) -> object:
    """A value as JSON takes it."""
    return list(value) if isinstance(value, tuple) else value
