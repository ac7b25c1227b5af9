"""The arguments of MAIL and RCPT: a path and its keywords (RFC 5321 §4.1.1.2, §4.1.1.3)."""

import re

_PATH = re.compile(r"\s*<(?P<path>(?:\"(?:[^\"\\]|\\.)*\"|[^<>\"])*)>\s*(?P<rest>.*)", re.DOTALL)


def path_and_keywords(argument: str, introduction: str) -> tuple[str, dict[str, str]] | None:
    """The address (empty for `<>`) and the upper-case keywords with their values; None for a syntax error.

    A source route (`@a,@b:user@c`) is accepted and ignored, as RFC 5321 Appendix C asks.
    """
    if not argument.upper().startswith(introduction):
        return None
    match = _PATH.fullmatch(argument[len(introduction) :])
    if match is None:
        return None
    path = match["path"].strip()
    if path.startswith("@") and ":" in path:
        path = path.partition(":")[2]
    if path and not _is_address(path):
        return None
    return path, keywords(match["rest"].split())


def _is_address(path: str) -> bool:
    local, _, domain = path.rpartition("@")
    return (bool(local) and bool(domain)) or path.lower() == "postmaster"


def keywords(words: list[str]) -> dict[str, str]:
    """`NAME=value` words as a dictionary with upper-case names; a bare word has an empty value."""
    pairs = (word.partition("=") for word in words)
    return {name.upper(): value for name, _, value in pairs}


def offered(lines: list[str]) -> dict[str, str]:
    """The extensions in an EHLO reply's lines behind the first, upper-case name to arguments."""
    pairs = (line.partition(" ") for line in lines)
    return {name.upper(): arguments for name, _, arguments in pairs}
