"""Searches that somebody keeps under a name, for themselves or for others of an organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.model.access import EVERYWHERE, Access, Role


class Log(StrEnum):
    """What is searched, counted and exported in the same way."""

    TRACE = "trace"
    CLICKS = "clicks"
    QUARANTINE = "quarantine"
    DATA_LOSS = "data-loss"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search by its form's fields. `owner_id` is an account's or a token's, empty for the machine's operator."""

    id: str
    log: Log
    name: str
    fields: Mapping[str, str]
    owner_id: str
    owner: str  # as the audit log names them
    shared_with: str  # empty: nobody; a tenant id: whoever has a role there; EVERYWHERE: whoever has one everywhere
    saved_at: datetime

    def seen_by(self, reader_id: str, access: Access) -> bool:
        """Whether it is theirs, or shared with them."""
        return self.owner_id == reader_id or self._may(Role.VIEWER, access)

    def forgotten_by(self, reader_id: str, access: Access) -> bool:
        """Whether they may delete it: its owner, and administrators of where it is shared."""
        return self.owner_id == reader_id or self._may(Role.ADMIN, access)

    def _may(self, role: Role, access: Access) -> bool:
        where = "" if self.shared_with == EVERYWHERE else self.shared_with
        return bool(self.shared_with) and access.may(role, where)
