"""`lockgate quarantine`: held messages. Whatever is done here is in the audit log under the operator's name."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from lockgate.bootstrap.parts import new_id
from lockgate.bootstrap.services import QuarantineDesk, operator, quarantine_desk
from lockgate.commands import searching
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import (
    AsJson,
    NoWait,
    SettingsFile,
    Yes,
    print_json,
    print_table,
    quiet_settings,
    remark,
)  # fmt: skip
from lockgate.model.errors import InvalidInput
from lockgate.model.lifecycle import State
from lockgate.quarantine.ending import proofs
from lockgate.quarantine.locked import check
from lockgate.reporting.counted_lists import OF_HELD
from lockgate.reporting.exported_lists import held_json
from lockgate.storage.audit import AuditEntry
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.held_words import WordKeys
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.tuning.held_senders import block_sender as block
from lockgate.tuning.lists import Lists

quarantine_app = typer.Typer(
    help="Held messages: list, show, release, delete, export, block their senders.", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(help="The id of the held message.")]
Recipients = Annotated[list[str] | None, typer.Option("--recipient", help="Only for this one; may be repeated.")]
FalsePositive = Annotated[
    bool, typer.Option("--false-positive", help="It should not have been held: keep it for review (`model feedback`).")
]
EVERY = 0.3  # seconds between two looks at a release
PATIENCE = 60.0  # seconds that a release is waited for; it goes on afterwards


@quarantine_app.command("list")
def list_held(
    since: searching.Since = None,
    until: searching.Until = None,
    direction: searching.Which = None,
    address: searching.Address = "",
    words: searching.Words = "",
    verdict: searching.WithVerdict = None,
    state: searching.InState = State.QUARANTINED,
    policy: Annotated[str, typer.Option("--policy", help="The id of the policy that holds it.")] = "",
    finding: Annotated[str, typer.Option("--finding", help="The id of a detector among the reasons.")] = "",
    text: Annotated[str, typer.Option("--text", help="Whole words of subject and body.")] = "",
    limit: searching.Limit = PAGE,
    older: searching.Older = "",
    facets: searching.Counted = False,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """List what is held, the newest first."""
    begin, end, thought = searching.beginning(since), searching.end(until), verdict.value if verdict else ""
    wanted = HeldFilter(
        since=begin,
        until=end,
        direction=direction,
        address=address,
        words=words,
        verdict=thought,
        state=state,
        policy_id=policy,
        finding=finding,
    )
    with quarantine_desk(quiet_settings(settings)) as desk:
        said = WordKeys(desk.parts.vault).asked(text) if text.strip() else None
        wanted = replace(wanted, tenant_id=tenant_id_of(desk.parts, organisation), said=said)
        if facets:
            searching.print_facets(OF_HELD.facets(desk.parts.database, wanted), as_json=json)
            return
        with desk.parts.database.read() as unit:
            found = HeldMessages(unit).search(wanted, after=cursor_from(older) if older else None, limit=limit + 1)
    shown = found[:limit]
    more = str(Cursor(shown[-1].held.held_at, shown[-1].held.id)) if len(found) > limit else ""
    if json:
        print_json({"messages": [held_json(one) for one in shown], "older": more})
        return
    print_table(("Held", "Id", "", "From", "Recipients", "Subject", "Verdict"), (_row(one) for one in shown))
    if more:
        remark(f"There are more: --older {more}")


@quarantine_app.command()
def show(held_id: Id, settings: SettingsFile = None, json: AsJson = False) -> None:
    """Show one held message: why, for whom, until when; once its content has ended, the proof. It stays closed."""
    with quarantine_desk(quiet_settings(settings)) as desk:
        item = _item(desk, held_id)
        with desk.parts.database.read() as unit:
            shape = held_json(item) | {"ended": [_ended(one) for one in proofs(unit, held_id)]}
    if json:
        print_json(shape)
        return
    for name, value in shape.items():
        if name != "recipients":
            typer.echo(f"{name.replace('_', ' '):<12} {value}")
    for one in item.recipients:
        by = f", by {one.changed_by}" if one.changed_by else ""
        typer.echo(f"{'recipient':<12} {one.rcpt_to}: {one.state.value}{by} {one.reply}".rstrip())


@quarantine_app.command()
def release(
    held_id: Id, recipient: Recipients = None, false_positive: FalsePositive = False, no_wait: NoWait = False,
    settings: SettingsFile = None, json: AsJson = False,
) -> None:  # fmt: skip
    """Deliver a held message, by default to everybody who waits for it. Exit status 1 when it came back."""
    with quarantine_desk(quiet_settings(settings)) as desk:
        author = operator(desk.parts.clock)
        release_it = desk.quarantine.release(held_id, recipient, author, false_positive=false_positive)
        begun = asyncio.run(release_it)
        if not begun:
            raise InvalidInput("Nobody of those waits for this message any more; look with `quarantine show`.")
        item = _item(desk, held_id) if no_wait else asyncio.run(_released(desk, held_id))
    _tell(item, json)
    if not no_wait and item.in_state(State.QUARANTINED):
        raise typer.Exit(1)


@quarantine_app.command()
def delete(
    held_id: Id, recipient: Recipients = None, yes: Yes = False, settings: SettingsFile = None, json: AsJson = False
) -> None:
    """Give a held message up, by default for everybody who waits for it. It cannot be taken back."""
    with quarantine_desk(quiet_settings(settings)) as desk:
        item = _item(desk, held_id)
        if not yes and not typer.confirm(f"Delete '{item.held.subject}' for good?", err=True):
            raise typer.Exit(1)
        deleted = asyncio.run(desk.quarantine.delete(held_id, recipient, operator(desk.parts.clock)))
        if not deleted:
            raise InvalidInput("Nobody of those waits for this message any more; look with `quarantine show`.")
        _tell(_item(desk, held_id), json)


@quarantine_app.command()
def export(
    held_id: Annotated[list[str], typer.Argument(help="The id of a held message; several need --locked.")],
    to: Annotated[Path | None, typer.Option("--to", help="A new file; default: standard output.")] = None,
    locked: Annotated[bool, typer.Option("--locked", help="As one ZIP whose password is asked for.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Write messages as they were received. They may be dangerous; that they were taken is audited."""
    if len(held_id) > 1 and not locked:
        raise InvalidInput("Several messages go into one archive: --locked.")
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True) if locked else ""
    if locked:
        check(password)
    with quarantine_desk(quiet_settings(settings)) as desk, _opened(to) as file:
        author = operator(desk.parts.clock)
        if locked:
            file.write(asyncio.run(desk.quarantine.archive(held_id, password, author)))
        else:
            file.write(asyncio.run(desk.quarantine.content(held_id[0], author)))


@quarantine_app.command("block-sender")
def block_sender(held_id: Id, settings: SettingsFile = None) -> None:
    """Put the author of a held message on its organisation's list of blocked senders (`reputation list`)."""
    with quarantine_desk(quiet_settings(settings)) as desk:
        lists = Lists(desk.parts.database, new_id)
        entry = block(desk.parts.database, desk.parts.vault, lists, held_id, operator(desk.parts.clock))
    typer.echo(f"{entry.pattern} is blocked from now on.")


@contextmanager
def _opened(to: Path | None) -> Iterator[BinaryIO]:
    """Where the content goes, opened before it is taken: what cannot be written is not said to be taken."""
    if to is None:
        yield sys.stdout.buffer
        return
    try:
        file = to.open("xb")
    except OSError as error:
        raise InvalidInput(f"The message cannot be written to {to}: {error.strerror}.") from error
    with file:
        yield file


def _item(desk: QuarantineDesk, held_id: str) -> HeldItem:
    with desk.parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    if item is None:
        raise InvalidInput("There is no such held message; its record may be older than it is kept.")
    return item


async def _released(desk: QuarantineDesk, held_id: str) -> HeldItem:
    """The message once nobody is being delivered to any more, or when patience is at an end."""
    try:
        async with asyncio.timeout(PATIENCE):
            while (item := await asyncio.to_thread(_item, desk, held_id)).in_state(State.RELEASING):  # noqa: ASYNC110 - the release is another process
                await asyncio.sleep(EVERY)
    except TimeoutError:
        remark("Not delivered yet: is a controller running (`lockgate serve`)? It is tried for two days.")
        return await asyncio.to_thread(_item, desk, held_id)
    return item


def _tell(item: HeldItem, as_json: bool) -> None:
    if as_json:
        print_json(held_json(item))
        return
    for one in item.recipients:
        typer.echo(f"{one.rcpt_to}: {one.state.value} {one.reply}".rstrip())


def _row(item: HeldItem) -> tuple[object, ...]:
    held = item.held
    recipients = ", ".join(f"{one.rcpt_to}: {one.state.value}" for one in item.recipients)
    when = f"{held.held_at:%Y-%m-%d %H:%M:%S}"
    return when, held.id, held.direction.value, held.header_from, recipients, held.subject, held.verdict


def _ended(proof: AuditEntry) -> dict[str, object]:
    return {"at": proof.at.isoformat(), "by": proof.actor, **proof.after}
