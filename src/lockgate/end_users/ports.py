"""What serving people needs from others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from lockgate.model.notification import Letter
from lockgate.storage.audit import Author


class Decides(Protocol):
    """What can be done with a held message."""

    async def release(self, held_id: str, recipients: Collection[str] | None, author: Author) -> tuple[str, ...]:
        """Send it on; those for whom that begins now."""
        ...

    async def delete(self, held_id: str, recipients: Collection[str] | None, author: Author) -> tuple[str, ...]:
        """Give it up; for whom it was deleted now."""
        ...


class Writes(Protocol):
    """Makes a finished, signed letter of a subject and what it says."""

    def digest(self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]) -> Letter:
        """The letter to one person; nothing is sent or kept here."""
        ...
