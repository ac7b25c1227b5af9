"""Which header rules of the organisation a message is a case of. Pure; expressions are RE2, in linear time."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.detection.data_loss.user_expressions import compiled
from lockgate.detection.detector import Found
from lockgate.model.envelope import domain_of
from lockgate.model.facts import ExchangeVerdict, Origin
from lockgate.model.findings import Evidence
from lockgate.model.header_rules import HeaderField, HeaderMatch, HeaderRule, HeaderRules, HeaderStanding
from lockgate.model.message import Message

LONGEST = 10_000  # characters of a value that are looked at


@dataclass(frozen=True, slots=True)
class HeaderCase:
    """A rule that holds, and by what."""

    rule: HeaderRule
    evidence: tuple[Evidence, ...]


def cases(
    rules: HeaderRules, standing: HeaderStanding, message: Message, origin: Origin, exchange: ExchangeVerdict | None
) -> Iterator[HeaderCase]:
    """The rules of that standing that hold."""
    client_ip = origin.client_ip or (exchange.client_ip if exchange else "")
    for rule in rules.header_rules:
        if rule.standing is not standing or not _in_networks(rule, client_ip):
            continue
        domain = _domain(rule, message, origin)
        fields = [_evidence(one, message) for one in rule.fields]
        if domain is None or None in fields:
            continue
        where = [Evidence("envelope", f"handed over by {client_ip}")] if rule.networks else []
        who = [Evidence("sender", f"of {domain}")] if rule.domains else []
        yield HeaderCase(rule, (*(one for one in fields if one), *where, *who))


def found(case: HeaderCase, strength: float, told: str) -> Found:
    """One sign. Where the rule is for one policy its strength is nothing and its label says which."""
    rule = case.rule
    standing = f"listed:{rule.standing}" + (f":{rule.policy_id}" if rule.policy_id else "")
    said = f": {rule.note}" if rule.note else ""
    return Found(
        f"header rule '{rule.name}' {told}{said}",
        case.evidence,
        0.0 if rule.policy_id else strength,
        (standing, f"header-rule:{rule.name}"),
    )


def _evidence(field: HeaderField, message: Message) -> Evidence | None:
    """The value that fits; None when none does."""
    value = next((one for one in message.header_values(field.name) if _fits(field, one[:LONGEST].strip())), None)
    return None if value is None else Evidence(f"header {field.name}", value)


def _fits(field: HeaderField, value: str) -> bool:
    match field.match:
        case HeaderMatch.EQUALS:
            return value.casefold() == field.value.casefold()
        case HeaderMatch.CONTAINS:
            return field.value.casefold() in value.casefold()
        case HeaderMatch.EXPRESSION:
            return next(iter(compiled(field.value).occurrences(value)), None) is not None


def _in_networks(rule: HeaderRule, client_ip: str) -> bool:
    if not rule.networks:
        return True
    try:
        address = ipaddress.ip_address(client_ip)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network, strict=False) for network in rule.networks)


def _domain(rule: HeaderRule, message: Message, origin: Origin) -> str | None:
    """The sender's domain that fits, of the envelope or of the author; None when a rule asks for one in vain."""
    if not rule.domains:
        return ""
    authors = [one.address for one in message.header_from]
    domains = [domain_of(address.lower()) for address in (origin.mail_from, *authors) if "@" in address]
    return next((one for one in domains if _is_below(one, rule.domains)), None)


def _is_below(domain: str, wanted: tuple[str, ...]) -> bool:
    return any(domain == one or domain.endswith(f".{one}") for one in wanted)
