"""Lists in the DNS (RFC 5782): whether the sending host or a domain of the message is on one.

All names are asked at once under one deadline, answers are cached by `DnsLookups`; what does not answer in time says
nothing. Which lists are asked is a setting, empty by default.
"""

import asyncio
import ipaddress
from collections.abc import Iterable, Sequence

from lockgate.lookups.dns import DnsLookups
from lockgate.model.errors import TemporaryError
from lockgate.model.reputation import Hit, Indicators, Standing, Subject

DOMAINS = 10
SOURCE = "dns:"


class DnsLists:
    """Host lists and domain lists, each by the name of its zone. `deadline` in seconds bounds one message."""

    def __init__(self, lookups: DnsLookups, hosts: Sequence[str], domains: Sequence[str], deadline: float) -> None:
        self._lookups = lookups
        self._hosts = tuple(hosts)
        self._domains = tuple(domains)
        self._deadline = deadline

    def __bool__(self) -> bool:
        return bool(self._hosts or self._domains)

    async def hits(self, found: Indicators) -> tuple[Hit, ...]:
        """What is listed. Never raises; a list that fails or is slow is left out."""
        questions = [*self._about_host(found.client_ip), *self._about_domains(found)]
        tasks: list[asyncio.Task[Hit | None]] = []
        try:
            async with asyncio.timeout(self._deadline), asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._asked(*question)) for question in questions]
        except TimeoutError:
            pass
        answers = [task.result() for task in tasks if task.done() and not task.cancelled()]
        return tuple(hit for hit in answers if hit is not None)

    def _about_host(self, client_ip: str) -> Iterable[tuple[str, str, Subject, str]]:
        try:
            address = ipaddress.ip_address(client_ip)
        except ValueError:
            return
        if address.is_global:
            reverse = address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
            yield from ((f"{reverse}.{zone}", zone, Subject.HOST, client_ip) for zone in self._hosts)

    def _about_domains(self, found: Indicators) -> Iterable[tuple[str, str, Subject, str]]:
        names = dict.fromkeys([*(sender.rpartition("@")[2] for sender in found.senders), *found.hosts])
        plain = [name for name in names if "." in name and not name.replace(".", "").isdigit()][:DOMAINS]
        yield from ((f"{name}.{zone}", zone, Subject.DOMAIN, name) for zone in self._domains for name in plain)

    async def _asked(self, name: str, zone: str, subject: Subject, value: str) -> Hit | None:
        try:
            answers = await self._lookups.addresses(name)
        except TemporaryError:
            return None
        codes = [answer for answer in answers if _is_listing(answer)]
        return Hit(Standing.BLOCKED, subject, zone, value, SOURCE + zone, ", ".join(codes)) if codes else None


def _is_listing(answer: str) -> bool:
    """127.0.0.0/8 is a listing (RFC 5782 §2.1); 127.255.255.0/24 is how lists refuse or report an error."""
    return answer.startswith("127.") and not answer.startswith("127.255.255.")
