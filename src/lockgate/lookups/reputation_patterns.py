"""Entries of reputation lists: their canonical form, what may not be written, and finding those that match quickly.

No entry may match everything: a wildcard needs a registrable name beside it, a network has a smallest size. Pure.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Hit, Indicators, Standing, Subject

LONGEST = 500
SMALLEST_NETWORK = {4: 8, 6: 16}  # bits
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
SHORTEST_NAME, MOST_WILDCARDS = 4, 5
_KIND = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")
_LOCAL = re.compile(r"[^\s@*<>\"]{1,64}")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_SUFFIXES = PublicSuffixList()


def canonical(subject: Subject, written: str) -> str:
    """The pattern as it is kept. Raises InvalidInput with a sentence when it cannot be one."""
    text = written.strip().strip("<>").strip()
    if not text or len(text) > LONGEST:
        raise InvalidInput(f"An entry has 1 to {LONGEST} characters.")
    match subject:
        case Subject.SENDER:
            return _sender(text.lower())
        case Subject.DOMAIN:
            return _domain(text.lower().removeprefix("*.").strip("."))
        case Subject.URL:
            return _url(text)
        case Subject.HASH:
            if not _HASH.fullmatch(text.lower()):
                raise InvalidInput(f"'{text}' is no MD5, SHA-1 or SHA-256 in hexadecimal.")
            return text.lower()
        case Subject.HOST:
            return _network(text)
        case Subject.FILE_NAME:
            return _file_name(text.lower())
        case Subject.FILE_KIND:
            if not _KIND.fullmatch(text.lower()):
                raise InvalidInput(f"'{text}' is no kind of file; write one like office-with-macros.")
            return text.lower()


def subject_of(written: str) -> Subject | None:
    """What a line of a feed that does not say it is about; None when it is nothing that we know."""
    text = written.strip().lower()
    if text.startswith(("http://", "https://")):
        return Subject.URL
    if _HASH.fullmatch(text):
        return Subject.HASH
    if "@" in text:
        return Subject.SENDER
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return Subject.DOMAIN if _DOMAIN.fullmatch(text.removeprefix("*.").strip(".")) else None
    return Subject.HOST


def _sender(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or (local != "*" and not _LOCAL.fullmatch(local)):
        raise InvalidInput(f"'{text}' is no address; write name@domain, or *@domain for everybody there.")
    if domain.startswith("*."):
        return f"{local}@*.{_domain(domain[2:])}" if local == "*" else _refuse_name_everywhere(text)
    return f"{local}@{_domain(domain)}"


def _refuse_name_everywhere(text: str) -> str:
    raise InvalidInput(f"'{text}' would match a name at many domains; a wildcard stands before the @ only.")


def _domain(text: str) -> str:
    try:
        name = text.encode("idna").decode() if not text.isascii() else text
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise InvalidInput(f"'{text}' is no domain.")
    if _SUFFIXES.privatesuffix(name) is None:
        raise InvalidInput(f"'{text}' is a public suffix: it would match everybody below it.")
    return name


def _url(text: str) -> str:
    wild = text.endswith("*")
    bare = text.rstrip("*")
    if "*" in bare:
        raise InvalidInput("A * stands at the end of an address only; to mean a whole domain, list the domain.")
    try:
        parts = urlsplit(bare if "://" in bare else f"https://{bare}")
        host = (parts.hostname or "").lower()
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise InvalidInput(f"'{text}' is no web address.") from error
    if parts.scheme.lower() not in ("http", "https") or not host or (wild and not parts.path.strip("/")):
        raise InvalidInput(f"'{text}' is no web address with a path; to mean a whole domain, list the domain.")
    if not _is_address(host):
        _domain(host)
    return f"{host}{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}{'*' if wild else ''}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _file_name(text: str) -> str:
    if len(text.replace("*", "").replace("?", "")) < SHORTEST_NAME:
        raise InvalidInput(f"'{text}' would match too many files; write at least {SHORTEST_NAME} letters beside a *.")
    if text.count("*") > MOST_WILDCARDS:
        raise InvalidInput(f"A name has at most {MOST_WILDCARDS} wildcards.")
    return text


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput(f"'{text}' is no network address.") from error
    if network.prefixlen < SMALLEST_NETWORK[network.version]:
        raise InvalidInput(f"'{text}' is too large a network; at least /{SMALLEST_NETWORK[network.version]}.")
    return str(network)


@dataclass(slots=True)
class Matcher:
    """Entries of one organisation, indexed: a look-up costs the same for ten entries and for a hundred thousand."""

    exact: dict[tuple[Subject, str], list[Entry]] = field(default_factory=dict)
    prefixes: dict[str, list[Entry]] = field(default_factory=dict)  # by host, entries that end in *
    names: list[Entry] = field(default_factory=list)  # of files, with wildcards
    networks: dict[tuple[int, int], dict[int, list[Entry]]] = field(default_factory=dict)  # version, bits

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Matcher":
        """Index them."""
        made = cls()
        for entry in entries:
            if entry.subject is Subject.HOST:
                network = ipaddress.ip_network(entry.pattern)
                bits = made.networks.setdefault((network.version, network.prefixlen), {})
                bits.setdefault(int(network.network_address), []).append(entry)
            elif entry.subject is Subject.URL and entry.pattern.endswith("*"):
                made.prefixes.setdefault(entry.pattern.partition("/")[0], []).append(entry)
            elif entry.subject is Subject.FILE_NAME and "*" in entry.pattern:
                made.names.append(entry)
            else:
                made.exact.setdefault((entry.subject, entry.pattern), []).append(entry)
        return made

    def hits(self, found: Indicators, now: datetime) -> tuple[Hit, ...]:
        """What of a message is listed and has not expired. Of what is approved, its being blocked is left out."""
        seen: dict[Hit, None] = {}
        for entry, value in self._matching(found):
            if entry.expires_at is None or entry.expires_at > now:
                hit = Hit(
                    entry.standing, entry.subject, entry.pattern, value[:200], entry.source, entry.note, entry.policy_id
                )
                seen.setdefault(hit)
        approved = {(hit.value, hit.policy_id) for hit in seen if hit.standing is Standing.APPROVED}
        return tuple(
            hit for hit in seen if hit.standing is Standing.APPROVED or (hit.value, hit.policy_id) not in approved
        )

    def _matching(self, found: Indicators) -> Iterator[tuple[Entry, str]]:
        for address in found.senders:
            yield from self._sender(address)
        for host in found.hosts:
            for name in _upwards(host):
                yield from ((entry, host) for entry in self.exact.get((Subject.DOMAIN, name), ()))
        for url in found.urls:
            yield from self._url(url)
        for digest in found.hashes:
            yield from ((entry, digest) for entry in self.exact.get((Subject.HASH, digest), ()))
        for kind in found.file_kinds:
            yield from ((entry, kind) for entry in self.exact.get((Subject.FILE_KIND, kind), ()))
        for name in found.file_names:
            yield from ((entry, name) for entry in self.exact.get((Subject.FILE_NAME, name), ()))
            yield from ((entry, name) for entry in self.names if fnmatchcase(name, entry.pattern))
        if found.client_ip:
            yield from self._host(found.client_ip)

    def _sender(self, address: str) -> Iterator[tuple[Entry, str]]:
        domain = address.rpartition("@")[2]
        for pattern in (address, f"*@{domain}", *(f"*@*.{name}" for name in list(_upwards(domain))[1:])):
            yield from ((entry, address) for entry in self.exact.get((Subject.SENDER, pattern), ()))
        for name in _upwards(domain):
            yield from ((entry, address) for entry in self.exact.get((Subject.DOMAIN, name), ()))

    def _url(self, url: str) -> Iterator[tuple[Entry, str]]:
        try:
            bare = _url(url[:2_000])
        except InvalidInput:
            return
        yield from ((entry, url) for entry in self.exact.get((Subject.URL, bare), ()))
        for entry in self.prefixes.get(bare.partition("/")[0], ()):
            if bare.startswith(entry.pattern[:-1]):
                yield entry, url

    def _host(self, client_ip: str) -> Iterator[tuple[Entry, str]]:
        try:
            address = ipaddress.ip_address(client_ip)
        except ValueError:
            return
        for (version, bits), entries in self.networks.items():
            if version == address.version:
                masked = int(address) >> (address.max_prefixlen - bits) << (address.max_prefixlen - bits)
                yield from ((entry, client_ip) for entry in entries.get(masked, ()))


def _upwards(host: str) -> Iterator[str]:
    """The name and every name above it, but no top-level domain."""
    labels = host.lower().strip(".").split(".")
    return (".".join(labels[at:]) for at in range(len(labels) - 1))
