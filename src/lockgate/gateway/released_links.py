"""Links of a message on its way out of quarantine lead through the link service, as its policy wanted when it was held.

Rules: as for mail that passes (`click_links`), keys never reach the process that reads hostile bytes, and whatever
fails, the message goes on with the links that it had. Every try begins with the bytes that were received, so no link
is replaced twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lockgate.gateway.arrival import Arrival, PeerFacts, Proof
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.inspection import InspectionPool, WorkerLost
from lockgate.model.clock import Clock
from lockgate.model.custody import Held
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Recipient
from lockgate.model.tenant import Passage, Tenant
from lockgate.model.trace import Step


@dataclass(frozen=True, slots=True)
class ReleasedCopy:
    """What these recipients get; `told` says what was changed, or why nothing could be."""

    recipients: tuple[Recipient, ...]
    content: bytes
    told: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """Implements `ports.Notes`."""

    notes: list[tuple[str, str]] = field(default_factory=list)  # whose copy (empty: everybody's), and what

    def note(self, step: Step, detail: str, rcpt_to: str = "") -> None:
        """All steps here are changes."""
        if step is Step.CHANGED:
            self.notes.append((rcpt_to, detail))

    def of(self, recipients: Sequence[Recipient]) -> tuple[str, ...]:
        """What concerns the copy of these."""
        whose = {"", *(one.address for one in recipients)}
        return tuple(detail for rcpt_to, detail in self.notes if rcpt_to in whose)


class ReleasedLinks:
    """One per process. A worker is started for each message that needs one, one at a time: releases are rare."""

    def __init__(self, links: ClickLinks, workers: Callable[[], InspectionPool], clock: Clock, hostname: str) -> None:
        self._links = links
        self._workers = workers
        self._clock = clock
        self._hostname = hostname
        self._turn = asyncio.Lock()

    async def copies(
        self, tenant: Tenant, passage: Passage, held: Held, recipients: Sequence[Recipient], content: bytes
    ) -> list[ReleasedCopy]:
        """A copy for each recipient, or one for several; all recipients are in exactly one."""
        if held.click_time is None:
            return [ReleasedCopy(tuple(recipients), content)]
        us, now = PeerFacts(self._hostname, self._hostname), self._clock()
        arrival = Arrival(held.message_id, Proof(tenant, passage, ""), held.envelope, content, "", us, now)
        decisions = tuple(
            Decision(one.address, Fate.RELAY, Changes(), "", click_time=held.click_time) for one in recipients
        )
        variants: dict[Changes, bytes] = {}
        told = _Told()
        try:
            async with self._turn, self._workers() as pool, pool.begin() as inspection:
                await inspection.parse(content)
                decisions = await self._links.rewrite(inspection, arrival, decisions, variants, told)
        except (WorkerLost, OSError) as error:
            told.note(Step.CHANGED, f"no link replaced: {error}")
        groups: dict[Changes, list[Recipient]] = {}
        for recipient, decision in zip(recipients, decisions, strict=True):
            groups.setdefault(decision.changes, []).append(recipient)
        return [
            ReleasedCopy(tuple(group), variants.get(changes, content), told.of(group))
            for changes, group in groups.items()
        ]
