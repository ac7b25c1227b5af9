"""`lockgate policy`: the policies in force, and what they would do with a message from a file."""

import json as json_module
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.commands.inspect import judge_message
from lockgate.commands.inspection_processes import Task, run
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.commands.policy_changes import (
    add,
    copy,
    delete,
    diff,
    disable,
    discard,
    enable,
    move,
    publish,
    read_policy,
    rollback,
    save,
    versions,
)
from lockgate.model.decision import Decision
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Report
from lockgate.model.policy import Policy, PolicySet, RecipientProfile
from lockgate.policy.engine import decide
from lockgate.policy.serialisation import to_json
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.policies import PolicyStore

policy_app = typer.Typer(help="Policies: list, show, change, compare, test.", no_args_is_help=True)
for verb in (add, save, publish, discard, enable, disable, copy, move, delete, versions, diff, rollback):
    policy_app.command()(verb)


@policy_app.command("list")
def list_policies(organisation: Organisation = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """List the policies of every organisation in the order in which they are looked at."""
    with open_parts(quiet_settings(settings)) as parts:
        only = tenant_id_of(parts, organisation)
        with parts.database.read() as unit:
            found = PolicyStore(unit).all_current()
    rows = [
        (tenant, one)
        for (tenant, _), policies in sorted(found.items())
        if tenant == only or not only
        for one in policies.policies
    ]
    if json:
        print_json([{"tenant_id": tenant, **to_json(one)} for tenant, one in rows])
        return
    print_table(
        ("Organisation", "Direction", "No.", "Id", "Name", "Version", "State"),
        ((t, one.direction, one.priority, one.id, one.name, one.version, _state(one)) for t, one in rows),
    )


@policy_app.command()
def show(
    policy_id: Annotated[str, typer.Argument(help="The id of the policy.")], settings: SettingsFile = None
) -> None:
    """Print a policy as JSON, in the shape that `test --policy-file` reads."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = PolicyStore(unit).get(policy_id)
    if found is None:
        raise InvalidInput("There is no such policy; `lockgate policy list` has the ids.")
    typer.echo(json_module.dumps(to_json(found), indent=2, ensure_ascii=False))


@policy_app.command()
def test(
    paths: Annotated[list[Path], typer.Argument(help="Message files.")],
    direction: Annotated[Direction, typer.Option(help="Which way the messages travel.")] = Direction.INBOUND,
    tenant: Annotated[str, typer.Option(help="Tenant id, if there are several organisations.")] = "",
    recipient: Annotated[list[str] | None, typer.Option(help="Instead of those in To and Cc; may be repeated.")] = None,
    policy_file: Annotated[
        Path | None, typer.Option(help="Try this policy (JSON) alone, instead of those in force.")
    ] = None,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Say what would become of messages, for whom, by which policy and why. Nothing is sent or stored."""
    with open_parts(quiet_settings(settings)) as parts:
        directory = DirectoryCache(parts.database)
        directory.refresh()
        with parts.database.read() as unit:
            policies = _policies(PolicyStore(unit), tenant, direction, policy_file)
    domains = directory.protected_identities(policies.tenant_id).domains

    def judge(content: bytes) -> dict[str, object]:
        report, sender, addressed = judge_message(content, direction, domains)
        recipients = recipient or list(dict.fromkeys(addressed)) or [""]
        decisions = [decide(report, one, _profile(directory, policies, one, sender), policies) for one in recipients]
        return _judged(report, decisions)

    rows = [
        {"path": outcome.path, **outcome.result} for outcome in run([Task(str(path), None) for path in paths], judge)
    ]
    if json:
        print_json(rows)
    else:
        print_table(
            ("Message", "Verdict", "Recipient", "Fate", "Why"), (cells for row in rows for cells in _cells(row))
        )
    if any("error" in row for row in rows):
        raise typer.Exit(1)


def _policies(store: PolicyStore, tenant: str, direction: Direction, file: Path | None) -> PolicySet:
    found = {known: policies for (known, way), policies in store.all_current().items() if way is direction}
    if file is not None:
        only = tenant or next(iter(found), "")
        return PolicySet(only, direction, (replace(read_policy(file), enabled=True),))
    if tenant in found:
        return found[tenant]
    if tenant or len(found) != 1:
        known = ", ".join(sorted(found)) or "none; a grant makes the first ones"
        raise InvalidInput(f"Say whose policies with --tenant: {known}. Or give one with --policy-file.")
    return next(iter(found.values()))


def _profile(directory: DirectoryCache, policies: PolicySet, rcpt_to: str, sender: str) -> RecipientProfile:
    """The protected person: inbound the recipient, outbound the sender."""
    protected = rcpt_to if policies.direction is Direction.INBOUND else sender
    return directory.profile(policies.tenant_id, protected)


def _judged(report: Report, decisions: list[Decision]) -> dict[str, object]:
    return {
        "verdict": report.verdict.value,
        "score": report.score,
        "findings": [{"id": one.detector, "explanation": one.explanation} for one in report.findings],
        "decisions": [
            {
                "rcpt_to": one.rcpt_to,
                "fate": one.fate.value,
                "explanation": one.explanation,
                "policy_id": one.policy_id,
                "policy_name": one.policy_name,
                "policy_version": one.policy_version,
                "rule": one.rule,
                "findings": list(one.reasons),
                "held_back_by_monitor_only": [kind.value for kind in one.monitored],
                "changes": {name: value for name, value in asdict(one.changes).items() if value},
                "refusal": one.refusal,
                "reviewers": list(one.reviewers),
            }
            for one in decisions
        ],
    }


def _cells(row: dict[str, object]) -> Iterator[tuple[object, ...]]:
    decisions = row.get("decisions")
    if not isinstance(decisions, list):
        yield row["path"], "error", "", "", row["error"]
        return
    for one in decisions:
        yield row["path"], row["verdict"], one["rcpt_to"], one["fate"], one["explanation"]


def _state(policy: Policy) -> str:
    return "off" if not policy.enabled else "monitor only" if policy.monitor_only else "active"
