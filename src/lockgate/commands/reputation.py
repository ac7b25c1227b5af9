"""`lockgate reputation`: lists of what is approved and what is blocked, by hand and from feeds."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import new_id, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.lookups.feed_download import collection, download
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.storage.reputation import ReputationStore
from lockgate.tuning.feeds.reading import Format
from lockgate.tuning.lists import Lists, Whose

reputation_app = typer.Typer(help="Lists of approved and blocked senders, domains, links, files, hosts.",
                             no_args_is_help=True)  # fmt: skip
Organisation = Annotated[str, typer.Option(help="Tenant id; empty: every organisation.")]
OnePolicy = Annotated[str, typer.Option("--policy", help="For the rules of one policy only, by its label.")]
Days = Annotated[int, typer.Option(min=0, max=3660, help="Days until it expires; 0: never.")]


@reputation_app.command("list")
def list_entries(
    standing: Annotated[Standing | None, typer.Option(help="Of one list only.")] = None,
    subject: Annotated[Subject | None, typer.Option(help="About one kind of thing only.")] = None,
    source: Annotated[str, typer.Option(help="Of one source only.")] = "",
    containing: Annotated[str, typer.Option(help="With this in the pattern.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 500,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """List entries in order of their patterns."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = ReputationStore(unit).search(
            standing=standing, subject=subject, source=source, words=containing, limit=limit
        )
    if json:
        print_json([_as_json(one) for one in found])
        return
    rows = (
        (one.id, one.standing, one.subject, one.pattern, one.source, one.tenant_id or "all", _day(one), one.note)
        for one in found
    )
    print_table(("Id", "List", "About", "Pattern", "Source", "Organisation", "Until", "Note"), rows)


@reputation_app.command()
def add(
    standing: Annotated[Standing, typer.Argument(help="approved or blocked.")],
    patterns: Annotated[list[str], typer.Argument(help="Addresses, *@domain, domains, URLs, hashes, networks.")],
    subject: Annotated[Subject | None, typer.Option(help="What they are, where the form does not say it.")] = None,
    note: Annotated[str, typer.Option(help="Why; shown with every hit.")] = "",
    days: Days = 0,
    tenant: Organisation = "",
    policy: OnePolicy = "",
    settings: SettingsFile = None,
) -> None:
    """Put something on a list; in force within a second."""
    with open_parts(quiet_settings(settings)) as parts:
        author = operator(parts.clock)
        expires_at = author.at + timedelta(days=days) if days else None
        for pattern in patterns:
            entry = Lists(parts.database, new_id).add(
                pattern, standing, author, whose=Whose(tenant, policy), subject=subject, note=note,
                expires_at=expires_at,
            )  # fmt: skip
            typer.echo(f"{entry.standing} {entry.subject} {entry.pattern} ({entry.id})")


@reputation_app.command()
def remove(ids: Annotated[list[str], typer.Argument(help="Ids from `list`.")], settings: SettingsFile = None) -> None:
    """Take entries off their lists."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.write() as unit:
        gone = ReputationStore(unit).remove(ids, operator(parts.clock))
    typer.echo(f"{gone} of {len(ids)} were there and are gone.")
    if gone < len(ids):
        raise typer.Exit(1)


@reputation_app.command("import")
def import_feed(
    feed: Annotated[str, typer.Argument(help="A file, an https:// address, or a TAXII collection's address.")],
    source: Annotated[str, typer.Option(help="The feed's name; its earlier entries are replaced.")],
    written: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.PLAIN,
    taxii: Annotated[bool, typer.Option("--taxii", help="The address is that of a TAXII 2.1 collection.")] = False,
    token_file: Annotated[Path | None, typer.Option(help="A file with the bearer token for the address.")] = None,
    standing: Annotated[Standing, typer.Option(help="Which list it feeds.")] = Standing.BLOCKED,
    days: Days = 0,
    tenant: Organisation = "",
    policy: OnePolicy = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Replace what a source says by what it says now. A feed without a usable entry changes nothing."""
    content = _fetched(feed, token_file, taxii=taxii)
    with open_parts(quiet_settings(settings)) as parts:
        read, before = Lists(parts.database, new_id).import_feed(
            content, Format.STIX if taxii else written, source, standing, operator(parts.clock),
            whose=Whose(tenant, policy), days=days,
        )  # fmt: skip
    if json:
        print_json({"entries": len(read.lines), "before": before, "skipped": read.skipped, "why": list(read.examples)})
        return
    typer.echo(f"{source}: {len(read.lines)} entries, {before} before; {read.skipped} could not be used.")
    for why in read.examples:
        typer.echo(f"  {why}")


def _fetched(feed: str, token_file: Path | None, *, taxii: bool) -> bytes:
    try:
        headers = {"Authorization": f"Bearer {token_file.read_text().strip()}"} if token_file else {}
        if feed.startswith(("https://", "http://")):
            return collection(feed, headers) if taxii else download(feed, headers)
        return Path(feed).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{feed} cannot be read: {error}") from error


def _day(entry: Entry) -> str:
    return entry.expires_at.date().isoformat() if entry.expires_at else ""


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id, "tenant_id": entry.tenant_id, "policy_id": entry.policy_id, "standing": entry.standing.value,
        "subject": entry.subject.value, "pattern": entry.pattern, "note": entry.note, "source": entry.source,
        "added_at": entry.added_at.isoformat(), "added_by": entry.added_by,
        "expires_at": entry.expires_at.isoformat() if entry.expires_at else None,
    }  # fmt: skip
