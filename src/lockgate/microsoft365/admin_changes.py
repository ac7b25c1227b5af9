"""Who changed an object of Exchange: the cmdlet audit in the activity feed (microsoft-365.md §5.3, RecordType 1).

Records arrive late and out of order, so the last day is always read as a whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

CONTENT_TYPE = "Audit.Exchange"
EXCHANGE_ADMIN = 1
CHANGING = ("New-", "Set-", "Remove-", "Enable-", "Disable-")


@dataclass(frozen=True, slots=True)
class _Parameter:
    Name: str = ""  # the names on the wire
    Value: str = ""


@dataclass(frozen=True, slots=True)
class _Record:
    RecordType: int = 0
    Operation: str = ""
    CreationTime: str = ""
    UserId: str = ""
    AppId: str = ""
    ObjectId: str = ""
    Parameters: tuple[_Parameter, ...] = ()


RECORD = TypeAdapter(_Record)


@dataclass(frozen=True, slots=True)
class AdminChange:
    """One cmdlet that changed something."""

    operation: str
    objects: frozenset[str]  # every name under which the record speaks of the object
    by: str
    at: datetime
    application: str  # client id; empty for a person


def changes_in(records: Iterable[dict[str, object]]) -> list[AdminChange]:
    """The changes among audit records; records of other kinds and unreadable ones are left out."""
    found = []
    for one in records:
        try:
            record = RECORD.validate_python(one)
            at = datetime.fromisoformat(record.CreationTime).replace(tzinfo=UTC)
        except (ValidationError, ValueError):
            continue
        if record.RecordType == EXCHANGE_ADMIN and record.Operation.startswith(CHANGING):
            named = {one.Value for one in record.Parameters if one.Name in ("Identity", "Name")}
            names = frozenset({record.ObjectId, record.ObjectId.rpartition("\\")[2], *named} - {""})
            found.append(AdminChange(record.Operation, names, record.UserId, at, record.AppId))
    return found


def last_of(changes: Iterable[AdminChange], name: str, ours: str) -> AdminChange | None:
    """The latest change of the object that another than the application `ours` made."""
    others = [one for one in changes if name in one.objects and (not one.application or one.application != ours)]
    return max(others, key=lambda one: one.at, default=None)
