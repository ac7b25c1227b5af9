"""`lockgate report`: make, plan, list and save reports."""

from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.reports import report_service
from lockgate.bootstrap.services import operator
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.errors import InvalidInput
from lockgate.model.report import Brand, ReportForm, ReportFrequency
from lockgate.reporting.overview import lines, overview
from lockgate.reporting.reports import logo
from lockgate.reporting.reports.service import Wanted
from lockgate.reporting.summaries import Period
from lockgate.storage.branding import brand_of, save_brand
from lockgate.storage.reports import Reports

report_app = typer.Typer(help="Reports: make, plan, list, save.", no_args_is_help=True)
Of = Annotated[ReportFrequency, typer.Option("--of", help="The last day, the last seven days or the last month.")]
Name = Annotated[str, typer.Option(help="What it is called.")]
Zone = Annotated[str, typer.Option("--time-zone", help="Whose days, such as Europe/Berlin.")]


@report_app.command()
def make(
    of: Of = ReportFrequency.WEEKLY,
    name: Name = "Threat report",
    time_zone: Zone = "UTC",
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Make a report of whole days that are over; without --organisation of all together."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation)
        report = report_service(parts).make(tenant_id, name, of, time_zone, operator(parts.clock))
    if json:
        print_json(report)
        return
    remark("It is ready; save it with `lockgate report save`.")
    typer.echo(report.id)


@report_app.command()
def numbers(
    of: Annotated[Period, typer.Option("--of", help="How far back, up to now.")] = Period.DAY,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show what the dashboard shows."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation)
        with parts.database.read() as unit:
            whole = overview(unit, parts.clock(), of, frozenset({tenant_id}) if tenant_id else None)
    if json:
        print_json(whole)
        return
    print_table(("What", "Number"), lines(whole))


@report_app.command("list")
def show(settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show what was made, the newest first."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        made = Reports(unit).newest()
    if json:
        print_json(made)
        return
    rows = (
        (one.id, one.name, one.tenant_id or "all", f"{one.begins:%Y-%m-%d}", f"{one.ends:%Y-%m-%d}") for one in made
    )
    print_table(("Id", "Name", "Organisation", "From", "To"), rows)


@report_app.command()
def save(
    report_id: Annotated[str, typer.Argument(help="Its id, of `lockgate report list`.")],
    file: Annotated[Path, typer.Argument(help="Where to: a name that ends with .pdf or .html.")],
    settings: SettingsFile = None,
) -> None:
    """Write a report to a file."""
    try:
        form = ReportForm(file.suffix.lower().lstrip("."))
    except ValueError:
        raise InvalidInput("The file's name ends with .pdf or .html.") from None
    with open_parts(quiet_settings(settings)) as parts:
        _, content = report_service(parts).content(report_id, form)
    file.write_bytes(content)


@report_app.command()
def plan(
    recipients: Annotated[list[str], typer.Argument(help="To whom; none: for download only.")] = [],  # noqa: B006 - typer copies it
    every: Annotated[ReportFrequency, typer.Option("--every", help="How often it comes.")] = ReportFrequency.WEEKLY,
    hour: Annotated[int, typer.Option(min=0, max=23, help="The local hour.")] = 7,
    weekday: Annotated[int, typer.Option(min=0, max=6, help="Of weekly ones; 0 is Monday.")] = 0,
    name: Name = "Threat report",
    time_zone: Zone = "UTC",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Plan a report that comes again and again; a controller makes and mails it."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation)
        wanted = Wanted(tenant_id, name, every, hour, weekday, time_zone, recipients)
        made = report_service(parts).plan(wanted, operator(parts.clock))
    remark(f"It comes next at {made.next_at:%Y-%m-%d %H:%M} UTC.")
    typer.echo(made.id)


@report_app.command()
def plans(settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show what is planned."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = Reports(unit).plans()
    if json:
        print_json(found)
        return
    rows = (
        (one.id, one.name, one.frequency, ", ".join(one.recipients), f"{one.next_at:%Y-%m-%d %H:%M}") for one in found
    )
    print_table(("Id", "Name", "Comes", "To", "Next (UTC)"), rows)


@report_app.command()
def unplan(plan_id: Annotated[str, typer.Argument(help="Its id.")], settings: SettingsFile = None) -> None:
    """Let a planned report come no more."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.write() as unit:
        if not Reports(unit).forget_plan(plan_id, operator(parts.clock)):
            raise InvalidInput("There is no such plan.")


@report_app.command()
def brand(
    name: Annotated[str, typer.Option(help="The name on the reports.")],
    colour: Annotated[str, typer.Option(help="Such as #0d9488.")] = Brand().colour,
    picture: Annotated[Path | None, typer.Option("--logo", help="PNG or JPEG, up to 200 kB.")] = None,
    signature: Annotated[str | None, typer.Option(help="Under letters of notifications; \\n begins a line.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Say how reports and letters look; without --organisation those of all that have chosen nothing."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation)
        with parts.database.read() as unit:
            kept = brand_of(unit, tenant_id)
        drawn = logo.clean(picture.read_bytes()) if picture else kept.logo
        signed = kept.signature if signature is None else signature.replace("\\n", "\n")
        save_brand(parts.database, tenant_id, Brand(name, colour, drawn, signed), operator(parts.clock))
