"""Where a tenant takes mail back: the IPv4 addresses of its Exchange Online host.

IPv4 only, as Exchange Online asks for (microsoft-365.md §4.6). Answers are kept for their TTL, at least a minute
and at most an hour; when DNS fails, an expired answer is used rather than none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

from lockgate.model.errors import ConfigurationError, TemporaryError
from lockgate.smtp.delivery import NextHop, TlsUse

SHORTEST, LONGEST = 60.0, 3600.0
DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class _Known:
    hops: tuple[NextHop, ...]
    until: float


def resolver(nameservers: Sequence[str]) -> dns.asyncresolver.Resolver:
    """A resolver that asks these servers (`host` or `host:port`), or the system's when there are none."""
    if not nameservers:
        return dns.asyncresolver.Resolver()
    made = dns.asyncresolver.Resolver(configure=False)
    made.nameservers = [_nameserver(server) for server in nameservers]
    return made


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    host, _, port = text.partition(":")
    if port and not port.isdigit():
        raise ConfigurationError(f"'nameservers': {text} is not host or host:port.")
    return dns.nameserver.Do53Nameserver(host, int(port or 53))


class NextHopDirectory:
    """Finds next hops by name. `now` is a monotonic clock in seconds."""

    def __init__(
        self,
        asker: dns.asyncresolver.Resolver,
        port: int,
        now: Callable[[], float],
        tls: TlsUse = TlsUse.REQUIRED,
    ) -> None:
        self._asker = asker
        self._port = port
        self._now = now
        self._tls = tls
        self._known: dict[str, _Known] = {}

    async def locate(self, host: str) -> Sequence[NextHop]:
        """The addresses behind `host`; raises TemporaryError when there are none to be had."""
        known = self._known.get(host)
        if known and known.until > self._now():
            return known.hops
        try:
            answer = await self._asker.resolve(host, "A", lifetime=DEADLINE)
        except dns.exception.DNSException as error:
            if known:
                return known.hops
            raise TemporaryError(f"{host} cannot be resolved: {type(error).__name__}") from error
        hops = tuple(NextHop(record.to_text(), self._port, self._tls, host) for record in answer)
        ttl = min(max(float(answer.rrset.ttl if answer.rrset else SHORTEST), SHORTEST), LONGEST)
        self._known[host] = _Known(hops, self._now() + ttl)
        return hops


class FixedNextHop:
    """One next hop for everything: load tests."""

    def __init__(self, next_hop: NextHop) -> None:
        self._hop = next_hop

    async def locate(self, host: str) -> Sequence[NextHop]:
        """The same for every name."""
        del host
        return (self._hop,)
