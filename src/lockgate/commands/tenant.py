"""`lockgate tenant`: service accounts at the command line; the same service as the console's pages.

Rule: a command that changes the tenant shows what it will do and asks, unless it is told not to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.services import grants, operator
from lockgate.commands import tenant_output as output
from lockgate.commands.following import follow
from lockgate.commands.output import AsJson, NoWait, SettingsFile, Yes, quiet_settings, remark
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.leaving import returned
from lockgate.microsoft365.plan import Plan
from lockgate.microsoft365.tasks import Task
from lockgate.microsoft365.verification import Outcome
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.fixes import Fix
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_care import Reach, Watchdog

tenant_app = typer.Typer(help="Service accounts: what is granted, planned, applied.", no_args_is_help=True)
Account = Annotated[
    str, typer.Option("--account", metavar="NAME|ID", help="Organisation, tenant id or account id, if there are more.")
]
Work = Callable[[GrantService, ServiceAccount], Awaitable[None]]


@tenant_app.command()
def status(account: Account = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show every service account: directions, permissions, role, last sync, problem."""

    async def show() -> None:
        async with grants(quiet_settings(settings)) as service:
            found = await asyncio.to_thread(service.accounts)
            output.accounts([chosen(found, account)] if account else found, json)

    asyncio.run(show())


@tenant_app.command()
def verify(account: Account = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """Check the tenant's settings that could get in the way. Exit status 1 when one fails."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        _require_role(one)
        checks = await service.verification(one.id)
        output.checks(checks, json)
        if any(check.outcome is Outcome.FAIL for check in checks):
            raise typer.Exit(1)

    _run(settings, account, work)


@tenant_app.command()
def plan(
    removal: Annotated[bool, typer.Option("--removal", help="Show what revoking would do instead.")] = False,
    account: Account = "", settings: SettingsFile = None, json: AsJson = False,
) -> None:  # fmt: skip
    """Show every change that is missing in the tenant, field by field, and change nothing."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        output.plan(await (service.removal_plan(one.id) if removal else service.plan(one.id)), json)

    _run(settings, account, work)


@tenant_app.command()
def apply(
    account: Account = "",
    digest: Annotated[str, typer.Option(help="Apply only the plan with this digest.")] = "",
    yes: Yes = False,
    no_wait: NoWait = False,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Make the planned changes, prove each direction with a probe, and go live."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        planned = await service.plan(one.id)
        _require_plan(planned, digest)
        if not (digest or yes):
            output.plan(planned, as_json=False)
            _ask(f"Make these {len(planned.changes)} changes in {one.tenant_name}?")
        service.apply(one.id, planned.digest, operator(system_clock))
        await _followed(service, one, Task.APPLY, no_wait, json)

    _run(settings, account, work)


@tenant_app.command("upgrade-outbound")
def upgrade_outbound(account: Account = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """Add outbound protection to the grant, and show the changes that it needs."""
    _upgrade(Direction.OUTBOUND, account, settings, json)


@tenant_app.command("upgrade-inbound")
def upgrade_inbound(account: Account = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """Add inbound protection to the grant, and show the changes that it needs."""
    _upgrade(Direction.INBOUND, account, settings, json)


@tenant_app.command()
def remove(
    direction: Annotated[Direction, typer.Argument(help="Which one.")],
    account: Account = "",
    yes: Yes = False,
    no_wait: NoWait = False,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Take one direction out of the tenant; the other one goes on."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        if not yes:
            _ask(f"Take {direction} protection out of {one.tenant_name}?")
        await asyncio.to_thread(service.remove, one.id, direction, operator(system_clock))
        await _followed(service, one, Task.REMOVE, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def watch(account: Account = "", no_wait: NoWait = False, settings: SettingsFile = None, json: AsJson = False) -> None:
    """Look now whether we are let in as granted, and whether all is as Lockgate left it."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.watch, one.id, operator(system_clock))
        await _followed(service, one, Task.WATCH, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def rotate(account: Account = "", no_wait: NoWait = False, settings: SettingsFile = None, json: AsJson = False) -> None:
    """Begin to renew the secrets that rules and gateways share; the later phases follow by themselves."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.rotate, one.id, operator(system_clock))
        await _followed(service, one, Task.ROTATE, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def pilot(
    group: Annotated[str, typer.Option(help="Route only mail of this group's members.")] = "",
    domain: Annotated[list[str] | None, typer.Option(help="Route only mail of this accepted domain.")] = None,
    person: Annotated[
        list[str] | None, typer.Option(help="Route only mail of this person or group; repeat it.")
    ] = None,
    of_policies: Annotated[bool, typer.Option(help="Route only mail of whoever an enabled policy is for.")] = False,
    account: Account = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Choose whose mail is routed, without options everybody's, and show the changes that it needs."""
    reach = Reach(group, tuple(domain or ()), tuple(person or ()), of_policies)

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.pilot, one.id, reach, operator(system_clock))
        output.plan(await service.plan(one.id), json)
        remark("Look at the changes, then make them with `lockgate tenant apply`.")

    _run(settings, account, work)


@tenant_app.command()
def fix(
    fixes: Annotated[list[Fix] | None, typer.Argument(help="What to put right; the others are given back.")] = None,
    account: Account = "", settings: SettingsFile = None, json: AsJson = False,
) -> None:  # fmt: skip
    """Choose which settings of the tenant Lockgate puts right, and show the changes. Without names none."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.choose_fixes, one.id, fixes or (), operator(system_clock))
        output.plan(await service.plan(one.id), json)
        remark("Look at the changes, then make them with `lockgate tenant apply`.")

    _run(settings, account, work)


@tenant_app.command()
def abandon(
    account: Account = "", yes: Yes = False, no_wait: NoWait = False, settings: SettingsFile = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    """Forget a tenant that does not let us in any more, and list what stays in it."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        if not yes:
            _ask(f"Forget {one.tenant_name or 'this organisation'} and remove nothing in it?")
        await asyncio.to_thread(service.abandon, one.id, operator(system_clock))
        await _followed(service, one, Task.ABANDON, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def bypass(
    direction: Annotated[Direction, typer.Argument(help="Which mail.")],
    off: Annotated[bool, typer.Option("--off", help="Put the direction back into service.")] = False,
    account: Account = "",
    no_wait: NoWait = False,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Lead one direction's mail past the gateway, or with --off through it again."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.bypass, one.id, direction, on=not off, author=operator(system_clock))
        await _followed(service, one, Task.SWITCH, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def watchdog(
    off: Annotated[bool, typer.Option("--off", help="Leave bypasses to people.")] = False,
    minutes: Annotated[int, typer.Option(min=5, help="How long gateways must have failed.")] = 15,
    percent: Annotated[int, typer.Option(min=1, max=100, help="Or this share of messages not inspected.")] = 50,
    resume_after: Annotated[int, typer.Option(min=0, help="Minutes of health, then back; 0: only by hand.")] = 0,
    account: Account = "",
    settings: SettingsFile = None,
) -> None:
    """Lead mail past gateways that fail without being asked, by these rules; or with --off never."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        rules = None if off else Watchdog(minutes, percent, resume_after)
        await asyncio.to_thread(service.set_watchdog, one.id, rules, operator(system_clock))
        remark(f"The watchdog of {one.tenant_name} is {'off' if off else 'on'}.")

    _run(settings, account, work)


@tenant_app.command()
def sync(account: Account = "", no_wait: NoWait = False, settings: SettingsFile = None, json: AsJson = False) -> None:
    """Read users, groups and domains now."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.sync, one.id, operator(system_clock))
        await _followed(service, one, Task.PROVISION if one.last_sync is None else Task.SYNC, no_wait, json)

    _run(settings, account, work)


@tenant_app.command()
def revoke(
    account: Account = "", yes: Yes = False, no_wait: NoWait = False, settings: SettingsFile = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    """Take everything of Lockgate out of the tenant, and forget what was synced."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        if held := await asyncio.to_thread(service.held_messages, one.id):
            remark(f"{held} held messages of {one.tenant_name} cannot be released any more afterwards.")
        if not yes:
            _ask(f"Revoke the access to {one.tenant_name or 'this organisation'}?")
        service.revoke(one.id, operator(system_clock))
        await _followed(service, one, Task.REVOKE, no_wait, json)

    _run(settings, account, work)


@tenant_app.command("leave-now")
def leave_now(account: Account = "", yes: Yes = False, settings: SettingsFile = None) -> None:
    """Let a removal that waits for mail go on; what Exchange keeps for the gateway goes back to its senders."""

    async def work(service: GrantService, one: ServiceAccount) -> None:
        waiting = await asyncio.to_thread(service.waits_for_mail, one.id)
        if waiting and not yes:
            remark(f"Mail for {waiting.in_custody} recipients is with this gateway: it is delivered first in any case.")
            remark(f"Otherwise, {returned(waiting.in_exchange)}.")
            _ask(f"Leave {one.tenant_name} now?")
        await asyncio.to_thread(service.leave_now, one.id, operator(system_clock))
        remark("The removal goes on.")

    _run(settings, account, work)


def chosen(accounts: list[ServiceAccount], wanted: str) -> ServiceAccount:
    """The account that is meant; raises InvalidInput naming the choices."""
    if not accounts:
        raise InvalidInput("There is no service account yet: open the console, and choose Grant Access.")
    folded = wanted.casefold()
    found = [one for one in accounts if not folded or folded in (one.id, one.tenant_id, one.tenant_name.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.tenant_name or one.id for one in accounts)
    raise InvalidInput(f"Say which service account with --account: {names}.")


def _upgrade(direction: Direction, account: str, settings: Path | None, as_json: bool) -> None:
    async def work(service: GrantService, one: ServiceAccount) -> None:
        await asyncio.to_thread(service.upgrade, one.id, direction, operator(system_clock))
        output.plan(await service.plan(one.id), as_json)
        remark("Look at the changes, then make them with `lockgate tenant apply`.")

    _run(settings, account, work)


def _run(settings: Path | None, account: str, work: Work) -> None:
    async def run() -> None:
        async with grants(quiet_settings(settings)) as service:
            await work(service, chosen(await asyncio.to_thread(service.accounts), account))

    asyncio.run(run())


async def _followed(service: GrantService, one: ServiceAccount, task: Task, no_wait: bool, as_json: bool) -> None:
    if no_wait:
        remark(f"Begun. See how far it is with `lockgate tenant status --account {one.id}`.")
    else:
        await follow(service, one.id, task, as_json=as_json)


def _require_role(one: ServiceAccount) -> None:
    if one.role_seen_at is None:
        raise InvalidInput("Nothing can be read yet: grant step 1 and assign the role of step 2 in the console first.")


def _require_plan(planned: Plan, digest: str) -> None:
    if planned.conflicts:
        raise InvalidInput(f"The plan cannot be applied: {' '.join(planned.conflicts)}")
    if digest and planned.digest != digest:
        raise InvalidInput("The tenant has changed since that plan was made; look at the new one and take its digest.")


def _ask(question: str) -> None:
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)
