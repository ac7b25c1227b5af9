"""`lockgate certificates`: when they end, and a new one for our applications at Microsoft."""

import typer

from lockgate.bootstrap.certificates import in_use
from lockgate.bootstrap.microsoft365 import credentials, identity_of
from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.microsoft365.credentials import thumbprint_of

certificates_app = typer.Typer(help="Certificates and their renewal.", no_args_is_help=True)


@certificates_app.command("list")
def show(settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show every certificate in use, and what Microsoft says of the new one that waits."""
    with open_parts(quiet_settings(settings)) as parts:
        used = [(one.name, one.certificate) for one in in_use(parts)]
        waiting = credentials(parts, identity_of(parts)).waiting()
    known = [(name, thumbprint_of(one), one.not_valid_after_utc) for name, one in used]
    if json:
        found = [{"name": name, "thumbprint": thumbprint, "ends": ends} for name, thumbprint, ends in known]
        waits = {"thumbprint": waiting.thumbprint, "refusals": dict(waiting.refusals)} if waiting else None
        print_json({"in_use": found, "waiting": waits})
        return
    print_table(
        ("Certificate", "Thumbprint", "Valid until"), [(one, two, f"{ends:%Y-%m-%d}") for one, two, ends in known]
    )
    if waiting:
        refusals = "; ".join(f"{name}: {why}" for name, why in waiting.refusals.items())
        remark(f"New, waiting: {waiting.thumbprint}. {refusals or 'Not tried yet'}.")


@certificates_app.command()
def renew(settings: SettingsFile = None) -> None:
    """Make a new key pair for our applications, and print the certificate to upload to each app registration."""
    with open_parts(quiet_settings(settings)) as parts:
        made = credentials(parts, identity_of(parts)).renew(operator(parts.clock))
    typer.echo(made.certificate, nl=False)
    remark("Upload this to every app registration of Lockgate, beside the old one; a controller puts it to use then.")


@certificates_app.command()
def check(settings: SettingsFile = None) -> None:
    """Try the new certificate now, and put it to use when it is accepted everywhere. Exit status 1 when not."""
    with open_parts(quiet_settings(settings)) as parts:
        mine = credentials(parts, identity_of(parts))
        done, waiting = mine.check(), mine.waiting()
    if done or waiting is None:
        remark(done or "No new certificate waits.")
        return
    for name, why in waiting.refusals.items():
        remark(f"{name}: {why}")
    raise typer.Exit(1)


@certificates_app.command()
def discard(settings: SettingsFile = None) -> None:
    """Give the new certificate up; the old one stays in use."""
    with open_parts(quiet_settings(settings)) as parts:
        credentials(parts, identity_of(parts)).discard(operator(parts.clock))
