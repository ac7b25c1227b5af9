"""`lockgate clicks`: who followed which link of protected mail; and the key that signs links."""

from typing import Annotated

import typer

from lockgate.bootstrap.click_time import link_keys, replace_keys
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.commands import logs, searching
from lockgate.commands.organisations import Organisation, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings, remark
from lockgate.model.clicks import Click, ClickOutcome, LinkVerdict
from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log
from lockgate.reporting.click_search import ClickSearch
from lockgate.reporting.counted_lists import OF_CLICKS
from lockgate.reporting.exported_lists import click_json
from lockgate.reporting.exports import Form
from lockgate.storage.clicks import ClickFilter
from lockgate.storage.searching import PAGE
from lockgate.storage.service_accounts import ServiceAccounts

clicks_app = typer.Typer(help="Clicks on links of protected mail, and the links' key.", no_args_is_help=True)
Recipient = Annotated[str, typer.Option(help="Whose link it was; a part of the address is enough.")]
Site = Annotated[str, typer.Option(help="A host, with everything below it.")]


@clicks_app.command()
def search(
    since: searching.Since = None,
    until: searching.Until = None,
    recipient: Recipient = "",
    site: Site = "",
    verdict: Annotated[LinkVerdict | None, typer.Option(help="What was thought of the page.")] = None,
    outcome: Annotated[ClickOutcome | None, typer.Option(help="What the person saw.")] = None,
    message: Annotated[str, typer.Option(help="Our id of the message.")] = "",
    limit: searching.Limit = PAGE,
    older: searching.Older = "",
    facets: searching.Counted = False,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Find clicks, the newest first."""
    with open_parts(quiet_settings(settings)) as parts:
        wanted = ClickFilter(
            tenant_id_of(parts, organisation), searching.beginning(since), searching.end(until), recipient,
            site=site, verdict=verdict, outcome=outcome, message_id=message,
        )  # fmt: skip
        log, tenants = ClickSearch(parts.database, link_keys(parts.settings)), _tenants(parts)
        if facets:
            searching.print_facets(OF_CLICKS.facets(parts.database, log.widened(wanted, tenants)), as_json=json)
            return
        page = log.page(wanted, tenants, older, limit)
    if json:
        print_json({"clicks": [click_json(one) for one in page.clicks], "older": page.older})
        return
    print_table(("When", "Who", "Where to", "Outcome", "Why", "Message"), (_row(one) for one in page.clicks))
    if page.older:
        remark(f"There are more: --older {page.older}")


@clicks_app.command()
def export(
    since: searching.Since = None,
    until: searching.Until = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Write clicks to standard output as CSV, without an end; `logs export clicks` knows every field."""
    where = [f"since={searching.written(since)}", f"until={searching.written(until)}"]
    with logs.asked(settings, Log.CLICKS, where, organisation) as found:
        logs.write(found, Form.CSV)


@clicks_app.command("replace-key")
def replace_key(settings: SettingsFile = None) -> None:
    """Sign new links with a new key, from now on; links that were signed before go on working."""
    found = quiet_settings(settings)
    if not found.click_time.public_url:
        raise InvalidInput("There is no link service here: set click_time.public_url in the settings.")
    replace_keys(found)
    remark("New links are signed with a new key. Back up click-links.key, and give every node the same file.")


def _tenants(parts: Parts) -> list[str]:
    with parts.database.read() as unit:
        return [one.tenant_id for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id]


def _row(click: Click) -> tuple[object, ...]:
    who, why = click.rcpt_to or click.reader, click.trouble or "; ".join(click.reasons)
    return f"{click.at:%Y-%m-%d %H:%M:%S}", who, click.address, click.outcome, why, click.message_id
