"""Returned mail is ARC-sealed, so that the tenant keeps the verdict of its first pass (RFC 8617).

A seal only helps: whatever hinders it, the message goes back without one, and its trace says why.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from lockgate.model.clock import Clock
from lockgate.sender_authentication import arc, canonical
from lockgate.sender_authentication.canonical import Body, SignedField
from lockgate.sender_authentication.exchange import LOOKED_AT, first_pass
from lockgate.sender_authentication.resolver import Resolver
from lockgate.sender_authentication.sealing import Sealer

log = structlog.get_logger()
LARGE = 256 * 1024  # octets; beyond it a body is hashed beside the event loop


@dataclass(frozen=True, slots=True)
class Sealed:
    """What to put in front of each copy, empty where it goes unsealed; `remark` is for the trace."""

    fronts: tuple[bytes, ...]
    remark: str


class Seals(Protocol):
    """Seals returned mail; `ArcSealing` is the real one."""

    async def seal(self, received: bytes, copies: Sequence[bytes]) -> Sealed:
        """The ARC sets for the copies that go back of one received message. Never raises."""
        ...


class ArcSealing:
    """Seals with our key what Exchange itself vouched for. `deadline` (seconds) bounds the look at the chain."""

    def __init__(self, sealer: Sealer, resolver: Resolver, clock: Clock, deadline: float) -> None:
        self._sealer = sealer
        self._resolver = resolver
        self._clock = clock
        self._deadline = deadline

    async def seal(self, received: bytes, copies: Sequence[bytes]) -> Sealed:
        """See `Seals`. The body of an unchanged copy is hashed once, for the chain and for our seal together."""
        try:
            return await self._seal(received, copies)
        except Exception as error:
            log.exception("mail goes back unsealed")
            return _unsealed(copies, f"{type(error).__name__}, see the log")

    async def _seal(self, received: bytes, copies: Sequence[bytes]) -> Sealed:
        fields, body = await _split(received)
        results = first_pass((field.name, field.text) for field in fields if field.name in LOOKED_AT)
        if results is None:
            return _unsealed(copies, "Exchange wrote no results of its first pass")
        try:
            async with asyncio.timeout(self._deadline):
                chain = await arc.status(fields, body, self._resolver)
        except TimeoutError:
            return _unsealed(copies, "the keys of the chain could not be looked up in time")
        timestamp = int(self._clock().timestamp())
        fronts = []
        for copy in copies:
            split = (fields, body) if copy is received else await _split(copy)
            fronts.append(b"".join(self._sealer.seal(*split, results, chain, timestamp) or ()))
        if not all(fronts):
            return _unsealed(copies, f"the chain of {chain.sets} may not be carried on: {chain.reason}")
        state = f"{chain.result} ({chain.reason})" if chain.reason else chain.result
        return Sealed(tuple(fronts), f"ARC set of {self._sealer.domain} added; the chain before it: {state}")


def _unsealed(copies: Sequence[bytes], why: str) -> Sealed:
    return Sealed((b"",) * len(copies), f"not sealed: {why}")


async def _split(content: bytes) -> tuple[list[SignedField], Body]:
    """The message split for signing; of a large one the body is hashed already."""
    if len(content) <= LARGE:
        return canonical.split(content)
    return await asyncio.to_thread(_split_and_hashed, content)


def _split_and_hashed(content: bytes) -> tuple[list[SignedField], Body]:
    fields, body = canonical.split(content)
    for relaxed in (True, False):
        body.digest(relaxed=relaxed)
    return fields, body
