"""`lockgate policy ...`: what changes policies, and what two versions of one differ in. The console does the same."""

import json as json_module
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts, new_id, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy, Targets
from lockgate.policy.differences import differences
from lockgate.policy.serialisation import from_json
from lockgate.policy.starting import starting_policy
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.tuning import policy_changes

PolicyId = Annotated[str, typer.Argument(help="The id of the policy.")]
PolicyFile = Annotated[Path, typer.Argument(help="A policy as `policy show` prints it.")]


def new(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    direction: Annotated[Direction, typer.Option(help="Of which mail.")],
    domain: Annotated[list[str] | None, typer.Option(help="For these domains.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="For these people, by address.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="For these groups, by directory id.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Begin a policy with sensible rules, switched off; for everybody unless somebody is named."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        domains, users = (tuple(one.lower() for one in named or ()) for named in (domain, user))
        targets = Targets(not (domain or user or group), domains, users, tuple(group or ()))
        made = starting_policy(new_id(), direction, name, targets)
        added = policy_changes.add(parts.database, tenant_id, made, operator(parts.clock))
        _tell(parts, added, "is added, the first in the order and switched off; 'policy show' prints it for editing")


def add(file: PolicyFile, organisation: Organisation = "", settings: SettingsFile = None) -> None:
    """Add the policy in a file, switched off; its id is a new one."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        made = replace(read_policy(file), id=new_id(), enabled=False)
        added = policy_changes.add(parts.database, tenant_id, made, operator(parts.clock))
        _tell(parts, added, "is added, switched off")


def save(
    file: PolicyFile,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft; no mail meets it.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Put the policy in a file in force as a new version; `id` and `version` say what it was made from."""
    with open_parts(quiet_settings(settings)) as parts:
        policy, author = read_policy(file), operator(parts.clock)
        if draft:
            policy_changes.keep_draft(parts.database, policy, author)
            _tell(parts, policy, "is kept as a draft")
        else:
            saved = policy_changes.save(parts.database, policy, author)
            _tell(parts, saved, f"is in force within a second, as version {saved.version}")


def publish(policy_id: PolicyId, settings: SettingsFile = None) -> None:
    """Put the draft of a policy in force."""
    with open_parts(quiet_settings(settings)) as parts:
        saved = policy_changes.publish(parts.database, policy_id, operator(parts.clock))
        _tell(parts, saved, f"is in force within a second, as version {saved.version}")


def discard(policy_id: PolicyId, settings: SettingsFile = None) -> None:
    """Forget the draft of a policy."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.write() as unit:
        policy_changes.existing(unit, policy_id)
        PolicyDrafts(unit).discard(policy_id, operator(parts.clock))


def enable(policy_id: PolicyId, settings: SettingsFile = None) -> None:
    """Switch a policy on."""
    _switch(settings, policy_id, on=True)


def disable(policy_id: PolicyId, settings: SettingsFile = None) -> None:
    """Switch a policy off; the next one that is meant for the same people decides."""
    _switch(settings, policy_id, on=False)


def copy(
    policy_id: PolicyId,
    name: Annotated[str, typer.Option(help="What the copy is called.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Copy a policy; the copy stands behind it, switched off."""
    with open_parts(quiet_settings(settings)) as parts:
        with parts.database.write() as unit:
            named = name or f"Copy of {policy_changes.existing(unit, policy_id).name}"[:120]
            made = PolicyStore(unit).copy(policy_id, new_id(), named, operator(parts.clock))
        _tell(parts, made, "is added, switched off")


def move(
    policy_id: PolicyId,
    place: Annotated[int, typer.Argument(min=1, help="1 is looked at first.")],
    settings: SettingsFile = None,
) -> None:
    """Give a policy another place in the order."""
    with open_parts(quiet_settings(settings)) as parts:
        policy = policy_changes.moved(parts.database, policy_id, place, operator(parts.clock))
        _tell(parts, policy, f"is number {policy.priority} now")


def delete(policy_id: PolicyId, settings: SettingsFile = None) -> None:
    """Take a policy out of force; its versions stay."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.write() as unit:
        PolicyStore(unit).delete(policy_id, operator(parts.clock))


def versions(policy_id: PolicyId, settings: SettingsFile = None, json: AsJson = False) -> None:
    """List the versions of a policy, the newest first."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        history = PolicyStore(unit).history(policy_id)
    rows = [(one.policy.version, one.saved_at, one.saved_by, one.policy.name) for one in history]
    if json:
        print_json([dict(zip(("version", "saved_at", "saved_by", "name"), row, strict=True)) for row in rows])
    else:
        print_table(("Version", "Saved", "By", "Name"), rows)


def diff(
    policy_id: PolicyId,
    before: Annotated[int, typer.Argument(min=1, help="A version.")],
    after: Annotated[int | None, typer.Argument(min=1, help="Another; without it the one in force.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Compare with the draft.")] = False,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Say what differs between two versions of a policy."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        old = PolicyStore(unit).version(policy_id, before).policy
        if draft:
            new = policy_changes.required_draft(unit, policy_id)
        elif after is not None:
            new = PolicyStore(unit).version(policy_id, after).policy
        else:
            new = policy_changes.existing(unit, policy_id)
    found = differences(old, new)
    if json:
        print_json(found)
    else:
        print_table(("What", "Before", "After"), ((one.place, one.before, one.after) for one in found))


def rollback(
    policy_id: PolicyId,
    version: Annotated[int, typer.Argument(min=1, help="The version to go back to.")],
    settings: SettingsFile = None,
) -> None:
    """Save what an old version said as a new version; switch and place stay as they are."""
    with open_parts(quiet_settings(settings)) as parts:
        with parts.database.write() as unit:
            saved = PolicyStore(unit).roll_back(policy_id, version, operator(parts.clock))
        _tell(parts, saved, f"says what version {version} said, as version {saved.version}")


def read_policy(file: Path) -> Policy:
    """The policy in a file. Raises InvalidInput naming the file and what is wrong."""
    try:
        return from_json(json_module.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The policy in {file} cannot be read: {error}") from error


def _switch(settings: Path | None, policy_id: str, *, on: bool) -> None:
    with open_parts(quiet_settings(settings)) as parts:
        with parts.database.write() as unit:
            policy = PolicyStore(unit).set_enabled(policy_id, on, operator(parts.clock))
        _tell(parts, policy, f"is switched {'on' if on else 'off'}")


def _tell(parts: Parts, policy: Policy, said: str) -> None:
    """The id to standard output, what was done and what its author should know to standard error."""
    typer.echo(policy.id)
    remark(f"'{policy.name}' {said}.")
    with parts.database.read() as unit:
        for one in policy_changes.remarks(unit, policy):
            remark(f"Worth knowing: {one}")
