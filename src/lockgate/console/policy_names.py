"""The policies in force by name, as far as a visitor may know of them."""

from lockgate.console.parts import ConsoleParts
from lockgate.model.access import Scope
from lockgate.storage.policies import PolicyStore


def policy_names(parts: ConsoleParts, scope: Scope) -> dict[str, str]:
    """The names by policy id."""
    with parts.database.read() as unit:
        sets = PolicyStore(unit).all_current().values()
    return {one.id: one.name for found in sets if scope is None or found.tenant_id in scope for one in found.policies}
