"""SPF (RFC 7208), evaluated by pyspf over answers that we fetch.

pyspf asks for names one at a time and blocks. Here it runs over what is known; a name that is not known yet stops the
run, is looked up without blocking, and the run starts over. A run takes well below a millisecond, and RFC 7208 §4.6.4
bounds the number of names.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import spf as pyspf

from lockgate.model.errors import TemporaryError
from lockgate.sender_authentication.resolver import Resolver

MAX_LOOKUPS = 60  # 10 mechanisms, each MX with up to 10 hosts is cut by pyspf; this only stops what should not happen

Answer = Sequence[object]


@dataclass(frozen=True, slots=True)
class SpfResult:
    """`result` in the words of RFC 8601 §2.7.2; `domain` is the one that was checked."""

    result: str
    domain: str
    reason: str = ""


class _Unknown(BaseException):
    """A name is wanted that is not known yet. Not an Exception, so that pyspf does not swallow it."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        self.key = (name.lower(), kind)


class _Query(pyspf.query):  # type: ignore[misc]  # pyspf has no types
    """pyspf's evaluation with its one way to the network replaced."""

    known: dict[tuple[str, str], Answer | None]

    def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> Any:
        """Records from what is known; None there means that the DNS failed. Counts void lookups (§4.6.4)."""
        del cnames
        name = str(name).rstrip(".")
        if not name or not all(0 < len(label) < 64 for label in name.split(".")):
            return []
        key = (name.lower(), qtype)
        if key not in self.known:
            raise _Unknown(name, qtype)
        answer = self.known[key]
        if answer is None:
            raise pyspf.TempError("DNS failure")
        if not answer and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > pyspf.MAX_VOID_LOOKUPS:
                raise pyspf.PermError("Void lookup limit of 2 exceeded")
        return list(answer)


async def evaluate(client_ip: str, mail_from: str, helo: str, resolver: Resolver) -> SpfResult:
    """Whether this host may send for that sender (for HELO when the reverse-path is empty, RFC 7208 §2.4)."""
    sender = mail_from if "@" in mail_from else f"postmaster@{helo}"
    domain = sender.rpartition("@")[2].lower().rstrip(".")
    try:
        ipaddress.ip_address(client_ip)
    except ValueError:
        return SpfResult("none", domain, "the client address is not known")
    known: dict[tuple[str, str], Answer | None] = {}
    for _ in range(MAX_LOOKUPS):
        try:
            return _run(client_ip, mail_from if "@" in mail_from else "", helo, domain, known)
        except _Unknown as wanted:
            known[wanted.key] = await _look_up(*wanted.key, resolver)
    return SpfResult("permerror", domain, "too many lookups")


def _run(
    client_ip: str, mail_from: str, helo: str, domain: str, known: dict[tuple[str, str], Answer | None]
) -> SpfResult:
    try:
        query = _Query(i=client_ip, s=mail_from, h=helo, strict=True, querytime=0)
        query.known = known
        query.void_lookups = 0
        result, _, reason = query.check()
    except Exception as error:  # noqa: BLE001 - a library fed with a sender's text; anything it throws is "permerror"
        return SpfResult("permerror", domain, type(error).__name__)
    return SpfResult(str(result).lower(), domain, str(reason)[:200])


async def _look_up(name: str, kind: str, resolver: Resolver) -> Answer | None:
    try:
        match kind:
            case "TXT":
                return [(record,) for record in await resolver.txt(name)]
            case "A":
                return await resolver.addresses(name)
            case "AAAA":
                return [ipaddress.IPv6Address(each) for each in await resolver.addresses(name, ipv6=True)]
            case "MX":
                return await resolver.mail_exchangers(name)
            case "PTR":
                return await resolver.names(name)
            case _:
                return []  # type SPF was withdrawn (RFC 7208 §3.1)
    except TemporaryError:
        return None
