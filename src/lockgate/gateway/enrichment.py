"""Facts for detection, all looked up at once under one deadline; what could not be had is named, never guessed."""

import asyncio
from typing import Protocol

import structlog

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.frames import Summary
from lockgate.gateway.ports import DataLoss, Directory, Knowledge, Senders
from lockgate.gateway.scanning import HandedOut, Scanning
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError
from lockgate.model.facts import Fact, Facts, MissingFact, Origin, SenderHistory
from lockgate.model.reputation import Indicators

log = structlog.get_logger()


class Opened(Protocol):
    """The message in its worker process; asking it costs a round trip."""

    async def files(self) -> HandedOut:
        """Its files, however deep."""
        ...

    async def indicators(self) -> Indicators:
        """What of it can stand on a reputation list."""
        ...


class Enrichment:
    """Gathers facts about one message."""

    def __init__(
        self,
        directory: Directory,
        senders: Senders,
        data_loss: DataLoss | None,
        deadline: float,
        scanning: Scanning | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._directory = directory
        self._senders = senders
        self._data_loss = data_loss
        self._deadline = deadline
        self._scanning = scanning or Scanning(())
        self._knowledge = knowledge

    async def gather_facts(self, arrival: Arrival, summary: Summary, opened: Opened) -> Facts:
        """All facts that could be had within the deadline (seconds). Scanners, which have their own, are given the
        files of the `opened` message, and lists what of it can stand on them; nothing is asked in vain.
        """
        known, missing = await self._about_people(arrival, summary)
        known = (*known, *await self._own_knowledge(arrival.tenant.id, summary, opened))
        if self._scanning.is_set_up:
            scans, unscanned = await self._scanning.gather(arrival.id, arrival.content, opened.files)
            return Facts((*known, *scans), (*missing, *unscanned))
        return Facts(known, missing)

    async def _about_people(
        self, arrival: Arrival, summary: Summary
    ) -> tuple[tuple[Fact, ...], tuple[MissingFact, ...]]:
        tenant = arrival.tenant
        origin = Origin(
            direction=arrival.direction,
            mail_from=arrival.envelope.mail_from,
            rcpt_tos=tuple(recipient.address for recipient in arrival.envelope.recipients),
            internal_domains=frozenset(domain.name for domain in tenant.domains),
            received_at=arrival.received_at,
        )
        known: list[Fact] = [origin, self._directory.protected_identities(tenant.id)]
        rules = self._data_loss.rules(tenant.id) if self._data_loss else None
        if rules is not None and arrival.direction is Direction.OUTBOUND:
            known.append(rules)
        history = await self._history(tenant.id, summary.header_from)
        if isinstance(history, MissingFact):
            return tuple(known), (history,)
        return (*known, history), ()

    async def _own_knowledge(self, tenant_id: str, summary: Summary, opened: Opened) -> list[Fact]:
        """The organisation's tuning, and what its lists say; nothing is asked when there is neither."""
        found: list[Fact] = []
        if self._knowledge is None:
            return found
        tuning = self._knowledge.tuning(tenant_id)
        if tuning is not None:
            found.append(tuning)
        header_rules = self._knowledge.header_rules(tenant_id)
        if header_rules is not None:
            found.append(header_rules)
        namesakes = self._knowledge.namesakes(tenant_id, summary.authors)
        if namesakes is not None:
            found.append(namesakes)
        if self._knowledge.has_lists(tenant_id):
            found.append(await self._knowledge.reputation(tenant_id, await opened.indicators()))
        return found

    async def _history(self, tenant_id: str, header_from: str) -> SenderHistory | MissingFact:
        name = SenderHistory.__name__
        if not header_from:
            return MissingFact(name, "the message has no From address")
        try:
            async with asyncio.timeout(self._deadline):
                return await self._senders.history(tenant_id, header_from)
        except TimeoutError:
            return MissingFact(name, "timed out")
        except LockgateError as error:
            log.warning("sender history unavailable", tenant=tenant_id, cause=str(error))
            return MissingFact(name, "lookup failed")
