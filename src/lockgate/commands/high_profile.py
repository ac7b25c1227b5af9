"""`lockgate detectors high-profile`: the people and domains that attackers imitate, printed and replaced."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, quiet_settings, remark
from lockgate.model.errors import InvalidInput
from lockgate.model.high_profile import HighProfile
from lockgate.tuning.high_profile import HIGH_PROFILE, as_lines, save_high_profile, saved_high_profile


def high_profile(
    file: Annotated[Path | None, typer.Option(help="Replace all of it by this file, as --json prints it.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Print whom attackers imitate, or replace it by a file."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        if file is not None:
            _, seen = saved_high_profile(parts.database, tenant_id)
            version = save_high_profile(parts.database, tenant_id, _read(file), operator(parts.clock), seen=seen)
            remark(f"Version {version} is in force within a second.")
            return
        saved, _ = saved_high_profile(parts.database, tenant_id)
    if json:
        print_json(saved)
        return
    typer.echo(f"by job title: {'yes' if saved.by_title else 'no'}")
    typer.echo(f"everybody in the directory: {'yes' if saved.everybody else 'no'}")
    typer.echo(as_lines(saved.people))
    for one in saved.exceptions:
        typer.echo(f"exception: {one}")
    for one in saved.domains:
        typer.echo(f"domain: {one}")


def _read(file: Path) -> HighProfile:
    try:
        return HIGH_PROFILE.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error
