"""What serving people needs from others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lockgate.model.notification import Letter
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldItem
from lockgate.storage.unit_of_work import Unit

Tells = Callable[[Unit, HeldItem], Letter | None]


class Decides(Protocol):
    """What can be done with a held message."""

    async def release(
        self, held_id: str, recipients: Collection[str] | None, author: Author, *, false_positive: bool = False
    ) -> tuple[str, ...]:
        """Send it on; those for whom that begins now. A false positive is kept as feedback for somebody to approve."""
        ...

    async def report_wanted(self, held_id: str, author: Author) -> None:
        """Keep that it was wanted, for somebody to approve; it stays held."""
        ...

    async def delete(
        self, held_id: str, recipients: Collection[str] | None, author: Author, tell: Tells | None = None
    ) -> tuple[str, ...]:
        """Give it up; for whom it was deleted now. What `tell` writes of the message before it is kept with that."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way: where the browser goes, and what it must bring back, which nobody else may read."""

    url: str
    flow: dict[str, object]


@dataclass(frozen=True, slots=True)
class Proven:
    """Who has signed in: tenant and user id; the name is for people to read."""

    tenant_id: str
    user_id: str
    name: str


class SignsIn(Protocol):
    """Lets people sign in with their organisation's identity provider. Blocking."""

    def begin(self, *, choose: bool = False) -> Begun:
        """Start a sign-in (authorisation code with PKCE); `choose` asks with which account, also who is signed in."""
        ...

    def finish(self, flow: dict[str, object], query: Mapping[str, str]) -> Proven:
        """Whoever has signed in; raises LockgateError when that is not proven."""
        ...


class Writes(Protocol):
    """Makes a finished, signed letter of a subject and what it says."""

    def digest(self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]) -> Letter:
        """The letter to one person; nothing is sent or kept here."""
        ...

    def review(self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]) -> Letter:
        """The letter that asks a reviewer; nothing is sent or kept here."""
        ...

    def rejected(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to whoever sent a message that a reviewer has rejected; nothing is sent or kept here."""
        ...
