"""What an organisation, or a list that it trusts, thinks of senders, domains, addresses of pages, files and hosts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """Which list something is on."""

    APPROVED = "approved"
    BLOCKED = "blocked"


class Subject(StrEnum):
    """What an entry is about."""

    SENDER = "sender"  # an address, or `*@domain`
    DOMAIN = "domain"  # with everything below it; of senders and of links
    URL = "url"  # exactly, or everything below it with a `*` at the end
    HASH = "hash"  # MD5, SHA-1 or SHA-256 of a file
    FILE_NAME = "file-name"  # approved only; `*` stands for anything beside three letters
    FILE_KIND = "file-kind"  # what a file truly is, such as `office-with-macros`; approved only
    HOST = "host"  # the address or network of the host that handed the message over


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. `pattern` is in its canonical form, see `storage.reputation_patterns`."""

    id: str
    tenant_id: str  # empty: for every organisation
    policy_id: str  # empty: for every policy; else only the label says it, for that policy's rules
    standing: Standing
    subject: Subject
    pattern: str
    note: str
    source: str  # who says so: `manual`, or the name of a feed
    added_at: datetime
    added_by: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Indicators:
    """What of a message can be on a list; lower-case, each at most once."""

    senders: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # of links
    hashes: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    file_kinds: tuple[str, ...] = ()
    client_ip: str = ""  # of the host that handed the message to the tenant


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a message is a case of. `value` is what of the message matched."""

    standing: Standing
    subject: Subject
    pattern: str
    value: str
    source: str
    note: str = ""
    policy_id: str = ""


@dataclass(frozen=True, slots=True)
class Reputation:
    """The fact: every hit, those of lists in the DNS among them."""

    hits: tuple[Hit, ...]
