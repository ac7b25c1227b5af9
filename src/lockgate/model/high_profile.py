"""Whom attackers of an organisation imitate, as its administrators say it beside what the directory tells."""

from dataclasses import dataclass

from lockgate.model.facts import ProtectedPerson


@dataclass(frozen=True, slots=True)
class HighProfile:
    """`by_title` adds everybody whose job title says that their word moves money or data. `exceptions` are outside
    addresses that may carry such a name; `domains` are those of partners, guarded against look-alikes like our own.
    `everybody` guards the full names of all others in the directory, as a milder sign.
    """

    by_title: bool = True
    people: tuple[ProtectedPerson, ...] = ()
    exceptions: tuple[str, ...] = ()  # lower-case
    domains: tuple[str, ...] = ()  # lower-case
    everybody: bool = False


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation's high-profile people."""
    return f"high-profile:{tenant_id}"
