"""`lockgate policy header-rules`: approved and blocked header fields, and simulations of phishing."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.errors import InvalidInput
from lockgate.model.header_rules import HeaderRules
from lockgate.tuning.header_rules import HEADER_RULES, as_lines, remarks, save_header_rules, saved_header_rules


def header_rules(
    file: Annotated[Path | None, typer.Option(help="Replace all of them by this file, as --json prints them.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Print the rules by which header fields approve, block, or mark a simulation, or replace them by a file."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        saved, seen = saved_header_rules(parts.database, tenant_id)
        if file is not None:
            wanted = _read(file)
            version = save_header_rules(parts.database, tenant_id, wanted, operator(parts.clock), seen=seen)
            remark(f"Version {version} is in force within a second.")
            for sentence in (one for rule in wanted.header_rules for one in remarks(rule)):
                remark(f"Worth knowing: {sentence}")
            return
    if json:
        print_json(saved)
        return
    print_table(
        ("Rule", "Makes it", "Fields", "Only from", "Policy", "Until"),
        (
            (one.name, one.standing, as_lines(one.fields), ", ".join((*one.networks, *one.domains)) or "anywhere",
             one.policy_id or "all", one.expires_at or "")
            for one in saved.header_rules
        ),
    )  # fmt: skip


def _read(file: Path) -> HeaderRules:
    try:
        return HEADER_RULES.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error
