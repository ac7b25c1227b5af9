"""What changing a tenant needs from others, in its own words."""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from lockgate.storage.audit import Author

TokenSource = Callable[[bool], Awaitable[str]]  # True asks for a new token
Sleep = Callable[[float], Awaitable[None]]


class Journal(Protocol):
    """Durable memory of which steps of a plan were done."""

    def is_done(self, step: str) -> bool:
        """Whether the step was noted as done."""
        ...

    def done(self, step: str, detail: str) -> None:
        """Note a step as done; durable when it returns."""
        ...


class Releases(Protocol):
    """Sends a held message on."""

    async def release(self, held_id: str, recipients: Collection[str] | None, author: Author) -> tuple[str, ...]:
        """To these recipients (None: all that wait); those for whom it begins now."""
        ...


class Starts(Protocol):
    """Starts durable workflows by name."""

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        """At once, and only once per `workflow_id`."""
        ...
