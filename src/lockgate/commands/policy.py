"""`lockgate policy`: the policies in force; what changes them is in `policy_changes.py`, what tries them in
`policy_test.py` and `policy_replay.py`.
"""

import json as json_module
from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.commands import policy_changes
from lockgate.commands.header_rules import header_rules
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.commands.policy_coverage import coverage
from lockgate.commands.policy_replay import replay
from lockgate.commands.policy_test import test
from lockgate.model.policy import Policy
from lockgate.policy.serialisation import to_json
from lockgate.storage.policies import PolicyStore
from lockgate.tuning.policy_changes import existing, required_draft

policy_app = typer.Typer(help="Policies: list, show, change, compare, test, replay.", no_args_is_help=True)
for verb in (
    policy_changes.new, policy_changes.add, policy_changes.save, policy_changes.publish, policy_changes.discard,
    policy_changes.enable, policy_changes.disable, policy_changes.copy, policy_changes.move, policy_changes.delete,
    policy_changes.versions, policy_changes.diff, policy_changes.rollback, test, replay, coverage,
    header_rules,
):  # fmt: skip
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
    policy_id: Annotated[str, typer.Argument(help="The id of the policy.")],
    draft: Annotated[bool, typer.Option("--draft", help="Its draft instead.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Print a policy as JSON, in the shape that `save` and `test --policy-file` read."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = required_draft(unit, policy_id) if draft else existing(unit, policy_id)
    typer.echo(json_module.dumps(to_json(found), indent=2, ensure_ascii=False))


def _state(policy: Policy) -> str:
    return "off" if not policy.enabled else "monitor only" if policy.monitor_only else "active"
