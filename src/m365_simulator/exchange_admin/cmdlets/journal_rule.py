"""Journal rules: a copy of matching mail, as a report, to an address outside Exchange Online (§4.11)."""

from m365_simulator.exchange_admin.failures import invalid
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import commit, create, delete, find, merged, required, shelf
from m365_simulator.exchange_admin.organisation import text
from m365_simulator.exchange_admin.recipient_index import find_user
from m365_simulator.world import Properties

NOUN = "JournalRule"
DEFAULTS: Properties = {"Enabled": True, "Recipient": None, "Scope": "Global", "JournalEmailAddress": ""}


def get(call: Invocation) -> list[Properties]:
    """Get-JournalRule."""
    if call.identity is None:
        return list(shelf(call.tenant, NOUN).values())
    found = find(call.tenant, NOUN, call.identity)
    return [found] if found is not None else []


def new(call: Invocation) -> list[Properties]:
    """New-JournalRule; a mailbox in Exchange Online can't receive journal reports."""
    candidate = merged(DEFAULTS, call)
    _check(call, candidate)
    return [create(call, NOUN, candidate)]


def set_(call: Invocation) -> list[Properties]:
    """Set-JournalRule."""
    existing = required(call, NOUN)
    candidate = merged(existing, call)
    _check(call, candidate)
    commit(call, existing, candidate)
    return []


def remove(call: Invocation) -> list[Properties]:
    """Remove-JournalRule."""
    delete(call, NOUN, required(call, NOUN))
    return []


def enable(call: Invocation) -> list[Properties]:
    """Enable-JournalRule."""
    commit(call, required(call, NOUN), {"Enabled": True})
    return []


def disable(call: Invocation) -> list[Properties]:
    """Disable-JournalRule."""
    commit(call, required(call, NOUN), {"Enabled": False})
    return []


def _check(call: Invocation, candidate: Properties) -> None:
    address = text(candidate, "JournalEmailAddress")
    if "@" not in address:
        raise invalid(f"'{address}' isn't a valid journal address.")
    if find_user(call.tenant, address) is not None:
        raise invalid("The journal address can't be a mailbox in Exchange Online.")


CMDLETS: dict[str, Run] = {
    "Get-JournalRule": get,
    "New-JournalRule": new,
    "Set-JournalRule": set_,
    "Remove-JournalRule": remove,
    "Enable-JournalRule": enable,
    "Disable-JournalRule": disable,
}
