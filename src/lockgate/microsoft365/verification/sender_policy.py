"""Whether a domain's SPF record lets Exchange Online send (RFC 7208): includes and redirects are followed.

Only texts are read: that is enough to see whether Microsoft's record is named anywhere, and no address is asked for.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

# Each cloud of Microsoft has its record (microsoft-365.md §4.6); any of them is Microsoft's own.
MICROSOFTS = frozenset({
    "spf.protection.outlook.com", "spf.protection.office365.us", "spf.protection.partner.outlook.cn",
})  # fmt: skip
MOST_LOOKUPS = 10  # RFC 7208 §4.6.4


class TextRecords(Protocol):
    """The public DNS."""

    async def __call__(self, domain: str, /) -> list[str]:
        """The TXT records of a name; raises TemporaryError when it cannot be told."""
        ...


class SenderPolicy(StrEnum):
    """What a domain's SPF record says of Exchange Online."""

    NAMES_MICROSOFT = "names Microsoft"
    WITHOUT_MICROSOFT = "does not name Microsoft"
    NO_RECORD = "has no SPF record"
    SEVERAL_RECORDS = "has several SPF records, which is an error"


async def sender_policy(domain: str, texts: TextRecords) -> SenderPolicy:
    """Read the policy; raises TemporaryError when a record cannot be read."""
    records = await _records(domain, texts)
    if not records:
        return SenderPolicy.NO_RECORD
    if len(records) > 1:
        return SenderPolicy.SEVERAL_RECORDS
    seen: set[str] = set()
    waiting = list(_names(records[0]))
    while waiting and len(seen) < MOST_LOOKUPS:
        name = waiting.pop(0)
        if name in MICROSOFTS:
            return SenderPolicy.NAMES_MICROSOFT
        if name not in seen and "%" not in name:  # a macro depends on the single message
            seen.add(name)
            waiting += [each for record in await _records(name, texts) for each in _names(record)]
    return SenderPolicy.WITHOUT_MICROSOFT


async def _records(domain: str, texts: TextRecords) -> list[str]:
    return [text for text in await texts(domain) if text.lower().split(" ", 1)[0] == "v=spf1"]


def _names(record: str) -> Iterator[str]:
    """The records that this one refers to; what it refuses (`-include`) is not among them."""
    for term in record.lower().split():
        if term.removeprefix("+").startswith("include:") or term.startswith("redirect="):
            yield term.replace("=", ":", 1).partition(":")[2].rstrip(".")
