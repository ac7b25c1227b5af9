"""What every reader of a container works with: a shared budget, the passwords to try, and what it yields.

A reader yields `Entry` for what it read and `Refusal` for what it did not; it may raise anything on damaged input.
Limits are counted in bytes, files and effort, never in seconds: the same bytes give the same answer on any machine.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lockgate.detection.files.passwords import Password, tries

CHUNK = 1 << 20
SLOW = 50  # milliseconds for one try: then only few of the usual passwords are worth it


class Why(StrEnum):
    """Why something was not looked into."""

    ENCRYPTED = "encrypted"
    LIMIT = "limit"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a container. `declared` is a media type where the container gives one."""

    name: str
    content: bytes = field(repr=False)
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file of a container, or (with an empty name) the container itself, that was not read."""

    name: str
    why: Why
    detail: str


NEEDS_PASSWORD = "needs a password"  # noqa: S105 - a sentence


class OutOfBudget(Exception):
    """The message's budget of unpacked bytes, files or effort is used up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one message; the first three are the product's (product-map.md, archive limits)."""

    depth: int = 5
    files: int = 9_999
    total_bytes: int = 150_000_000
    ratio: int = 250  # counted above `ratio_from` bytes: plain text may pack 1:1000 in small pieces
    ratio_from: int = 20_000_000
    effort: int = 1_000_000_000  # bytes, each counted by how slowly its reader makes it
    password_effort: int = 2_000  # about milliseconds


@dataclass(slots=True)
class Budget:
    """Counts what all containers of one message cost."""

    limits: Limits
    used: int = 0
    entries: int = 0
    effort: int = 0
    password_effort: int = 0

    def spend(self, size: int, cost: int) -> None:
        """Raises OutOfBudget when too much was unpacked."""
        self.used += size
        self.effort += size * cost
        if self.used > self.limits.total_bytes:
            raise OutOfBudget(f"more than {self.limits.total_bytes // 1_000_000} MB unpacked")
        if self.effort > self.limits.effort:
            raise OutOfBudget("takes too long to unpack")


class Stream(Protocol):
    """Anything that is read in pieces."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(slots=True)
class Opening:
    """One container while it is opened. Readers count every file and every byte here before they keep it."""

    content: bytes = field(repr=False)
    name: str
    budget: Budget
    passwords: Callable[[], Sequence[Password]] = tuple  # asked only when something is locked
    used: int = 0
    opened_with: Password | None = None

    def one_more_file(self) -> None:
        """Raises OutOfBudget when the message has too many files."""
        self.budget.entries += 1
        if self.budget.entries > self.budget.limits.files:
            raise OutOfBudget(f"more than {self.budget.limits.files} files")

    def spend(self, size: int, cost: int = 1) -> None:
        """Count `size` unpacked bytes; `cost` is how many times slower than zlib they come. Raises OutOfBudget."""
        self.used += size
        self.budget.spend(size, cost)
        limits = self.budget.limits
        if self.used > limits.ratio_from and self.used > len(self.content) * limits.ratio:
            raise OutOfBudget(f"unpacks to more than {limits.ratio} times its size")

    def read_all(self, stream: Stream, cost: int = 1) -> bytes:
        """Everything a stream gives, within the budget."""
        pieces = []
        while piece := stream.read(CHUNK):
            self.spend(len(piece), cost)
            pieces.append(piece)
        return b"".join(pieces)

    def unlock(self, opens: Callable[[str], bool], cost: int, *, office: bool = False) -> str | None:
        """The first password with which `opens` says yes, or None. `cost` is about milliseconds for one try."""
        for password in tries(self.passwords(), slow=cost >= SLOW, office=office):
            if self.budget.password_effort + cost > self.budget.limits.password_effort:
                return None
            self.budget.password_effort += cost
            if _works(opens, password.text):
                self.opened_with = password
                return password.text
        return None


def _works(opens: Callable[[str], bool], text: str) -> bool:
    try:
        return opens(text)
    except OutOfBudget:
        raise
    except Exception:  # noqa: BLE001 - libraries answer a wrong password with any error; all of it means no
        return False


Outcome = Entry | Refusal
Reader = Callable[[Opening], Iterator[Outcome]]
