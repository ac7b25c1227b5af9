"""Where a link leads, taken apart the way a browser does it (WHATWG URL), plus whose domain it is."""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import idna

from lockgate.detection.organisations import registered_domain
from lockgate.detection.redirects import inner_addresses
from lockgate.model.findings import Evidence
from lockgate.model.message import Link

_URL = re.compile(
    r"\s*([a-z][a-z0-9+.\-]{0,20}):(?:[/\\]{2,}|(?=[^/\\]))([^/\\?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE
)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}")
_NOT_HOST = re.compile(r"[\x00-\x20]")
WEB = frozenset({"http", "https"})
SHOWN = 120  # characters of an address in evidence, so that the written one fits beside the final one


class Target(NamedTuple):
    """One link with its target's pieces. `host` is lower-case ASCII (IDNA) without port; empty when there is none."""

    number: int  # 1 for the first link of the message
    link: Link
    url: str
    scheme: str
    host: str
    domain: str
    path: str
    query: str
    user: str
    port: str
    via: str = ""  # the host of an open redirect that would lead here; the redirect itself is a target of its own

    @property
    def evidence(self) -> Evidence:
        """The final address, and the written one when a rewriter or a redirect stands in front of it."""
        if self.url == self.link.url:
            return Evidence(self.where, self.url)
        return Evidence(self.where, f"{self.url[:SHOWN]} written as {self.link.url}")

    @property
    def where(self) -> str:
        """For evidence."""
        return f"{self.link.source} link {self.number}"

    @property
    def is_web(self) -> bool:
        """Whether it opens a web page."""
        return self.scheme in WEB and bool(self.host)

    @property
    def is_address(self) -> bool:
        """Whether the host is a number instead of a name."""
        return address_of(self.host) is not None


def targets_of(number: int, link: Link) -> Iterator[Target]:
    """Where a link leads, and every address of another organisation inside that address."""
    outer = target_of(number, link)
    yield outer
    for url in inner_addresses(link.unwrapped):
        inner = _target(number, link, url, outer.host)
        if inner.is_web and inner.domain != outer.domain:
            yield inner


def target_of(number: int, link: Link) -> Target:
    """The pieces of `link.unwrapped`."""
    return _target(number, link, link.unwrapped)


def _target(number: int, link: Link, url: str, via: str = "") -> Target:
    scheme, host, path, query, user, port = _split(url[:4_000])
    return Target(number, link, url, scheme, host, registered_domain(host), path, query, user, port, via)


@lru_cache(maxsize=4_096)
def _split(url: str) -> tuple[str, str, str, str, str, str]:
    match = _URL.match(url)
    if match is None:
        return "", "", "", "", "", ""
    scheme, authority, path, query = match.group(1).lower(), match.group(2), match.group(3), match.group(4) or ""
    if scheme not in WEB and scheme != "ftp":
        return scheme, "", match.group(2) + path, query, "", ""
    user, _, host = authority.rpartition("@")
    host, port = _without_port(host)
    return scheme, _ascii(unquote(host)), path, query, user, port


def _without_port(host: str) -> tuple[str, str]:
    if host.startswith("["):
        inner, _, rest = host[1:].partition("]")
        return inner, rest.lstrip(":")
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdigit() else (host.rstrip(":"), "")


def _ascii(host: str) -> str:
    name = _NOT_HOST.sub("", host).strip(".").lower()
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return name


def readable(host: str) -> str:
    """The host as a browser may show it: IDNA labels as letters."""
    if "xn--" not in host:
        return host
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host


@lru_cache(maxsize=4_096)
def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a browser goes to for hosts like `192.0.2.1`, `0x7f.1`, `3221225985`; None for names."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)
        except ValueError:
            return None
    if _NUMERIC.fullmatch(host) is None:
        return None
    pieces = host.split(".")
    try:
        numbers = [_number(piece) for piece in pieces]
        last = numbers.pop()
        value = sum(number << (8 * (3 - place)) for place, number in enumerate(numbers)) + last
        return ipaddress.IPv4Address(value) if all(number < 256 for number in numbers) else None
    except ValueError:
        return None


def _number(piece: str) -> int:
    if piece.startswith("0x"):
        return int(piece[2:] or "0", 16)
    if len(piece) > 1 and piece.startswith("0"):
        return int(piece, 8)
    return int(piece)
