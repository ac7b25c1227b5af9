"""ARC sealing put together from settings, and the look at whether its key is published."""

import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa

from lockgate.gateway.sealing import ArcSealing
from lockgate.lookups.dns import DnsLookups
from lockgate.model.clock import Clock
from lockgate.model.errors import ConfigurationError, InvalidInput, TemporaryError
from lockgate.sender_authentication.keys import KeyRecord, public_record, read_key
from lockgate.sender_authentication.sealing import Sealer, new_sealer
from lockgate.settings import Settings

STRING = 255  # octets of one string in a TXT record, RFC 1035 §3.3


def arc_sealer(settings: Settings) -> Sealer | None:
    """Who seals; None when sealing is off. Raises ConfigurationError with a sentence when the key is of no use."""
    arc = settings.arc
    if arc.key is None:
        return None
    try:
        return new_sealer(arc.domain, arc.selector, arc.key.read_bytes(), settings.gateway.hostname)
    except (InvalidInput, OSError) as error:
        raise ConfigurationError(f"Mail cannot be ARC-sealed with {arc.key}: {error}") from error


def sealing(settings: Settings, clock: Clock) -> ArcSealing | None:
    """What gateway and release seal with; None when sealing is off. Raises ConfigurationError as `arc_sealer` does."""
    sealer = arc_sealer(settings)
    if sealer is None:
        return None
    deadline = settings.gateway.facts_deadline
    return ArcSealing(sealer, DnsLookups(settings.nameservers, time.monotonic, deadline), clock, deadline)


@dataclass(frozen=True, slots=True)
class Unpublished:
    """What is wrong in the DNS, and the record that has to be there, as a line of a zone file."""

    what: str
    record: str


async def publishing_problem(settings: Settings, sealer: Sealer) -> Unpublished | None:
    """Whether verifiers find the public half of our key; None when they do."""
    name = f"{sealer.selector}._domainkey.{sealer.domain}"
    strings = " ".join(f'"{part}"' for part in _strings(public_record(sealer.key)))
    record = f"{name}. IN TXT {strings}"
    try:
        found = await DnsLookups(settings.nameservers, time.monotonic).txt(name)
    except TemporaryError as error:
        return Unpublished(str(error), record)
    if not found:
        return Unpublished(f"{name} has no TXT record: Exchange cannot verify our seals", record)
    if len(found) > 1:
        return Unpublished(f"{name} has {len(found)} TXT records; there may be only one (RFC 6376 §3.6.2.2)", record)
    key = read_key(found[0])
    if not isinstance(key, KeyRecord):
        return Unpublished(f"{name}: {key.reason}", record)
    wanted = sealer.key.public_key().public_numbers()
    if not isinstance(key.key, rsa.RSAPublicKey) or key.key.public_numbers() != wanted:
        return Unpublished(f"{name} has another key than arc.key", record)
    return None


def _strings(text: str) -> list[str]:
    return [text[place : place + STRING] for place in range(0, len(text), STRING)]
