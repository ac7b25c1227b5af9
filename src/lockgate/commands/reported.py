"""`lockgate reported`: mail that people hold to be suspicious: the queue, and what is decided about it."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap import services
from lockgate.bootstrap.parts import open_parts
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.model.errors import InvalidInput
from lockgate.model.pull_back import Destination
from lockgate.model.user_report import OPEN, Mitigation, Similar, UserReport

reported_app = typer.Typer(
    help="Mail that people report: list, show, add, approve, reject, mitigate.", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(metavar="ID", help="As `reported list` shows it.")]


@reported_app.command("list")
def list_reports(
    everything: Annotated[bool, typer.Option("--all", help="Also what was decided.")] = False,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """What waits for a decision, the newest first."""
    loaded = quiet_settings(settings)
    with open_parts(loaded) as parts:
        tenant_id = tenant_id_of(parts, organisation)
    with services.report_desk(loaded) as desk:
        scope = frozenset({tenant_id}) if tenant_id else None
        found = desk.page(() if everything else OPEN, scope, limit=500).reports
    if json:
        print_json([_plain(one) for one in found])
        return
    print_table(("Reported", "Id", "By", "From", "Subject", "Today", "State"), map(_row, found))


@reported_app.command()
def show(report_id: Id, settings: SettingsFile = None, json: AsJson = False) -> None:
    """One report, what is thought of it today, and delivered mail like it."""
    with services.report_desk(quiet_settings(settings)) as desk:
        one, similar = desk.report(report_id), desk.similar(report_id)
    if json:
        print_json({**_plain(one), "similar": [asdict(each) for each in similar]})
        return
    for line in _told(one, similar):
        typer.echo(line)


@reported_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The suspicious message.")],
    reporter: Annotated[str, typer.Option(help="Address of whoever reports it.")],
    comment: Annotated[str, typer.Option(help="What they say.")] = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Report a message from a file for somebody."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}") from error
    loaded = quiet_settings(settings)
    with open_parts(loaded) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
    with services.report_desk(loaded) as desk:
        author = services.operator(desk.clock)
        typer.echo(asyncio.run(desk.take(tenant_id, reporter, content, author, comment)))


@reported_app.command()
def approve(report_id: Id, settings: SettingsFile = None) -> None:
    """The message is harmless; whoever reported it is told."""
    with services.report_desk(quiet_settings(settings)) as desk:
        typer.echo(desk.approve(report_id, services.operator(desk.clock)).note)


@reported_app.command()
def reject(report_id: Id, note: Annotated[str, typer.Option(help="Why.")] = "", settings: SettingsFile = None) -> None:
    """Nothing follows from the report; nobody is told."""
    with services.report_desk(quiet_settings(settings)) as desk:
        typer.echo(desk.reject(report_id, services.operator(desk.clock), note).note)


@reported_app.command()
def mitigate(
    report_id: Id,
    pull_back: Annotated[list[str] | None, typer.Option(help="Our id of a message to take back; repeatable.")] = None,
    same: Annotated[bool, typer.Option("--same", help="Take back every delivery of the reported message.")] = False,
    to: Annotated[Destination, typer.Option(help="Where copies go.")] = Destination.QUARANTINE,
    block_sender: Annotated[list[str] | None, typer.Option(help="An address, or *@domain; repeatable.")] = None,
    block_host: Annotated[list[str] | None, typer.Option(help="A host that it links to; repeatable.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How long blocks last.")] = 30,
    settings: SettingsFile = None,
) -> None:
    """The message is dangerous: take mail like it back, block its sender or links; whoever reported it is told."""
    with services.report_desk(quiet_settings(settings)) as desk:
        chosen = (*(pull_back or ()), *(_same(desk, report_id) if same else ()))
        what = Mitigation(tuple(dict.fromkeys(chosen)), to, tuple(block_sender or ()), tuple(block_host or ()), days)
        typer.echo(desk.mitigate(report_id, what, services.operator(desk.clock)).note)


def _same(desk: ReportDesk, report_id: str) -> Iterator[str]:
    return (one.message_id for one in desk.similar(report_id) if one.same)


def _row(one: UserReport) -> tuple[object, ...]:
    judged = one.judgement
    said = (judged.header_from, judged.subject, judged.verdict.value) if judged else ("", "", "")
    return f"{one.reported_at:%Y-%m-%d %H:%M}", one.id, one.reporter, *said, one.state.value


def _plain(one: UserReport) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "blob"}


def _told(one: UserReport, similar: list[Similar]) -> Iterator[str]:
    yield f"{one.id}: {one.state}, reported by {one.reporter} on {one.reported_at:%Y-%m-%d %H:%M} UTC by {one.way}"
    if one.comment:
        yield f"they say: {one.comment}"
    if judged := one.judgement:
        yield f"from {judged.header_from}: {judged.subject or '(no subject)'}"
        yield f"today {judged.verdict}, score {judged.score:.2f}"
        for finding in judged.findings:
            yield f"  {finding.weight:+.1f} {finding.detector}: {finding.explanation}"
        yield f"links to {', '.join(judged.link_hosts) or 'nothing'}"
    for each in similar:
        yield f"  {each.message_id} {each.alike}: {each.header_from} to {', '.join(each.recipients)}: {each.subject}"
    if one.note:
        yield f"decided by {one.decided_by}: {one.note}"
