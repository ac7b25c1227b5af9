"""`lockgate dlp`: data identifiers and templates, an organisation's own rules, and what they would find in files."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.data_loss.own_rules import save_rules, saved_rules
from lockgate.detection.content import Content
from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.fingerprints import shingles
from lockgate.detection.data_loss.masking import masked
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.own_rules import own_rules
from lockgate.detection.data_loss.search import Case, search_for
from lockgate.detection.files.readable_text import documents
from lockgate.mime.parser import parse
from lockgate.model.data_loss import DataLossRules, Identifier, Template
from lockgate.model.errors import InvalidInput
from lockgate.storage.service_accounts import ServiceAccounts

dlp_app = typer.Typer(help="Data loss prevention: identifiers, templates, own rules.", no_args_is_help=True)
Organisation = Annotated[str, typer.Option(help="Tenant id, if there are several organisations.")]
SHOWN = 3  # values of one identifier


@dlp_app.command("list")
def list_rules(tenant: Organisation = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """List the templates that ship and those of an organisation, with what each needs."""
    rules = _rules(settings, tenant)
    templates = (*shipped_catalogue().templates.values(), *rules.templates)
    rows = [(one.id, one.name, _ways(one), one.about) for one in templates]
    if json:
        print_json([dict(zip(("id", "name", "ways", "about"), row, strict=True)) for row in rows])
    else:
        print_table(("Id", "Name", "Needs", "About"), rows)


@dlp_app.command()
def identifiers(tenant: Organisation = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """List the identifiers that ship and those of an organisation."""
    found: tuple[Identifier, ...] = (*shipped_catalogue().identifiers.values(), *_rules(settings, tenant).identifiers)
    rows = [(one.id, one.name, type(one).__name__.lower()) for one in found]
    if json:
        print_json([dict(zip(("id", "name", "kind"), row, strict=True)) for row in rows])
    else:
        print_table(("Id", "Name", "Kind"), rows)


@dlp_app.command()
def test(
    paths: Annotated[list[Path], typer.Argument(help="Message files.")],
    tenant: Organisation = "",
    rules_file: Annotated[Path | None, typer.Option(help="Try these rules (TOML) instead of those saved.")] = None,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Say which templates messages are a case of, with the values masked. Nothing is sent or stored."""
    rules = own_rules(_text(rules_file), 1) if rules_file else _rules(settings, tenant)
    rows = [row for path in paths for row in _tested(path, rules)]
    if json:
        print_json(rows)
    else:
        print_table(("File", "Where", "Template", "Found"), (tuple(row.values()) for row in rows))


@dlp_app.command()
def export(tenant: Organisation = "", settings: SettingsFile = None) -> None:
    """Print an organisation's own rules, in the shape that `import` reads."""
    with open_parts(quiet_settings(settings)) as parts:
        text, _ = saved_rules(parts.database, _only_tenant(parts, tenant))
    typer.echo(text, nl=False)


@dlp_app.command("import")
def import_rules(
    file: Annotated[Path, typer.Argument(help="Rules (TOML); see docs/data-loss.md.")],
    tenant: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Replace an organisation's own rules; in force within a second. Every version is kept."""
    text = _text(file)
    with open_parts(quiet_settings(settings)) as parts:
        organisation = _only_tenant(parts, tenant)
        _, seen = saved_rules(parts.database, organisation)
        saved = save_rules(parts.database, organisation, text, operator(parts.clock), seen=seen)
    typer.echo(f"Version {saved.version} is saved and in force within a second.")


@dlp_app.command()
def fingerprint(
    file: Annotated[Path, typer.Argument(help="A text file, or a message whose text and attachments are meant.")],
    identity: Annotated[str, typer.Option("--id", help="The id of the new identifier.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    share: Annotated[float, typer.Option(help="The part of the document that makes a match.", min=0.01, max=1)] = 0.3,
) -> None:
    """Print a table for the rules that recognises this document without holding its text."""
    kept = sorted(shingles("\n".join(text for _, text in _texts(file))))
    if not kept:
        raise InvalidInput(f"{file} has too few words for a fingerprint; it needs some twenty.")
    numbers = ", ".join(map(str, kept))
    typer.echo(f'[[fingerprint]]\nid = "{identity}"\nname = "{name}"\nshare = {share}\nshingles = [{numbers}]')


def _rules(settings: Path | None, tenant: str) -> DataLossRules:
    """The organisation's rules; none before there is an organisation."""
    with open_parts(quiet_settings(settings)) as parts:
        known = _tenants(parts)
        if not tenant and len(known) != 1:
            return DataLossRules(version=0)
        text, version = saved_rules(parts.database, tenant or known[0])
    return own_rules(text, version)


def _tenants(parts: Parts) -> list[str]:
    with parts.database.read() as unit:
        return sorted({one.tenant_id for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id})


def _only_tenant(parts: Parts, tenant: str) -> str:
    known = _tenants(parts)
    if tenant in known or (not tenant and len(known) == 1):
        return tenant or known[0]
    raise InvalidInput(f"Say whose rules with --tenant: {', '.join(known) or 'none; a grant makes the first one'}.")


def _tested(path: Path, rules: DataLossRules) -> Iterator[dict[str, str]]:
    search = search_for(rules)
    message = parse(path.read_bytes())
    found = (search.cases(Document(*one)) for one in documents(message, Content(message).files))
    for case in chain.from_iterable(found):
        yield {"path": str(path), "where": case.where, "template": case.template.id, "found": _found(case)}


def _found(case: Case) -> str:
    def told(identifier: Identifier, values: list[str]) -> str:
        shown = ", ".join(masked(identifier, value) for value in values[:SHOWN])
        return f"{len(values)} x {identifier.name}: {shown}"

    return "; ".join(told(one.identifier, [value.text for value in one.values]) for one in case.found)


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    content = file.read_bytes()
    message = parse(content)
    if not message.header_from:
        yield "file", content.decode("utf-8", "replace")
        return
    yield from ((where, text) for where, text, _ in documents(message, Content(message).files))


def _ways(template: Template) -> str:
    return " or ".join(" and ".join(f"{one.identifier}:{one.at_least}" for one in way) for way in template.ways)


def _text(file: Path | None) -> str:
    assert file is not None  # noqa: S101 - narrows for the type checker
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error
