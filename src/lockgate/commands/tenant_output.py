"""How `lockgate tenant` shows accounts, checks and plans. Secrets in plans are masked before they come here."""

from collections.abc import Sequence

import typer

from lockgate.commands.output import print_json, print_table
from lockgate.microsoft365.plan import Change, Plan
from lockgate.microsoft365.verification import Check
from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix
from lockgate.model.service_account import ServiceAccount

NOT_SET = "(not set)"


def accounts(found: Sequence[ServiceAccount], as_json: bool) -> None:
    """Every account as it stands."""
    if as_json:
        print_json([_account(one) for one in found])
        return
    if not found:
        typer.echo("There is no service account yet: open the console, and choose Grant Access.")
    for one in found:
        typer.echo(one.tenant_name or "Not signed in yet")
        for name, value in _account(one).items():
            shown = ", ".join(f"{key}: {item}" for key, item in value.items()) if isinstance(value, dict) else value
            typer.echo(f"  {name.replace('_', ' '):<14} {shown or '-'}")


def _account(one: ServiceAccount) -> dict[str, object]:
    return {
        "id": one.id,
        "tenant_id": one.tenant_id,
        "tenant_name": one.tenant_name,
        "status": one.status.value,
        "problem": one.problem,
        "directions": {
            each.value: one.protection(each).value if one.wants(each) else "not granted" for each in Direction
        },
        "consents": {step.value: at.isoformat() for step, at in one.consents.items()},
        "role_seen_at": one.role_seen_at.isoformat() if one.role_seen_at else "",
        "policy": "monitor only" if one.monitor_only else "active",
        "fixes": {fix.value: _state(one, fix) for fix in Fix},
        "domains": [domain.name for domain in one.domains],
        "next_hop": one.next_hop,
        "last_sync": one.last_sync.isoformat() if one.last_sync else "",
        "counts": {"users": one.counts.users, "groups": one.counts.groups, "domains": one.counts.domains},
    }


def _state(one: ServiceAccount, fix: Fix) -> str:
    """Where a fix stands: applied, or what the next plan does."""
    if fix in one.fixes:
        return "applied" if fix in one.chosen_fixes else "to be given back"
    return "chosen" if fix in one.chosen_fixes else "not chosen"


def checks(found: Sequence[Check], as_json: bool) -> None:
    """Every question with its answer, and the fix where one is needed."""
    rows = [
        {
            "id": one.question.id,
            "outcome": one.outcome.value,
            "title": one.question.title,
            "meaning": one.question.meaning,
            "detail": one.detail,
            "fix": one.fix,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("", "Check", "Found", "Fix"), [(row["outcome"], row["title"], row["detail"], row["fix"]) for row in rows]
    )


def plan(found: Plan, as_json: bool) -> None:
    """Every change in its order, field by field, with reason and permission; then the digest."""
    if as_json:
        print_json(
            {
                "digest": found.digest,
                "conflicts": found.conflicts,
                "changes": [_change(one) for one in found.changes],
                "stays": found.stays,
            }
        )
        return
    for conflict in found.conflicts:
        typer.echo(f"Conflict: {conflict}")
    if found.is_empty:
        typer.echo("The organisation is as it should be; there is nothing to change.")
        return
    for number, one in enumerate(found.changes, start=1):
        typer.echo(f"{number:>2}. {one.kind.value} {one.resource} '{one.name}': {one.reason}")
        typer.echo(f"    by {', '.join(dict.fromkeys(call.cmdlet for call in one.calls))}; needs {one.permission}")
        for field in one.fields:
            typer.echo(f"    {field.name}: {field.before or NOT_SET} -> {field.after or NOT_SET}")
    for sentence in found.stays:
        typer.echo(f"Stays: {sentence}")
    typer.echo(f"Digest {found.digest}")


def _change(one: Change) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "resource": one.resource,
        "name": one.name,
        "reason": one.reason,
        "permission": one.permission,
        "cmdlets": [call.cmdlet for call in one.calls],
        "fields": [{"name": field.name, "before": field.before, "after": field.after} for field in one.fields],
    }
