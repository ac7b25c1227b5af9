"""The quarantine put together: the service for console and command line, the delivery for the controller."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from lockgate.bootstrap.arc import sealing
from lockgate.bootstrap.click_time import click_links
from lockgate.bootstrap.freshness import kept_fresh
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.parts import Parts, new_id, next_hop_pool, next_hops
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.inspection import InspectionPool
from lockgate.gateway.ports import Tenants
from lockgate.gateway.relay import Relay, Stamp, stamps
from lockgate.gateway.released_links import ReleasedCopy, ReleasedLinks
from lockgate.gateway.replies import in_words
from lockgate.gateway.sealing import Seals
from lockgate.model.clock import Clock
from lockgate.model.custody import Held
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.errors import TemporaryError
from lockgate.quarantine.ports import Delivery, Outcome, Starts
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.release import Releases
from lockgate.quarantine.service import QuarantineService
from lockgate.quarantine.words import Words
from lockgate.smtp.delivery import Settlement
from lockgate.smtp.sender import Sender
from lockgate.storage.held_words import WordKeys
from lockgate.storage.tenants import TenantCache

DELIVERIES = {
    Settlement.DELIVERED: Delivery.DELIVERED,
    Settlement.PERMANENT: Delivery.REFUSED,
    Settlement.TEMPORARY: Delivery.LATER,
    Settlement.UNKNOWN: Delivery.LATER,
}


def quarantine_service(parts: Parts, starts: Starts) -> QuarantineService:
    """What console and command line speak to."""
    return QuarantineService(parts.database, parts.blobs, parts.clock, new_id, ProcessReader(), starts)


def words(parts: Parts) -> Words:
    """What makes held mail findable by what it says."""
    return Words(parts.database, parts.blobs, ProcessReader(), WordKeys(parts.vault))


@asynccontextmanager
async def releases(parts: Parts) -> AsyncIterator[Releases]:
    """The steps of a release, with pooled connections to next hops."""
    settings = parts.settings.gateway
    tenants = TenantCache(parts.database, parts.vault)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(kept_fresh(tenants))
        pool = await stack.enter_async_context(next_hop_pool(settings))
        relay = Relay(Sender(pool), next_hops(parts.settings))
        seals, links = sealing(parts.settings, parts.clock), await _released_links(parts, stack)
        delivers = TenantDelivery(tenants, relay, settings.hostname, parts.clock, seals, links)
        yield Releases(parts.database, parts.blobs, parts.clock, delivers)


async def _released_links(parts: Parts, stack: AsyncExitStack) -> ReleasedLinks | None:
    """None where there is no link service."""
    knowledge = own_knowledge(parts)
    links = click_links(parts, knowledge)
    if links is None:
        return None
    await stack.enter_async_context(kept_fresh(knowledge))
    return released_links(parts, links)


def released_links(parts: Parts, links: ClickLinks) -> ReleasedLinks:
    """Links of released mail, with a worker as the mail path has them."""
    settings = parts.settings.gateway

    def workers() -> InspectionPool:
        return InspectionPool(1, settings.inspection_deadline, settings.inspection_memory)

    return ReleasedLinks(links, workers, parts.clock, settings.hostname)


@dataclass(frozen=True, slots=True)
class TenantDelivery:
    """Implements `quarantine.ports.Delivers` over the mail path's relay: the same stamps, the same next hop."""

    tenants: Tenants
    relay: Relay
    hostname: str
    clock: Clock
    sealing: Seals | None = None
    links: ReleasedLinks | None = None  # None: there is no link service

    async def deliver(self, held: Held, recipients: Sequence[Recipient], content: bytes) -> Mapping[str, Outcome]:
        """See `quarantine.ports.Delivers`."""
        tenant = self.tenants.by_id(held.tenant_id)
        passage = tenant.passage(held.direction) if tenant else None
        if tenant is None or passage is None:
            raise TemporaryError("The organisation's access is not granted any more, so there is no way to deliver.")
        stamp = Stamp(self.hostname, held.message_id, self.hostname, self.hostname, self.clock())
        if held.require_tls and not tenant.can_require_tls:
            raise TemporaryError("The organisation's rule that requires TLS is not in order; apply the plan.")
        stamped = stamps(tenant, passage, stamp, junk=False, require_tls=held.require_tls)
        copies = [ReleasedCopy(tuple(recipients), content)]
        if self.links is not None:
            copies = await self.links.copies(tenant, passage, held, recipients, content)
        outcomes: dict[str, Outcome] = {}
        for copy in copies:
            front = await self._seal(held, content, copy.content)
            try:
                answers = await self.relay.send(tenant, held.envelope, copy.recipients, [front + stamped, copy.content])
            except TemporaryError as error:
                outcomes |= {one.address: Outcome(Delivery.LATER, str(error)) for one in copy.recipients}
                continue
            outcomes |= {
                one.rcpt_to: Outcome(DELIVERIES[one.settlement], in_words(one.reply), copy.told) for one in answers
            }
        return outcomes

    async def _seal(self, held: Held, received: bytes, copy: bytes) -> bytes:
        if self.sealing is None or held.direction is not Direction.INBOUND:
            return b""
        (front,) = (await self.sealing.seal(received, [copy])).fronts
        return front
