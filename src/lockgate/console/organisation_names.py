"""The organisations by name, as far as a visitor may know of them."""

from lockgate.console.parts import ConsoleParts
from lockgate.model.access import Scope
from lockgate.storage.service_accounts import ServiceAccounts


def names(parts: ConsoleParts, scope: Scope) -> dict[str, str]:
    """The names of the organisations in scope by tenant id, sorted by name; those too whose grant was revoked."""
    with parts.database.read() as unit:
        found = {one.tenant_id: one.tenant_name for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id}
    mine = {key: name or key for key, name in found.items() if scope is None or key in scope}
    return dict(sorted(mine.items(), key=lambda item: (item[1].casefold(), item[0])))
