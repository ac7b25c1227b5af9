"""The SMTP envelope: who sends, who receives, and what the sender asked about delivery reports."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Direction(StrEnum):
    """Which way a message crosses the tenant's boundary."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO with its DSN parameters as received (RFC 3461 §4.1, §4.2; still xtext-encoded)."""

    address: str
    notify: str | None = None
    orcpt: str | None = None

    @property
    def domain(self) -> str:
        """The part after the last @, lower-case."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TO. `mail_from` is empty for the null reverse-path `<>`."""

    mail_from: str
    recipients: tuple[Recipient, ...]
    body: str | None = None  # 7BIT, 8BITMIME, BINARYMIME (RFC 6152, RFC 3030)
    smtputf8: bool = False  # RFC 6531
    ret: str | None = None  # RFC 3461 §4.3
    envid: str | None = None  # RFC 3461 §4.4


def belongs(domain: str, domains: Container[str]) -> bool:
    """Whether it is one of these domains, or below one; all of them are lower-case."""
    name, below = domain, "."
    while below:
        if name in domains:
            return True
        _, below, name = name.partition(".")
    return False


@lru_cache(maxsize=4_096)
def domain_of(address: str) -> str:
    """The domain of an address, lower-case; empty when there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
