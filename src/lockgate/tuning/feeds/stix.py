"""STIX 2.1 indicators (OASIS, §4.7) as lines: patterns that compare one thing with one value, joined by OR.

A pattern that needs several things at once (AND, FOLLOWEDBY) is no line of a list and is left out. Revoked indicators
and those whose time is over are, too.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Subject

_SUBJECTS = {
    ("domain-name", "value"): Subject.DOMAIN,
    ("url", "value"): Subject.URL,
    ("email-addr", "value"): Subject.SENDER,
    ("email-message", "from_ref.value"): Subject.SENDER,
    ("email-message", "sender_ref.value"): Subject.SENDER,
    ("ipv4-addr", "value"): Subject.HOST,
    ("ipv6-addr", "value"): Subject.HOST,
    ("file", "hashes.MD5"): Subject.HASH,
    ("file", "hashes.SHA-1"): Subject.HASH,
    ("file", "hashes.SHA-256"): Subject.HASH,
}
_JOINED = (" AND ", " FOLLOWEDBY ", " REPEATS ", " WITHIN ")


def indicators(tree: object, now: datetime | None = None) -> Iterator[tuple[Subject, str, str]]:
    """The lines of a bundle, or of a TAXII envelope. Raises InvalidInput when it is neither."""
    objects = tree.get("objects") if isinstance(tree, dict) else None
    if not isinstance(objects, list):
        raise InvalidInput("A STIX bundle has a list of objects.")
    for one in objects:
        if isinstance(one, dict) and one.get("type") == "indicator" and _is_valid(one, now):
            note = str(one.get("name") or one.get("description") or one.get("id", ""))
            yield from ((subject, value, note) for subject, value in comparisons(str(one.get("pattern", ""))))


def comparisons(pattern: str) -> Iterator[tuple[Subject, str]]:
    """What a pattern compares with `=` or IN; nothing for one that needs several things at once, or is broken."""
    if any(word in pattern for word in _JOINED):
        return
    # Only those who read such a feed wait for its grammar, which takes as long to import as the rest of this package.
    from stix2patterns.exceptions import ParseException
    from stix2patterns.v21.pattern import Pattern

    try:
        found = Pattern(pattern).inspect().comparisons
    except (ParseException, ValueError, RecursionError):
        return
    for kind, tests in found.items():
        for path, operator, value in tests:
            subject = _SUBJECTS.get((kind, ".".join(map(str, path))))
            if subject is None or operator not in ("=", "IN"):
                continue
            listed = value.strip("()").split(",") if operator == "IN" else [value]
            yield from ((subject, one.strip().strip("'")) for one in listed)


def _is_valid(indicator: dict[str, object], now: datetime | None) -> bool:
    if indicator.get("revoked") or indicator.get("pattern_type", "stix") != "stix":
        return False
    until = indicator.get("valid_until")
    if not isinstance(until, str) or now is None:
        return True
    try:
        return datetime.fromisoformat(until).astimezone(UTC) > now
    except ValueError:
        return True
