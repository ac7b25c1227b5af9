"""An organisation's header rules as a versioned settings document, with their fields written as lines.

A line is `X-Partner equals 7f3a`, `Subject contains promotion` or `X-Mailer expression ^Mass`. The numbers of
fields and rules are those that administrators of such filters know, and each rule is looked at for every message.
"""

import ipaddress
import re
from collections.abc import Iterator

from pydantic import TypeAdapter

from lockgate.detection.data_loss.user_expressions import compiled
from lockgate.model.errors import InvalidInput
from lockgate.model.header_rules import (
    HeaderField,
    HeaderMatch,
    HeaderRule,
    HeaderRules,
    HeaderStanding,
    document_name,
)
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.unit_of_work import Database

MOST_RULES, MOST_FIELDS, MOST_PLACES = 100, 10, 50
LONGEST_VALUE, LONGEST_NAME = 500, 120
WIDEST = {4: 16, 6: 32}  # bits of the widest network that may vouch, by version of IP
HEADER_RULES: TypeAdapter[HeaderRules] = TypeAdapter(HeaderRules)
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")  # RFC 5322 §3.6.8
_DOMAIN = re.compile(r"[^\s@.]{1,63}(\.[^\s@.]{1,63})+")


def saved_header_rules(database: Database, tenant_id: str) -> tuple[HeaderRules, int]:
    """What is in force, and its version; 0 when nothing was ever saved."""
    with database.read() as unit:
        saved = SettingsStore(unit).get(document_name(tenant_id))
    return (HEADER_RULES.validate_python(saved.document), saved.version) if saved else (HeaderRules(), 0)


def save_header_rules(database: Database, tenant_id: str, wanted: HeaderRules, author: Author, *, seen: int) -> int:
    """Keep a new version, made from version `seen`; its number. In force within a second.

    Raises InvalidInput for what is of no use, and when somebody else has saved a newer one.
    """
    document = HEADER_RULES.dump_python(checked(wanted), mode="json")
    with database.write() as unit:
        return SettingsStore(unit).save(document_name(tenant_id), document, author, seen=seen).version


def checked(wanted: HeaderRules) -> HeaderRules:
    """The same. Raises InvalidInput with everything that is wrong, one sentence a line."""
    wrong = [] if len(wanted.header_rules) <= MOST_RULES else [f"Keep at most {MOST_RULES} rules."]
    names: set[str] = set()
    for rule in wanted.header_rules:
        if rule.name in names:
            wrong.append(f"Two rules are called '{rule.name}'; give each its own name.")
        names.add(rule.name)
        wrong += _problems(rule)
    if wrong:
        raise InvalidInput("\n".join(wrong))
    return wanted


def remarks(rule: HeaderRule) -> tuple[str, ...]:
    """What its author should know; nothing is wrong."""
    told = []
    if rule.standing is HeaderStanding.APPROVED and not rule.networks:
        counts = "counts half, unless sender authentication proves the domain" if rule.domains else "counts half"
        told.append(
            f"Anybody who knows field and value of '{rule.name}' can write them, so it {counts}. "
            "Name the networks that such mail comes from."
        )
    if rule.with_files:
        told.append(f"'{rule.name}' lets malware and blocked files through, whoever breaks into that sender.")
    return tuple(told)


def _problems(rule: HeaderRule) -> Iterator[str]:
    called = f"in rule '{rule.name}'"
    if not rule.name.strip() or len(rule.name) > LONGEST_NAME:
        yield f"Give every rule a name of at most {LONGEST_NAME} characters."
    if not rule.fields or len(rule.fields) > MOST_FIELDS:
        yield f"Name one to {MOST_FIELDS} header fields {called}."
    for field in rule.fields:
        yield from _field_problems(field, called)
    for domain in rule.domains:
        if not _DOMAIN.fullmatch(domain):
            yield f"'{domain}' {called} is not a domain; write it like sender.example."
    for network in rule.networks:
        yield from _network_problems(network, called)
    if rule.expires_at is not None and rule.expires_at.tzinfo is None:
        yield f"Say in which time zone the end is {called}; write it like 2026-12-31T23:59:59Z."
    if max(len(rule.domains), len(rule.networks)) > MOST_PLACES:
        yield f"Name at most {MOST_PLACES} domains or networks {called}."
    if rule.standing is HeaderStanding.SIMULATION:
        yield from _simulation_problems(rule, called)
    elif rule.with_files:
        yield f"Only simulations come with malware and blocked files; leave that off {called}."


def _simulation_problems(rule: HeaderRule, called: str) -> Iterator[str]:
    if not rule.networks or not rule.domains:
        yield f"Name the networks and the domains that the simulation comes from {called}; all must fit together."
    if rule.policy_id:
        yield f"A simulation is let through by every policy; choose all policies {called}."


def _field_problems(field: HeaderField, called: str) -> Iterator[str]:
    if not _FIELD_NAME.fullmatch(field.name):
        yield f"'{field.name}' {called} is not the name of a header field; write it like X-Partner."
    if not field.value.strip() or len(field.value) > LONGEST_VALUE:
        yield f"Give field {field.name} {called} a value of at most {LONGEST_VALUE} characters."
    elif field.match is HeaderMatch.EXPRESSION:
        try:
            compiled(field.value)
        except InvalidInput as error:
            yield f"Field {field.name} {called}: {error}"


def _network_problems(network: str, called: str) -> Iterator[str]:
    try:
        read = ipaddress.ip_network(network, strict=False)
    except ValueError:
        yield f"'{network}' {called} is not a network; write it like 192.0.2.0/24."
        return
    if read.prefixlen < WIDEST[read.version]:
        yield f"'{network}' {called} is too wide to vouch for anybody; at most /{WIDEST[read.version]}."


def fields_from(text: str) -> tuple[HeaderField, ...]:
    """The fields of the lines. Raises InvalidInput for a line that says nothing; the rest `checked` does."""
    return tuple(_field(line) for line in text.splitlines() if line.strip())


def as_lines(fields: tuple[HeaderField, ...]) -> str:
    """The lines that `fields_from` reads."""
    return "\n".join(f"{one.name} {one.match} {one.value}" for one in fields)


def _field(line: str) -> HeaderField:
    parts = line.split(None, 2)
    if len(parts) < 3 or parts[1].lower() not in set(HeaderMatch):
        raise InvalidInput(f"'{line.strip()[:80]}' is no field; write it like X-Partner equals 7f3a.")
    return HeaderField(parts[0].rstrip(":"), HeaderMatch(parts[1].lower()), parts[2].strip())
