"""An organisation's own rules: read from their text, and refused as a whole when anything in them is wrong."""

import tomllib
from collections.abc import Iterator

from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.checks import check_named
from lockgate.detection.data_loss.rules_text import identifiers_in, templates_in
from lockgate.detection.data_loss.search import search_for
from lockgate.model.data_loss import DataLossRules, Expression, Fingerprint, Keywords
from lockgate.model.errors import InvalidInput

LENGTH = 500_000  # characters
TABLES = frozenset({"identifier", "keywords", "property", "fingerprint", "template"})


def own_rules(text: str, version: int) -> DataLossRules:
    """The rules of this text, made ready once to see that they can be. Raises InvalidInput with a sentence."""
    if len(text) > LENGTH:
        raise InvalidInput(f"Shorten the rules to {LENGTH} characters; keep large texts as fingerprints.")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The rules are not TOML: {error}.") from error
    if unknown := sorted(set(tables) - TABLES):
        raise InvalidInput(f"Unknown tables: {', '.join(unknown)}; there are {', '.join(sorted(TABLES))}.")
    rules = DataLossRules(version, tuple(identifiers_in(tables)), tuple(templates_in(tables)))
    if wrong := next(_problems(rules), ""):
        raise InvalidInput(wrong)
    search_for(rules)
    return rules


def _problems(rules: DataLossRules) -> Iterator[str]:
    shipped = shipped_catalogue()
    known = set(shipped.identifiers)
    for identifier in rules.identifiers:
        if identifier.id in known:
            yield f"There is an identifier '{identifier.id}' already; give yours another id."
        known.add(identifier.id)
        if isinstance(identifier, Expression) and check_named(identifier.check) is None:
            yield f"'{identifier.check}' is not a check; use luhn, iban or another module of python-stdnum."
        if isinstance(identifier, Keywords) and not identifier.words:
            yield f"The list '{identifier.id}' has no words."
        if isinstance(identifier, Fingerprint) and not identifier.shingles:
            yield f"The document of '{identifier.id}' is too short for a fingerprint; it needs some twenty words."
    names = set(shipped.templates)
    for template in rules.templates:
        if template.id in names:
            yield f"There is a template '{template.id}' already; give yours another id."
        names.add(template.id)
        for need in (need for way in template.ways for need in way):
            if need.identifier not in known:
                yield f"Template '{template.id}' needs '{need.identifier}', which is no identifier."
        if not all(template.ways):
            yield f"Template '{template.id}' has a way without needs, which every message would meet."
