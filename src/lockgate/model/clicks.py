"""Clicks on links of the link service: what was thought of the page, and what the person got to see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkVerdict(StrEnum):
    """What is thought of a page at the moment of the click."""

    ALLOW = "allow"
    WARN = "warn"
    BLOCK = "block"


class ClickOutcome(StrEnum):
    """What the link service did."""

    REDIRECTED = "redirected"
    WARNED = "warned"
    WENT_ON = "went-on"  # past the warning
    BLOCKED = "blocked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Click:
    """One request for one link. `rcpt_to` and `message_id` are empty where they are not known.

    `trouble` says why the page could not be judged; the verdict is then the one that the settings name.
    """

    id: str
    at: datetime
    tenant_id: str
    message_id: str  # ours, as in the trace
    reader: str  # keyed hash of the recipient
    rcpt_to: str
    address: str  # where the link leads
    host: str
    verdict: LinkVerdict
    outcome: ClickOutcome
    reasons: tuple[str, ...]
    method: str
    client: str  # address of the client
    agent: str  # its User-Agent
    trouble: str = ""
