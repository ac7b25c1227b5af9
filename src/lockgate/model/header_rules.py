"""Header fields by which an organisation approves or blocks mail, or lets simulations of phishing through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HeaderMatch(StrEnum):
    """How a field's value is compared; never with regard to case, but for expressions, which say so themselves."""

    CONTAINS = "contains"
    EQUALS = "equals"
    EXPRESSION = "expression"


class HeaderStanding(StrEnum):
    """What a rule makes of a message."""

    APPROVED = "approved"
    BLOCKED = "blocked"
    SIMULATION = "simulation"  # of phishing, by somebody whom the organisation asked for it


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A field's name, and what one of its values must be."""

    name: str
    match: HeaderMatch
    value: str


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """All that is set must hold: every field, one of the networks that handed it over, one of the sender's domains."""

    name: str
    standing: HeaderStanding
    fields: tuple[HeaderField, ...]
    networks: tuple[str, ...] = ()  # such as 192.0.2.0/24
    domains: tuple[str, ...] = ()  # lower-case, with everything below them
    policy_id: str = ""  # empty: for every policy; else only the label says it, for that policy's rules
    with_files: bool = False  # a simulation passes with malware and blocked files too
    note: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """An organisation's rules; also the fact that detection is given, without those that are over."""

    header_rules: tuple[HeaderRule, ...] = ()

    def at(self, now: datetime) -> "HeaderRules":
        """Those that are not over."""
        return HeaderRules(tuple(one for one in self.header_rules if one.expires_at is None or one.expires_at > now))


SIMULATION = "phishing-simulation"  # the label of a message that is one
SIMULATION_WITH_FILES = "phishing-simulation:with-files"


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation's rules."""
    return f"header-rules:{tenant_id}"
