"""`lockgate policy replay`: what a policy or a draft would have done with the mail of the last days."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.commands.policy_changes import PolicyId, read_policy
from lockgate.model.policy import ActionKind
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.policies import PolicyStore
from lockgate.storage.traces import TraceFilter, every
from lockgate.tuning.policy_changes import existing, required_draft, with_instead
from lockgate.tuning.policy_replay import ReplayedFates, replay_fates


def replay(
    policy_id: PolicyId,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days of the trace.")] = 7,
    draft: Annotated[bool, typer.Option("--draft", help="Its draft.")] = False,
    policy_file: Annotated[Path | None, typer.Option(help="This text (JSON) in its place.")] = None,
    before: Annotated[str, typer.Option(help="Only messages that meet this now, such as pass.")] = "",
    after: Annotated[str, typer.Option(help="And would have met that, such as quarantine.")] = "",
    rows: Annotated[int, typer.Option(min=0, max=100_000, help="How many messages to show.")] = 50,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Decide past mail twice: by the policies in force, and with this one in its place, switched on."""
    with open_parts(quiet_settings(settings)) as parts:
        directory = DirectoryCache(parts.database)
        directory.refresh()
        with parts.database.read() as unit:
            present, store = existing(unit, policy_id), PolicyStore(unit)
            tenant_id = store.tenant_of(policy_id)
            now = store.current(tenant_id, present.direction)
            tried = required_draft(unit, policy_id) if draft else present
        tried = read_policy(policy_file) if policy_file else tried
        wanted = TraceFilter(tenant_id=tenant_id, direction=now.direction, since=parts.clock() - timedelta(days=days))
        told = replay_fates(
            every(parts.database, wanted),
            now,
            with_instead(now, tried),
            lambda address: directory.profile(tenant_id, address),
            only=(before, after) if before and after else None,
            rows=rows,
        )
    if json:
        print_json(as_json(told))
    else:
        _show(told, days)


def as_json(told: ReplayedFates) -> dict[str, object]:
    """As `--json` prints it."""
    return {
        "messages": told.messages,
        "recipients": told.recipients,
        "changed": told.changed,
        "moved": [{"before": old, "after": new, "recipients": n} for (old, new), n in told.moved.most_common()],
        "actions": [
            {"action": one.value, "before": told.before[one.value], "after": told.after[one.value]}
            for one in ActionKind
            if told.before[one.value] or told.after[one.value]
        ],
        "links": {"before": told.links_before, "after": told.links_after},
        "rows": told.rows,
        "back_to": told.back_to,
    }


def _show(told: ReplayedFates, days: int) -> None:
    said = f"{told.messages} messages of the last {days} days for {told.recipients} recipients"
    typer.echo(f"{said}; {told.changed} would have met another fate.")
    if told.links_before or told.links_after:
        typer.echo(f"Links judged again when followed: in {told.links_before} deliveries, then in {told.links_after}.")
    if not told.changed:
        return
    print_table(("Now", "Then", "Recipients"), ((old, new, n) for (old, new), n in told.moved.most_common()))
    kinds = [one.value for one in ActionKind if told.before[one.value] or told.after[one.value]]
    print_table(("Action", "Now", "Then"), ((one, told.before[one], told.after[one]) for one in kinds))
    rows = ((f"{one.received_at:%Y-%m-%d %H:%M}", one.message_id, one.header_from, one.rcpt_to, one.subject[:60],
             f"{one.before} > {one.after}") for one in told.rows)  # fmt: skip
    print_table(("When", "Id", "From", "For", "Subject", "Outcome"), rows)
