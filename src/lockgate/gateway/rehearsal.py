"""The mail path without mail: what would be decided about a message that nobody has sent, by the same examination.

Rule: the bytes are read in a worker process that is killed afterwards, facts are those that the organisation has now,
scanners and the sandbox are not asked, and nothing is sent or stored. Links are replaced in copies that nobody gets, so
that it is known which would be.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from lockgate.gateway.arrival import Arrival, PeerFacts, Proof
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.examination import Examination, Examined
from lockgate.gateway.frames import Summary
from lockgate.gateway.inspection import InspectionPool, WorkerLost
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import Directory, Tenants
from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.errors import PermanentError
from lockgate.model.policy import PolicySet, RecipientProfile
from lockgate.model.tenant import Passage, Protection, Tenant
from lockgate.policy.engine import PATIENCE

AT_ONCE = 1  # rehearsals of one process, each with a worker of its own
NO_ID = "0" * 32  # no message has it; links carry ids as UUIDs
UNREADABLE = "This message could not be read."


@dataclass(frozen=True, slots=True)
class Case:
    """A message; sender and recipients that are left out are those that the message itself names."""

    content: bytes
    mail_from: str = ""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Only:
    """Implements `ports.Policies`: what is tried, and nothing else."""

    policies: PolicySet

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        """The policies that are tried."""
        del tenant_id, direction
        return self.policies


@dataclass(frozen=True, slots=True)
class Stage:
    """Warm workers; `examine` may be called for several messages at once."""

    pool: InspectionPool
    enrichment: Enrichment
    directory: Directory
    tenants: Tenants
    clock: Clock
    click_links: ClickLinks | None = None

    async def examine(self, case: Case, policies: PolicySet) -> Examined:
        """What the mail path would decide. Raises PermanentError when the message cannot be read at all."""
        summary = await self._summary(case.content)
        recipients = case.recipients or summary.addressed or ("",)
        arrival = self._arrival(case, case.mail_from or summary.return_path, recipients, policies)
        only = _Only(policies)
        examination = Examination(self.pool, self.enrichment, only, self.directory, PATIENCE, self.click_links)
        return await examination.examine(arrival, arrival.envelope.recipients, 0, Journal(arrival, self.clock))

    async def _summary(self, content: bytes) -> Summary:
        try:
            async with self.pool.begin() as inspection:
                return await inspection.parse(content)
        except WorkerLost as error:
            raise PermanentError(UNREADABLE) from error

    def _arrival(self, case: Case, mail_from: str, recipients: Sequence[str], policies: PolicySet) -> Arrival:
        known = self.tenants.by_id(policies.tenant_id)
        passage = Passage(policies.direction, Protection.OFF, (), ())
        tenant = Tenant(policies.tenant_id, "", "", known.domains if known else (), "", (passage,))
        envelope = Envelope(mail_from, tuple(Recipient(one) for one in recipients))
        digest = hashlib.sha256(case.content).hexdigest()
        peer = PeerFacts("rehearsal", "")
        return Arrival(NO_ID, Proof(tenant, passage, ""), envelope, case.content, digest, peer, self.clock())


class Rehearsal:
    """One per process. `pool` makes a pool of that many workers, `refresh` takes up what has changed meanwhile."""

    def __init__(
        self,
        pool: Callable[[int], InspectionPool],
        enrichment: Enrichment,
        directory: Directory,
        tenants: Tenants,
        clock: Clock,
        refresh: Callable[[], None],
        click_links: ClickLinks | None = None,
    ) -> None:
        self._pool = pool
        self._enrichment = enrichment
        self._directory = directory
        self._tenants = tenants
        self._clock = clock
        self._refresh = refresh
        self._click_links = click_links
        self._turn = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def stage(self, workers: int = 1) -> AsyncIterator[Stage]:
        """Workers for a while. Others wait until the block ends."""
        async with self._turn:
            await asyncio.to_thread(self._refresh)
            async with self._pool(workers) as pool:
                yield Stage(pool, self._enrichment, self._directory, self._tenants, self._clock, self._click_links)

    def profiles(self, tenant_id: str) -> Callable[[str], RecipientProfile]:
        """Whose address it is, as the directory says now. Call from a thread."""
        self._refresh()
        return lambda address: self._directory.profile(tenant_id, address)
