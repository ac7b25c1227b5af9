"""`--organisation`: one organisation by name or tenant id. Commands are the machine's operator's, who may see all."""

from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts
from lockgate.model.errors import InvalidInput
from lockgate.storage.service_accounts import ServiceAccounts

Organisation = Annotated[
    str, typer.Option("--organisation", metavar="NAME|ID", help="Only of this organisation, by name or tenant id.")
]


def only_tenant(parts: Parts) -> str:
    """The one organisation that there is; empty when there is none. Raises InvalidInput when there are several."""
    with parts.database.read() as unit:
        known = sorted({one.tenant_id for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id})
    if len(known) > 1:
        raise InvalidInput(f"Say which organisation with --organisation: {', '.join(known)}.")
    return known[0] if known else ""


def tenant_id_of(parts: Parts, wanted: str) -> str:
    """The tenant id of the organisation that is meant; empty for none. Raises InvalidInput naming the choices."""
    if not wanted:
        return ""
    with parts.database.read() as unit:
        known = {one.tenant_id: one.tenant_name for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id}
    folded = wanted.casefold()
    found = [one for one, name in known.items() if folded in (one, name.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{name} ({one})" for one, name in known.items()) or "none yet"
    raise InvalidInput(f"Say which organisation with --organisation: {names}.")
