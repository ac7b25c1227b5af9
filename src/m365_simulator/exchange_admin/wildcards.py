"""The small part of PowerShell's filter language that callers use: `Name -eq 'x' -and Description -like '*y*'`."""

import re
from fnmatch import fnmatchcase

from m365_simulator.exchange_admin.failures import invalid
from m365_simulator.world import JsonValue, Properties

_TERM = re.compile(
    r"""^\s*\(?\s*(\w+)\s+-(eq|ne|like|notlike)\s+(?:'((?:[^']|'')*)'|"([^"]*)"|(\$?\w+))\s*\)?\s*$""", re.IGNORECASE
)


def matches_filter(properties: Properties, expression: str) -> bool:
    """Whether an object passes a filter. Terms join by -and or -or (no nesting). Raises CmdletFailure otherwise."""
    bare = expression.strip().strip("{}")
    alternatives = re.split(r"\s+-or\s+", bare, flags=re.IGNORECASE)
    return any(
        all(_term(properties, term) for term in re.split(r"\s+-and\s+", alternative, flags=re.IGNORECASE))
        for alternative in alternatives
    )


def _term(properties: Properties, term: str) -> bool:
    parsed = _TERM.match(term)
    if parsed is None:
        raise invalid(f"Invalid filter syntax near '{term.strip()}'.")
    name, operator = parsed[1].lower(), parsed[2].lower()
    literal = next(group for group in parsed.groups()[2:] if group is not None).replace("''", "'")
    value = next((value for key, value in properties.items() if key.lower() == name), None)
    equal = any(_same(item, literal, operator) for item in (value if isinstance(value, list) else [value]))
    return equal if operator in {"eq", "like"} else not equal


def _same(value: JsonValue, literal: str, operator: str) -> bool:
    written = "" if value is None else str(value).lower()
    wanted = literal.lower().removeprefix("$") if literal.lower() in {"$true", "$false"} else literal.lower()
    if operator in {"like", "notlike"}:
        return fnmatchcase(written, wanted.replace("[", "[[]"))
    return written == wanted
