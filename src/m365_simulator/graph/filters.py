"""`$filter` as a predicate over named properties.

Covers comparisons, `in`, `startswith`, `endswith`, `contains`, `any`, and, or, not, parentheses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from m365_simulator.graph.errors import bad_request
from m365_simulator.world import JsonValue

Lookup = Callable[[str], JsonValue]
Predicate = Callable[[Lookup], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<guid>[0-9a-f]{8}-[0-9a-f-]{27})|(?P<name>[A-Za-z_@][\w./@]*)|(?P<mark>[(),:]))",
    re.IGNORECASE,
)
_COMPARISONS: dict[str, Callable[[JsonValue, JsonValue], bool]] = {
    "eq": lambda left, right: _folded(left) == _folded(right),
    "ne": lambda left, right: _folded(left) != _folded(right),
    "gt": lambda left, right: _order(left, right) > 0,
    "ge": lambda left, right: _order(left, right) >= 0,
    "lt": lambda left, right: _order(left, right) < 0,
    "le": lambda left, right: _order(left, right) <= 0,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
ADVANCED = {"ne", "endswith", "not", "contains"}


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter. `advanced` says that the directory wants `ConsistencyLevel: eventual` for it."""

    matches: Predicate
    advanced: bool
    equal: tuple[str, str] | None = None  # the whole filter is `name eq 'text'`
    searches: bool = False  # it uses contains()


def parse(written: str) -> Filter:
    """Raises GraphError 400 for what cannot be read."""
    tokens = _tokens(written)
    parser = _Parser(tokens)
    predicate = parser.disjunction()
    if parser.rest():
        raise _unreadable(written)
    simple = len(tokens) == 3 and tokens[1][1] == "eq" and tokens[2][0] in {"text", "guid"}
    equal = (tokens[0][1], str(_literal(tokens[2]))) if simple else None
    return Filter(predicate, bool(parser.used & ADVANCED), equal, "contains" in parser.used)


def _unreadable(written: str) -> Exception:
    return bad_request(f"Invalid filter clause: {written}", "BadRequest")


def _tokens(written: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(written.rstrip()):
        token = _TOKEN.match(written, place)
        if token is None or token.lastgroup is None:
            raise _unreadable(written)
        found.append((token.lastgroup, token[token.lastgroup]))
        place = token.end()
    return found


def _literal(token: tuple[str, str]) -> JsonValue:
    kind, written = token
    match kind:
        case "text":
            return written[1:-1].replace("''", "'")
        case "number":
            return float(written)
        case "name" if written.lower() in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[written.lower()]
        case "date" | "guid":
            return written
        case _:
            raise _unreadable(written)


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._place = tokens, 0
        self.used: set[str] = set()

    def rest(self) -> bool:
        return self._place < len(self._tokens)

    def disjunction(self) -> Predicate:
        terms = [self._conjunction()]
        while self._accept("or"):
            terms.append(self._conjunction())
        return lambda lookup: any(term(lookup) for term in terms)

    def _conjunction(self) -> Predicate:
        terms = [self._negation()]
        while self._accept("and"):
            terms.append(self._negation())
        return lambda lookup: all(term(lookup) for term in terms)

    def _negation(self) -> Predicate:
        if self._accept("not"):
            self.used.add("not")
            inner = self._negation()
            return lambda lookup: not inner(lookup)
        if self._accept("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        return self._term()

    def _term(self) -> Predicate:
        name = self._next("name")
        function = _FUNCTIONS.get(name.lower())
        if function is not None and self._accept("("):
            self.used.add(name.lower())
            return self._function(function)
        if name.lower().endswith("/any") and self._accept("("):
            return self._any(name[:-4])
        if self._accept("in"):
            wanted = self._list()
            return lambda lookup: _folded(_read(lookup, name)) in wanted
        operator = self._next("name").lower()
        compare = _COMPARISONS.get(operator)
        if compare is None:
            raise _unreadable(operator)
        self.used.add(operator)
        value = _literal(self._any_token())
        return lambda lookup: compare(_read(lookup, name), value)

    def _function(self, function: Callable[[str, str], bool]) -> Predicate:
        name = self._next("name")
        self._expect(",")
        value = str(_literal(self._any_token())).lower()
        self._expect(")")
        return lambda lookup: function(str(_read(lookup, name) or "").lower(), value)

    def _any(self, name: str) -> Predicate:
        variable = self._next("name")
        self._expect(":")
        inner = self.disjunction()
        self._expect(")")

        def matches(lookup: Lookup) -> bool:
            items = _read(lookup, name)
            return any(inner(_item_lookup(variable, item)) for item in items) if isinstance(items, list) else False

        return matches

    def _list(self) -> list[JsonValue]:
        self._expect("(")
        found = [_folded(_literal(self._any_token()))]
        while self._accept(","):
            found.append(_folded(_literal(self._any_token())))
        self._expect(")")
        return found

    def _accept(self, word: str) -> bool:
        if self.rest() and self._tokens[self._place][0] != "text" and self._tokens[self._place][1].lower() == word:
            self._place += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise _unreadable(word)

    def _any_token(self) -> tuple[str, str]:
        if not self.rest():
            raise _unreadable("")
        self._place += 1
        return self._tokens[self._place - 1]

    def _next(self, kind: str) -> str:
        found, written = self._any_token()
        if found != kind:
            raise _unreadable(written)
        return written


def _item_lookup(variable: str, item: JsonValue) -> Lookup:
    def lookup(name: str) -> JsonValue:
        return item if name == variable else None

    return lookup


def _read(lookup: Lookup, path: str) -> JsonValue:
    """A property, or a property of a property: `from/emailAddress/address`."""
    first, *others = path.split("/")
    value = lookup(first)
    for name in others:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _folded(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.lower()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _order(left: JsonValue, right: JsonValue) -> int:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return (left > right) - (left < right)
    first, second = str(left or "").rstrip("Z"), str(right or "").rstrip("Z")
    return (first > second) - (first < second)
