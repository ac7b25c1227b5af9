"""A delivered message taken back out of mailboxes, and put back: what was asked for, and how far each copy is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Destination(StrEnum):
    """Where copies go."""

    JUNK = "junk"
    DELETED_ITEMS = "deleted-items"
    QUARANTINE = "quarantine"  # kept with us first, then deleted in the mailbox


class CopyState(StrEnum):
    """Where one mailbox, or one copy in it, stands."""

    WAITING = "waiting"  # the mailbox was not looked into yet
    LOOKED = "looked"  # its copies have rows of their own
    ABSENT = "absent"  # it has no copy
    FOUND = "found"  # a copy, to be moved
    KEPT = "kept"  # our quarantine has it; the mailbox may still have it
    MOVED = "moved"
    HELD = "held"  # only our quarantine has it
    RETURNED = "returned"
    FAILED = "failed"


TO_PULL = (CopyState.WAITING, CopyState.FOUND, CopyState.KEPT)
TO_RETURN = (CopyState.MOVED, CopyState.HELD)


@dataclass(frozen=True, slots=True)
class PullBack:
    """One request. `is_return` says that it is being put back; `ended_at` is None while work is left."""

    id: str
    message_id: str  # of the trace
    tenant_id: str
    internet_message_id: str
    destination: Destination
    asked_at: datetime
    asked_by: str
    is_return: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A mailbox (`item_id` empty) or a message in it. `item_id` is immutable; `folder_id` is where it was."""

    mailbox: str
    item_id: str
    state: CopyState
    at: datetime
    folder_id: str = ""
    held_id: str = ""
    detail: str = ""
