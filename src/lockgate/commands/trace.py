"""`lockgate trace`: what became of each message, and why."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Annotated

import typer

from lockgate.bootstrap import services
from lockgate.bootstrap.parts import open_parts
from lockgate.commands import logs, searching
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.model.errors import InvalidInput
from lockgate.model.pull_back import CopyState, Destination, PullBack
from lockgate.model.saved_search import Log
from lockgate.model.trace import MessageTrace
from lockgate.reporting.counted_lists import OF_MESSAGES
from lockgate.reporting.exported_lists import message_json
from lockgate.reporting.exports import Form
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.searching import PAGE
from lockgate.storage.traces import TraceFilter

trace_app = typer.Typer(help="The message trace: search, show, export; take delivered mail back.", no_args_is_help=True)


LOOK_EVERY = 0.3  # seconds


@trace_app.command()
def search(
    since: searching.Since = None,
    until: searching.Until = None,
    direction: searching.Which = None,
    address: searching.Address = "",
    words: searching.Words = "",
    verdict: searching.WithVerdict = None,
    state: searching.InState = None,
    message_id: Annotated[str, typer.Option(help="Ours, Exchange's, or the Message-ID.")] = "",
    source: Annotated[str, typer.Option(help="A list, feed or scanner that had a hit, such as clamav.")] = "",
    limit: searching.Limit = PAGE,
    older: searching.Older = "",
    facets: searching.Counted = False,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Find messages, the newest first."""
    begin, end = searching.beginning(since), searching.end(until)
    wanted = TraceFilter(
        since=begin, until=end, direction=direction, address=address, words=words, verdict=verdict, state=state,
        message_id=message_id, source=source,
    )  # fmt: skip
    with open_parts(quiet_settings(settings)) as parts:
        wanted = replace(wanted, tenant_id=tenant_id_of(parts, organisation))
        if facets:
            searching.print_facets(OF_MESSAGES.facets(parts.database, wanted), as_json=json)
            return
        page = TraceSearch(parts.database).page(wanted, older, limit)
    if json:
        print_json({"messages": [message_json(one) for one in page.traces], "older": page.older})
        return
    print_table(("Received", "Id", "", "From", "Recipients", "Subject", "Verdict"), (_row(one) for one in page.traces))
    if page.older:
        remark(f"There are more: --older {page.older}")


@trace_app.command()
def show(
    message_id: Annotated[str, typer.Argument(help="Our id of the message.")],
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Show one message: every recipient, finding and step."""
    with open_parts(quiet_settings(settings)) as parts:
        trace = TraceSearch(parts.database).message(message_id)
    if json:
        print_json(message_json(trace))
        return
    for line in _told(trace):
        typer.echo(line)


@trace_app.command()
def export(
    form: logs.AsForm = Form.CSV,
    since: searching.Since = None,
    until: searching.Until = None,
    direction: searching.Which = None,
    address: searching.Address = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Write what is found to standard output, without an end; `logs export trace` knows every field."""
    fields = {"since": searching.written(since), "until": searching.written(until), "address": address}
    where = [f"{name}={value}" for name, value in (fields | {"direction": direction or ""}).items()]
    with logs.asked(settings, Log.TRACE, where, organisation) as found:
        logs.write(found, form)


@trace_app.command(name="pull-back")
def pull_back(
    message_id: Annotated[str, typer.Argument(help="Our id of the message.")],
    to: Annotated[Destination, typer.Option(help="Where its copies go.")] = Destination.JUNK,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Out of every mailbox of the organisation.")] = False,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Take a delivered message back out of mailboxes; a controller does it."""
    with services.pull_backs(quiet_settings(settings)) as requests:
        asked = requests.pull_back(message_id, to, services.operator(requests.clock), everywhere=everywhere)
        _follow(requests, asked, as_json=json)


@trace_app.command(name="put-back")
def put_back(
    message_id: Annotated[str, typer.Argument(help="Our id of the message.")],
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Undo the newest taking back of a message."""
    with services.pull_backs(quiet_settings(settings)) as requests:
        standing = requests.standing(message_id)
        if not standing:
            raise InvalidInput("This message was never taken back.")
        author = services.operator(requests.clock)
        _follow(requests, requests.put_back(message_id, standing[0].asked.id, author), as_json=json)


def _follow(requests: PullBackRequests, asked: PullBack, *, as_json: bool) -> None:
    """Wait for its end, and tell what became of each copy; exit status 1 when some failed."""
    waited = Event()
    while (now := next(one for one in requests.standing(asked.message_id) if one.asked.id == asked.id)) and (
        now.asked.ended_at is None
    ):
        waited.wait(LOOK_EVERY)
    if as_json:
        counts = {state.value: count for state, count in now.counts.items()}
        print_json({"id": asked.id, "to": asked.destination, "counts": counts, "copies": now.copies})
    else:
        print_table(("Mailbox", "State", ""), ((one.mailbox, one.state.value, one.detail) for one in now.copies))
    if now.counts.get(CopyState.FAILED):
        raise typer.Exit(1)


def _row(trace: MessageTrace) -> tuple[object, ...]:
    recipients = ", ".join(f"{one.rcpt_to}: {one.state.value}" for one in trace.recipients)
    direction = trace.direction.value if trace.direction else "refused"
    verdict = trace.verdict.value if trace.verdict else "-"
    received = f"{trace.received_at:%Y-%m-%d %H:%M:%S}"
    return received, trace.id, direction, trace.header_from or trace.mail_from, recipients, trace.subject, verdict


def _told(trace: MessageTrace) -> Iterator[str]:
    yield f"{trace.subject or '(no subject)'}"
    yield f"from {trace.header_from} (envelope {trace.mail_from or '<>'}), {trace.size} bytes, by {trace.peer}"
    verdict = f"{trace.verdict.value}, score {trace.score:.2f}" if trace.verdict and trace.score is not None else "none"
    yield f"verdict {verdict}; answered {trace.reply}"
    for one in trace.recipients:
        policy = f" [{one.policy_name} version {one.policy_version}]" if one.policy_name else ""
        yield f"  {one.rcpt_to}: {one.state.value}. {one.explanation}{policy} {one.reply}".rstrip()
    for finding in trace.findings:
        yield f"  {finding.weight:+.1f} {finding.detector}: {finding.explanation}"
        for piece in finding.evidence:
            yield f"       {piece.where}: {piece.excerpt}"
    for event in trace.events:
        yield f"  {event.at:%H:%M:%S.%f} {event.step.value} {event.rcpt_to} {event.detail}".rstrip()
