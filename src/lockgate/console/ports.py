"""What the console needs of others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Collection, Sequence
from typing import Protocol

from lockgate.quarantine.preview import Preview
from lockgate.storage.audit import Author


class Quarantine(Protocol):
    """What can be done with a held message. Looking it up and searching is storage's (`HeldMessages`)."""

    async def preview(self, held_id: str, *, with_pictures: bool = False) -> Preview:
        """What may be shown of it; raises PermanentError when it cannot be read, InvalidInput when it is gone."""
        ...

    async def content(self, held_id: str, author: Author) -> bytes:
        """The bytes as received; that somebody took them is audited. Raises InvalidInput when they are gone."""
        ...

    async def archive(self, held_ids: Sequence[str], password: str, author: Author) -> bytes:
        """These messages in one ZIP that opens with the password; audited as `content`. Raises InvalidInput."""
        ...

    async def release(
        self, held_id: str, recipients: Collection[str] | None, author: Author, *, false_positive: bool = False
    ) -> tuple[str, ...]:
        """Send it on to these recipients (None: all that wait); those whose release begins now, others are past it.

        A false positive is kept as feedback too, for somebody to approve.
        """
        ...

    async def delete(self, held_id: str, recipients: Collection[str] | None, author: Author) -> tuple[str, ...]:
        """Give it up for these recipients (None: all that wait); for whom it was deleted now."""
        ...
