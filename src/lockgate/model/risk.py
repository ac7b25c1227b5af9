"""Signs that somebody else may be using a person's account, each worth points that can be explained; pure.

A sign proves nothing. What is typical of an account that was taken over (mail to many at once, dangerous mail, an inbox
rule that hides or forwards answers, sign-ins from everywhere) is worth more than what happens to the careful too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Sign(StrEnum):
    """What was seen of a person."""

    DANGEROUS = "dangerous"  # they sent malware, phishing or fraud out
    UNWANTED = "unwanted"  # they sent spam or bulk mail out
    PROTECTED = "protected"  # they sent out what data loss rules protect
    BURST = "burst"  # in one hour they wrote to many more people outside than they usually do
    BLOCKED_LINK = "blocked-link"  # they followed a link that was blocked
    WARNED_LINK = "warned-link"  # they went on past a warning
    REPORTED = "reported"  # others reported mail of theirs
    INBOX_RULE = "inbox-rule"  # a rule of their mailbox that forwards, deletes or hides mail
    PLACES = "places"  # they signed in from several networks within an hour


class Worth(NamedTuple):
    """Points for one, and at most in all."""

    one: int
    most: int


WORTH = {
    Sign.DANGEROUS: Worth(30, 60), Sign.UNWANTED: Worth(5, 30), Sign.PROTECTED: Worth(5, 20), Sign.BURST: Worth(30, 60),
    Sign.BLOCKED_LINK: Worth(5, 20), Sign.WARNED_LINK: Worth(10, 30), Sign.REPORTED: Worth(15, 45),
    Sign.INBOX_RULE: Worth(30, 60), Sign.PLACES: Worth(15, 30),
}  # fmt: skip
MOST = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """One time that a sign was seen, in words; `record` is the id of what tells more, if there is any."""

    at: datetime
    detail: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign, how often it was seen, and the times that are known singly, the newest first."""

    sign: Sign
    count: int
    moments: tuple[Moment, ...] = ()

    @property
    def points(self) -> int:
        """What it is worth."""
        worth = WORTH[self.sign]
        return min(self.count * worth.one, worth.most)


@dataclass(frozen=True, slots=True)
class RiskyPerson:
    """Everything that was seen of one person, what is worth most first."""

    tenant_id: str
    address: str
    seen: tuple[Seen, ...]
    points: int  # of MOST


def risky(tenant_id: str, address: str, seen: tuple[Seen, ...]) -> RiskyPerson:
    """The person with the sum of all points."""
    ordered = tuple(sorted(seen, key=lambda one: (-one.points, one.sign)))
    return RiskyPerson(tenant_id, address, ordered, min(sum(one.points for one in seen), MOST))


@dataclass(frozen=True, slots=True)
class AccountSign:
    """A sign that Microsoft's audit records tell of. `id` is the same whenever the same records are read."""

    id: str
    tenant_id: str
    at: datetime
    sign: Sign
    address: str
    detail: str
