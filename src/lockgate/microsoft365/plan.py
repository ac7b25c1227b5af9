"""A plan: every change to the tenant, before it is made. It is data; whoever applies it makes exactly these calls.

Secrets stand in a plan as they are sent, so a plan is stored sealed, its `repr` leaves them out, and people are shown
`FieldChange`s, in which `shown` has masked them.
"""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | bool | int | None | tuple[str, ...]
Properties = dict[str, Value]
# Properties whose values are secrets in objects of ours, whatever the values are: an old secret is one too.
SECRET_PROPERTIES = frozenset({"HeaderContainsWords", "ExceptIfHeaderContainsWords", "SetHeaderValue"})


MOST_SHOWN = 50  # values of one property


class ChangeKind(StrEnum):
    """What happens to an object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Call:
    """One cmdlet with its parameters, as it is sent."""

    cmdlet: str
    parameters: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One property before and after. Values that hold a secret are shown by their last four characters."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One object's change. `before` is what was found, for telling whether somebody else changed it since."""

    kind: ChangeKind
    resource: str
    name: str
    fields: tuple[FieldChange, ...]
    reason: str
    permission: str
    calls: tuple[Call, ...]
    before: Properties | None = field(repr=False)
    after: Properties | None = field(repr=False)

    @property
    def step(self) -> str:
        """The change's name in the journal."""
        return hashlib.sha256(f"{self.kind}/{self.resource}/{self.name}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in the order in which they are made. With `conflicts` it cannot be applied.

    `installation` is whose owner mark an object must carry, also at the moment when it is changed or removed.
    """

    changes: tuple[Change, ...]
    conflicts: tuple[str, ...] = ()
    installation: str = ""
    stays: tuple[str, ...] = ()  # for a removal: what is not as it was before us, and why

    @property
    def digest(self) -> str:
        """What an administrator approves: the same changes have the same digest."""
        calls = [
            [change.kind, change.resource, change.name, [_call(call) for call in change.calls]]
            for change in self.changes
        ]
        return hashlib.sha256(json.dumps([calls, self.conflicts], sort_keys=True).encode()).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether the tenant is as wanted."""
        return not self.changes and not self.conflicts


def _call(call: Call) -> list[object]:
    return [call.cmdlet, call.parameters]


def shown(name: str, value: Value) -> str:
    """The value of a property for people's eyes; of secrets the last four characters."""
    match value:
        case tuple() if len(value) > MOST_SHOWN:
            return f"{shown(name, value[:MOST_SHOWN])} and {len(value) - MOST_SHOWN} more"
        case tuple():
            return ", ".join(shown(name, one) for one in value)
        case None | "":
            return ""
        case str() if name in SECRET_PROPERTIES:
            return f"(secret …{value[-4:]})"
        case _:
            return str(value)
