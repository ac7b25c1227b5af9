"""The one place where DNS is asked for facts about senders: cached, bounded in time, never blocking.

Answers are kept for their TTL, at least half a minute and at most an hour; failures for ten seconds, so that a dead
zone does not slow down every message. The cache holds a fixed number of names and forgets the oldest first.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from lockgate.lookups.next_hops import resolver as make_resolver
from lockgate.model.errors import TemporaryError

SHORTEST, LONGEST, FAILED = 30.0, 3600.0, 10.0
MAX_NAMES = 50_000


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: tuple[object, ...] | None  # None: it could not be told
    until: float


class DnsLookups:
    """TXT, address, MX and PTR lookups. `now` is a monotonic clock in seconds; `deadline` bounds each lookup."""

    def __init__(self, nameservers: Sequence[str], now: Callable[[], float], deadline: float = 4.0) -> None:
        self._resolver = make_resolver(nameservers)
        self._resolver.lifetime = deadline
        self._now = now
        self._deadline = deadline
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def txt(self, name: str) -> Sequence[bytes]:
        """TXT records, the strings of each joined. Raises TemporaryError when it cannot be told."""
        return [each for each in await self._ask(name, "TXT") if isinstance(each, bytes)]

    async def addresses(self, name: str, *, ipv6: bool = False) -> Sequence[str]:
        """A or AAAA records. Raises TemporaryError when it cannot be told."""
        return [each for each in await self._ask(name, "AAAA" if ipv6 else "A") if isinstance(each, str)]

    async def mail_exchangers(self, name: str) -> Sequence[tuple[int, str]]:
        """MX records as (preference, host). Raises TemporaryError when it cannot be told."""
        return [each for each in await self._ask(name, "MX") if isinstance(each, tuple)]

    async def names(self, reverse_name: str) -> Sequence[str]:
        """PTR records. Raises TemporaryError when it cannot be told."""
        return [each for each in await self._ask(reverse_name, "PTR") if isinstance(each, str)]

    async def _ask(self, name: str, kind: str) -> tuple[object, ...]:
        key = (name.lower().rstrip("."), kind)
        kept = self._kept.get(key)
        if kept is None or kept.until <= self._now():
            kept = await self._fresh(*key)
            while len(self._kept) >= MAX_NAMES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = kept
        if kept.answer is None:
            raise TemporaryError(f"{kind} of {name} could not be looked up")
        return kept.answer

    async def _fresh(self, name: str, kind: str) -> _Kept:
        try:
            async with asyncio.timeout(self._deadline):
                found = await self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return _Kept((), self._now() + SHORTEST)
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, UnicodeError):
            return _Kept((), self._now() + LONGEST)
        except (dns.exception.DNSException, OSError, TimeoutError):
            return _Kept(None, self._now() + FAILED)
        ttl = float(found.rrset.ttl) if found.rrset is not None else SHORTEST
        return _Kept(tuple(_value(each, kind) for each in found), self._now() + min(max(ttl, SHORTEST), LONGEST))


def _value(record: object, kind: str) -> object:
    match kind:
        case "TXT":
            return b"".join(getattr(record, "strings", ()))
        case "MX":
            return (int(getattr(record, "preference", 0)), getattr(record, "exchange", dns.name.root).to_text(True))
        case "PTR":
            return getattr(record, "target", dns.name.root).to_text(True)
        case _:
            return str(getattr(record, "address", ""))
