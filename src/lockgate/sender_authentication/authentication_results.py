"""The Authentication-Results field read and written (RFC 8601 §2.2), also in Exchange's form without authserv-id."""

import re
from dataclasses import dataclass

MAX_METHODS = 50
_RESULT = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)(?:/\d+)?\s*=\s*([A-Za-z][A-Za-z0-9-]*)")
_PROPERTY = re.compile(r"([A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)?)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s;]+)")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~@:/=-]+")


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method: `spf`, `pass`, its comment without parentheses, and its properties such as `smtp.mailfrom`."""

    method: str
    result: str
    comment: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    def property(self, name: str) -> str:
        """The value of a property or of `reason`, `action`; empty when it is not there."""
        return next((value for known, value in self.properties if known == name), "")


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """Who says it (empty in Exchange's own form) and every method in order."""

    authserv_id: str
    methods: tuple[MethodResult, ...]

    def first(self, method: str) -> MethodResult | None:
        """The first result of one method."""
        return next((each for each in self.methods if each.method == method), None)


def parse(value: str) -> AuthenticationResults:
    """An unfolded value. Never raises; what is no method is left out."""
    pieces = _pieces(value[:50_000])
    authserv_id = ""
    if pieces and _RESULT.match(pieces[0][0]) is None:
        authserv_id = (pieces[0][0].split() or [""])[0]
        pieces = pieces[1:]
    methods = [made for text, comment in pieces[:MAX_METHODS] if (made := _method(text, comment)) is not None]
    return AuthenticationResults(authserv_id, tuple(methods))


def _method(text: str, comment: str) -> MethodResult | None:
    found = _RESULT.match(text)
    if found is None:
        return None
    properties = tuple(
        (each.group(1).lower(), _unquoted(each.group(2))) for each in _PROPERTY.finditer(text, found.end())
    )
    return MethodResult(found.group(1).lower(), found.group(2).lower(), comment, properties)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _pieces(value: str) -> list[tuple[str, str]]:
    """(text without comments, comments) between semicolons that are not inside quotes or comments."""
    pieces: list[tuple[str, str]] = []
    text: list[str] = []
    comment: list[str] = []
    depth = 0
    quoted = escaped = False
    for char in f"{value};":
        if escaped or (char == "\\" and (quoted or depth)):
            escaped = not escaped
            (comment if depth else text).append(char)
        elif depth:
            depth += (char == "(") - (char == ")")
            if depth:
                comment.append(char)
        elif char == '"':
            quoted = not quoted
            text.append(char)
        elif quoted:
            text.append(char)
        elif char == "(":
            depth = 1
        elif char == ";":
            pieces.append(("".join(text).strip(), "".join(comment).strip()))
            text, comment = [], []
        else:
            text.append(char)
    if text or comment:
        pieces.append(("".join(text).strip(), "".join(comment).strip()))
    return [piece for piece in pieces if piece[0]]


def write_methods(methods: tuple[MethodResult, ...]) -> str:
    """The part behind the authserv-id; `none` when there is no method (RFC 8601 §2.2 no-result)."""
    return "; ".join(_written(each) for each in methods) if methods else "none"


def write(results: AuthenticationResults) -> str:
    """The value of the field, unfolded."""
    return f"{results.authserv_id}; {write_methods(results.methods)}"


def _written(each: MethodResult) -> str:
    words = [f"{each.method}={each.result}"]
    if each.comment:
        words.append("(" + _printable(each.comment).replace("(", "[").replace(")", "]").replace("\\", "/") + ")")
    words += [f"{name}={_quoted(_printable(value))}" for name, value in each.properties]
    return " ".join(words)


def _printable(text: str) -> str:
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in text)


def _quoted(value: str) -> str:
    if _TOKEN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
