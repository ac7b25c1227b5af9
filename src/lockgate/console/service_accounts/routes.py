"""The list of service accounts and one of them: plan, upgrade, bypass, sync, revoke. Granting itself is `grant/`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.dashboard.status import GRANT, service_status
from lockgate.console.guard.visitors import Admin, Viewer
from lockgate.console.parts import Parts, needed
from lockgate.console.rendering import fragment, go_to, in_place_of_all, page
from lockgate.console.service_accounts.repair import repair_of
from lockgate.microsoft365.care import LOOKED_AT_EVERY
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.tasks import Task
from lockgate.microsoft365.verification import CHECKLIST
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.fixes import Fix
from lockgate.model.service_account import AccountStatus, ConsentStep, Progress
from lockgate.model.tenant_care import Reach, Watchdog

router = APIRouter(prefix="/service-accounts")
NAME = "The connection to Microsoft 365"
TITLES = {
    Task.PROVISION: "First sync",
    Task.APPLY: "Setting up mail flow",
    Task.SWITCH: "Switching a direction",
    Task.ROTATE: "New secrets",
    Task.WATCH: "Check of the organisation",
    Task.SYNC: "Sync",
    Task.ACTIVITY: "Activity data",
    Task.REMOVE: "Removing a direction",
    Task.REVOKE: "Revoking",
    Task.ABANDON: "Forgetting the organisation",
}
FIXES = {fix: question for question in CHECKLIST for fix in Fix if fix.value == question.id}
CONSENTS = {
    ConsentStep.MAIL_FLOW: "Configure mail flow",
    ConsentStep.DIRECTORY: "Read users, groups and domains; access mailboxes",
    ConsentStep.ACTIVITY: "Read activity data",
}


@router.get("")
def show_all(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """Every account that was not revoked."""
    mine = [account for account in needed(parts.grants, NAME).accounts() if visitor.sees(account.tenant_id)]
    services = [service_status(account) for account in mine]
    return page(request, visitor, "service_accounts/page.html", {"services": services, "grant": GRANT})


@router.get("/{account_id}")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """One account with its tasks."""
    grants = needed(parts.grants, NAME)
    account = grants.account(account_id)
    values = {
        "account": account, "service": service_status(account), "tasks": _tasks(grants, account_id),
        "consents": CONSENTS, "grant": GRANT, "revoked": account.status is AccountStatus.REVOKED,
        "waiting": grants.waits_for_mail(account_id),
        "repair": repair_of(account, grants.identity.cloud.portal) if account.trouble else None,
    }  # fmt: skip
    return page(request, visitor, "service_accounts/account.html", values)


@router.get("/{account_id}/tasks")
def tasks(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """The tasks alone, for refreshing; once they have ended the account looks different too."""
    grants = needed(parts.grants, NAME)
    found = _tasks(grants, account_id)
    if all(progress.finished for _, progress in found):
        return in_place_of_all(show(request, visitor, parts, account_id))
    values = {"tasks": found, "account_id": account_id, "waiting": grants.waits_for_mail(account_id)}
    return fragment(request, visitor, "service_accounts/tasks.html", values)


@router.get("/{account_id}/drift")
def drift(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """What others have changed, when we look, and the way to a repair."""
    account = needed(parts.grants, NAME).account(account_id)
    values = {
        "account": account, "grant": GRANT, "knows_who": account.granted(ConsentStep.ACTIVITY),
        "next_look": next_look(parts.clock()) if account.last_sync else None,
    }  # fmt: skip
    return page(request, visitor, "service_accounts/drift.html", values)


@router.get("/{account_id}/plan")
async def plan(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Every change to the tenant that is missing, before it is made."""
    grants = needed(parts.grants, NAME)
    account = await asyncio.to_thread(grants.account, account_id)
    values = {"account": account, "plan": await grants.plan(account_id), "fixes": FIXES, "removal": False}
    return await asyncio.to_thread(page, request, visitor, "service_accounts/plan.html", values)


@router.get("/{account_id}/removal")
async def removal(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """What revoking would do to the tenant, before it is done."""
    grants = needed(parts.grants, NAME)
    account = await asyncio.to_thread(grants.account, account_id)
    values = {"account": account, "plan": await grants.removal_plan(account_id), "removal": True}
    return await asyncio.to_thread(page, request, visitor, "service_accounts/plan.html", values)


@router.post("/{account_id}/fixes")
def choose_fixes(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    fixes: Annotated[list[Fix] | None, Form()] = None,
) -> Response:
    """Choose which settings of theirs are put right, and go on to the plan."""
    needed(parts.grants, NAME).choose_fixes(account_id, fixes or (), visitor.author)
    return go_to(request, f"/service-accounts/{account_id}/plan", "Chosen. Apply the plan to have it.")


@router.post("/{account_id}/apply")
def apply(
    request: Request, visitor: Admin, parts: Parts, account_id: str, digest: Annotated[str, Form(max_length=64)]
) -> Response:
    """Make the changes of the plan that was shown."""
    needed(parts.grants, NAME).apply(account_id, digest, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "The changes are being made; this page follows them.")


@router.post("/{account_id}/upgrade-{direction}")
def upgrade(request: Request, visitor: Admin, parts: Parts, account_id: str, direction: Direction) -> Response:
    """Add a direction, and go on to the plan."""
    needed(parts.grants, NAME).upgrade(account_id, direction, visitor.author)
    text = (
        f"{direction.capitalize()} protection is part of this service account now. Look at the changes it needs, "
        "and apply them."
    )
    return go_to(request, f"/service-accounts/{account_id}/plan", text)


@router.post("/{account_id}/bypass")
def bypass(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    direction: Annotated[Direction, Form()],
    on: Annotated[bool, Form()],
) -> Response:
    """Take a direction out of the mail flow, or put it back."""
    needed(parts.grants, NAME).bypass(account_id, direction, on=on, author=visitor.author)
    text = (
        f"{direction.capitalize()} mail is being {'led past the gateway' if on else 'led through the gateway again'}."
    )
    return go_to(request, f"/service-accounts/{account_id}", text)


@router.post("/{account_id}/pilot")
def pilot(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    group: Annotated[str, Form(max_length=320)] = "",
    domains: Annotated[str, Form(max_length=2000)] = "",
    people: Annotated[str, Form(max_length=10_000)] = "",
    of_policies: Annotated[bool, Form()] = False,
) -> Response:
    """Choose whose mail is routed; all fields empty means everybody's."""
    reach = Reach(group.strip(), _listed(domains), _listed(people), of_policies)
    needed(parts.grants, NAME).pilot(account_id, reach, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}/plan", f"Chosen: {reach.words}. Apply the plan to have it.")


@router.post("/{account_id}/watch")
def watch(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Look now whether all is as we left it."""
    needed(parts.grants, NAME).watch(account_id, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "The organisation is being looked at.")


@router.post("/{account_id}/watchdog")
def watchdog(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    on: Annotated[bool, Form()],
    minutes: Annotated[int, Form(ge=5, le=1440)] = 15,
    percent: Annotated[int, Form(ge=1, le=100)] = 50,
    resume_minutes: Annotated[int, Form(ge=0, le=1440)] = 0,
) -> Response:
    """Let mail be led past gateways that fail, or leave that to people."""
    rules = Watchdog(minutes, percent, resume_minutes) if on else None
    needed(parts.grants, NAME).set_watchdog(account_id, rules, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", f"The watchdog is {'on' if on else 'off'}.")


@router.post("/{account_id}/rotate")
def rotate(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Renew the secrets that rules and gateways share."""
    needed(parts.grants, NAME).rotate(account_id, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "New secrets are being made; mail goes on meanwhile.")


@router.post("/{account_id}/remove")
def remove(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    direction: Annotated[Direction, Form()],
    confirm: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Take one direction out of the organisation."""
    if confirm.strip().lower() != "remove":
        raise InvalidInput("Type the word 'remove' to confirm; nothing was changed.")
    needed(parts.grants, NAME).remove(account_id, direction, visitor.author)
    text = f"{direction.capitalize()} protection is being taken out of the organisation; this page follows it."
    return go_to(request, f"/service-accounts/{account_id}", text)


@router.post("/{account_id}/leave-now")
def leave_now(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Let a removal go on without the mail that Exchange keeps."""
    needed(parts.grants, NAME).leave_now(account_id, visitor.author)
    text = "The removal goes on; what the gateway has accepted is delivered first."
    return go_to(request, f"/service-accounts/{account_id}", text)


@router.post("/{account_id}/abandon")
def abandon(
    request: Request, visitor: Admin, parts: Parts, account_id: str, confirm: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Forget an organisation that does not let us in any more."""
    if confirm.strip().lower() != "forget":
        raise InvalidInput("Type the word 'forget' to confirm; nothing was changed.")
    needed(parts.grants, NAME).abandon(account_id, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "The organisation is being forgotten here.")


@router.post("/{account_id}/sync")
def sync(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Read users, groups and domains now."""
    needed(parts.grants, NAME).sync(account_id, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "Users, groups and domains are being read.")


@router.post("/{account_id}/revoke")
def revoke(
    request: Request, visitor: Admin, parts: Parts, account_id: str, confirm: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Take everything of ours out of the tenant."""
    if confirm.strip().lower() != "revoke":
        raise InvalidInput("Type the word 'revoke' to confirm; nothing was changed.")
    needed(parts.grants, NAME).revoke(account_id, visitor.author)
    return go_to(request, f"/service-accounts/{account_id}", "Access is being revoked; this page follows it.")


def next_look(now: datetime) -> datetime:
    """When housekeeping looks at every organisation for the next time."""
    seconds = LOOKED_AT_EVERY.total_seconds()
    return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, tz=UTC)


def _tasks(grants: GrantService, account_id: str) -> list[tuple[str, Progress]]:
    """What has run or runs, the newest kind first in the order of an account's life."""
    known = [(TITLES[task], grants.progress(account_id, task)) for task in Task]
    return [(title, progress) for title, progress in known if progress.stages]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
