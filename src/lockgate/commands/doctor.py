"""`lockgate doctor`: is this installation fit to run, and ready for a tenant? Each answer says what to do."""

import asyncio
from typing import Annotated

import typer

from lockgate.bootstrap.fitness import examine
from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.tenant_fitness import examine_tenant
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.commands.tenant import Account, chosen
from lockgate.model.errors import LockgateError
from lockgate.model.fitness import Answer, Grade
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.settings import Settings
from lockgate.storage.service_accounts import ServiceAccounts


def doctor(
    tenant: Annotated[bool, typer.Option("--tenant", help="Also ask all that a real tenant needs.")] = False,
    account: Account = "",
    domain: Annotated[str, typer.Option(help="Before the grant: a domain of the organisation.")] = "",
    public_port: Annotated[int, typer.Option(help="Where the world reaches the gateway.", min=1, max=65535)] = 25,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Check settings, certificates, ports, DNS, Microsoft's hosts and what waits. Exit status 1 when one fails."""
    read = quiet_settings(settings)
    answers = asyncio.run(examine(read))
    if tenant:
        answers += asyncio.run(_of_tenant(read, account, domain, public_port))
    if json:
        print_json(answers)
    else:
        rows = ((one.grade.value, one.question, one.detail, one.fix) for one in answers)
        print_table(("", "Question", "Answer", "What to do"), rows)
    if any(one.grade is Grade.FAIL for one in answers):
        raise typer.Exit(1)


async def _of_tenant(settings: Settings, account: str, domain: str, port: int) -> list[Answer]:
    try:
        with open_parts(settings) as parts:
            with parts.database.read() as unit:
                known = [
                    one
                    for one in ServiceAccounts(unit, parts.vault).all()
                    if one.status is not AccountStatus.REVOKED and one.tenant_id
                ]
            found: ServiceAccount | None = chosen(known, account) if account or (known and not domain) else None
            return await examine_tenant(parts, found, domain=domain, port=port)
    except OSError as error:
        raise LockgateError(f"The installation cannot be opened: {error}") from error
