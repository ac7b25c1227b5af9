"""`lockgate policy coverage`: which mailboxes no policy acts for."""

from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.policy_coverage import Cover, inventory


def coverage(
    cover: Annotated[list[Cover] | None, typer.Option(help="Only these; without it everything but protected.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="One direction only.")] = None,
    rows: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many mailboxes are listed.")] = 100,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Count mailboxes by what covers them, and list those that no policy acts for."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        directory = DirectoryCache(parts.database)
        directory.refresh()
        with parts.database.read() as unit:
            accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id == tenant_id]
            if not accounts:
                raise InvalidInput("There is no grant of this organisation.")
            told = inventory(
                unit,
                accounts[-1],
                lambda address: directory.profile(tenant_id, address),
                covers=frozenset(cover or set(Cover) - {Cover.PROTECTED}),
                direction=direction,
                most=rows,
            )
    counts = [(way.value, how.value, count) for (way, how), count in sorted(told.counts.items())]
    if json:
        named = [dict(zip(("direction", "cover", "mailboxes"), one, strict=True)) for one in counts]
        print_json({"mailboxes": told.mailboxes, "counts": named, "rows": told.rows, "more": told.more})
        return
    print_table(("Direction", "Covered by", "Mailboxes"), counts)
    if told.rows:
        cells = ((one.address, one.display_name, one.direction, one.cover, one.policy) for one in told.rows)
        print_table(("Mailbox", "Name", "Direction", "Covered by", "Policy"), cells)
    if told.more:
        remark("There are more; ask with a larger --rows.")
