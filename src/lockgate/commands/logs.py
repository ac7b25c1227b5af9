"""`lockgate logs`: trace, clicks, quarantine, data loss and audit log, searched by the fields of their pages."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from lockgate.bootstrap.click_time import link_keys
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands import searching
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.console.logs import LOGS, Ground, SearchedLog
from lockgate.model.access import EVERYWHERE
from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log, SavedSearch
from lockgate.reporting.exports import Form, note_export
from lockgate.storage.saved_searches import SavedSearches
from lockgate.storage.searching import PAGE
from lockgate.storage.service_accounts import ServiceAccounts

logs_app = typer.Typer(
    help="Trace, clicks, quarantine, data loss and audit log: search, count, export, keep searches.",
    no_args_is_help=True,
)
Which = Annotated[Log, typer.Argument(help="The list.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="FIELD=VALUE", help="As in the address of its page; may be repeated."),
]
WhichOrAll = Annotated[Log | None, typer.Argument(help="The list; default: all.")]
Share = Annotated[
    str,
    typer.Option("--share", metavar="NAME|ID|*", help="With whoever has a role in this organisation, or everywhere."),
]
Saved = Annotated[str, typer.Option("--saved", metavar="NAME", help="A saved search; --where narrows it further.")]
Name = Annotated[str, typer.Argument(help="The name of the saved search; OWNER/NAME where several have one.")]
AsForm = Annotated[Form, typer.Option("--form", help="CSV has lines of a table, JSONL an object per record.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A search at the command line, ready to be carried out."""

    parts: Parts
    log: SearchedLog[Any, Any]  # a list knows its own filter and records
    fields: Mapping[str, str]
    tenant_id: str

    @property
    def ground(self) -> Ground:
        """With the keys that tell whose click it was."""
        with self.parts.database.read() as unit:
            known = [one.tenant_id for one in ServiceAccounts(unit, self.parts.vault).all() if one.tenant_id]
        return Ground(self.parts.database, self.parts.vault, known, link_keys(self.parts.settings))

    @property
    def wanted(self) -> Any:
        """As storage understands it."""
        wanted = self.log.filled(self.ground, self.fields).wanted(None)
        return replace(wanted, tenant_id=self.tenant_id) if self.tenant_id else wanted


@contextmanager
def asked(
    settings: Path | None, log: Log, where: list[str] | None, organisation: str, saved: str = ""
) -> Iterator[Asked]:
    """The search that options describe, over an open installation. Raises InvalidInput."""
    fields = _fields(where or [])
    with open_parts(quiet_settings(settings)) as parts:
        if saved:
            fields = {**_named(parts, log, saved).fields, **fields}
        yield Asked(parts, LOGS[log], fields, tenant_id_of(parts, organisation))


def write(search: Asked, form: Form) -> None:
    """All that is found to standard output; noted in the audit log under the operator's name."""
    author = operator(search.parts.clock)
    text = search.log.export(search.ground, search.wanted, form)
    note_export(search.parts.database, author, search.log.log, form, search.fields, search.tenant_id)
    for lines in text:
        typer.echo(lines, nl=False)


@logs_app.command()
def search(
    log: Which,
    where: Where = None,
    saved: Saved = "",
    facets: searching.Counted = False,
    limit: searching.Limit = PAGE,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Find records, the newest first, or count them by their fields."""
    with asked(settings, log, where, organisation, saved) as found:
        if facets:
            searching.print_facets(found.log.facets(found.ground, found.wanted), as_json=json)
            return
        records = list(islice(found.log.found(found.ground, found.wanted), limit + 1))
    shape = found.log.shape
    if json:
        print_json([shape.as_json(one) for one in records[:limit]])
    else:
        print_table(shape.brief, (row for one in records[:limit] for row in shape.shown(one)))
    if len(records) > limit:
        remark("There are more; `lockgate logs export` writes all of them.")


@logs_app.command()
def export(
    log: Which,
    form: AsForm = Form.CSV,
    where: Where = None,
    saved: Saved = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Write all that is found to standard output, without an end. That it was taken is in the audit log."""
    with asked(settings, log, where, organisation, saved) as found:
        write(found, form)


@logs_app.command()
def saved(log: WhichOrAll = None, settings: SettingsFile = None, json: AsJson = False) -> None:
    """List saved searches, everybody's."""
    with open_parts(quiet_settings(settings)) as parts, parts.database.read() as unit:
        found = SavedSearches(unit).all(log)
    if json:
        print_json(found)
        return
    rows = ((one.log, one.name, one.owner, one.shared_with, urlencode(one.fields)) for one in found)
    print_table(("List", "Name", "Of", "Shared with", "Search"), rows)


@logs_app.command()
def save(
    log: Which, name: Annotated[str, typer.Argument(help="Its name.")], where: Where = None, share: Share = "",
    settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Keep a search under a name; shared ones are links above the list in the console."""
    with asked(settings, log, where, "") as found:
        found.log.filled(found.ground, found.fields).wanted(None)
        parts, author = found.parts, operator(found.parts.clock)
        shared_with = share if share == EVERYWHERE else tenant_id_of(parts, share)
        kept = SavedSearch(uuid.uuid4().hex, log, name.strip(), found.fields, "", author.name, shared_with, author.at)
        with parts.database.write() as unit:
            SavedSearches(unit).save(kept, author)


@logs_app.command()
def forget(log: Which, name: Name, settings: SettingsFile = None) -> None:
    """Delete a saved search, anybody's."""
    with open_parts(quiet_settings(settings)) as parts:
        found = _named(parts, log, name)
        with parts.database.write() as unit:
            SavedSearches(unit).forget(found, operator(parts.clock))


def _named(parts: Parts, log: Log, name: str) -> SavedSearch:
    with parts.database.read() as unit:
        every = SavedSearches(unit).all(log)
    folded = name.casefold()
    found = [one for one in every if folded in (one.name.casefold(), f"{one.owner}/{one.name}".casefold())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{one.owner}/{one.name}" for one in found or every) or "none yet"
    raise InvalidInput(f"Say which saved search: {known}.")


def _fields(where: list[str]) -> dict[str, str]:
    split = [one.partition("=") for one in where]
    if wrong := next((name for name, sign, _ in split if not sign), None):
        raise InvalidInput(f"Write conditions as FIELD=VALUE; '{wrong[:60]}' has no value.")
    return {name.strip(): value for name, _, value in split}
