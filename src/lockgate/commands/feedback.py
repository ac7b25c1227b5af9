"""`lockgate model feedback`: what people said of messages, to look at before anything is learnt from it."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.mime.parser import parse
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.feedback import LARGEST, Feedback, FeedbackStore, Origin

feedback_app = typer.Typer(
    help="What people said of messages; approve it before it is learnt from.", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(metavar="ID", help="As `feedback list` shows it.")]


@feedback_app.command("list")
def list_feedback(
    approved: Annotated[bool | None, typer.Option("--approved/--waiting", help="Only those; default: all.")] = None,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Releases from quarantine and reports, the newest first."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = FeedbackStore(unit).all(approved=approved)
    if json:
        print_json([_shape(one) for one in found])
        return
    rows = (
        (_said(one), one.id, one.origin.value, one.by, one.header_from, one.subject, one.reviewed_by) for one in found
    )
    print_table(("Said", "Id", "By", "Who", "From", "Subject", "Approved by"), rows)


@feedback_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A message.")],
    wanted: Annotated[bool, typer.Option("--wanted/--unwanted", help="What it is.")],
    settings: SettingsFile = None,
) -> None:
    """Report a message from a file."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}") from error
    if len(content) > LARGEST:
        raise InvalidInput(f"{file} is larger than {LARGEST:,} bytes.")
    message = parse(content)
    author_of = message.header_from[0].address if message.header_from else ""
    with open_parts(quiet_settings(settings)) as parts:
        author = operator(parts.clock)
        blob = parts.blobs.put([content], author.at)
        said = Feedback(
            token_hex(8), author.at, author.name, Origin.REPORT, wanted, "", "", author_of, message.subject, blob
        )
        with parts.database.write() as unit:
            FeedbackStore(unit).add(said)
            AuditLog(unit).record(AuditEntry(author.at, author.name, "feedback.add", said.id))
    typer.echo(said.id)


@feedback_app.command()
def approve(identity: Id, settings: SettingsFile = None) -> None:
    """It is right: `model train --reviewed` may learn from it."""
    with open_parts(quiet_settings(settings)) as parts:
        author = operator(parts.clock)
        with parts.database.write() as unit:
            if not FeedbackStore(unit).approve(identity, author):
                raise InvalidInput(f"There is no feedback {identity} that waits for approval.")
            AuditLog(unit).record(AuditEntry(author.at, author.name, "feedback.approve", identity))


@feedback_app.command()
def remove(identity: Id, settings: SettingsFile = None) -> None:
    """It is wrong, or should not be kept: forget it with its message."""
    with open_parts(quiet_settings(settings)) as parts:
        author = operator(parts.clock)
        with parts.database.write() as unit:
            store = FeedbackStore(unit)
            found = store.get(identity)
            if found is None or not store.remove(identity):
                raise InvalidInput(f"There is no feedback {identity}.")
            AuditLog(unit).record(AuditEntry(author.at, author.name, "feedback.remove", identity))
        _forget(parts, found)


def _forget(parts: Parts, one: Feedback) -> None:
    if one.blob:
        parts.blobs.delete(one.blob)


def _said(one: Feedback) -> str:
    return "wanted" if one.wanted else "unwanted"


def _shape(one: Feedback) -> dict[str, object]:
    return {
        "id": one.id, "said": _said(one), "origin": one.origin.value, "by": one.by, "at": one.at.isoformat(),
        "from": one.header_from, "subject": one.subject, "message_id": one.message_id, "approved_by": one.reviewed_by,
    }  # fmt: skip
