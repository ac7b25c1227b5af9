"""One message, from the moment it is admitted to the reply. Read this page first.

The sender is held until the end: it owns the message until we say 250, and we say 250 only when every recipient
has another durable owner. Nothing is stored on the way, so this process may die on any line below.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from lockgate.gateway import replies
from lockgate.gateway.arrival import Arrival
from lockgate.gateway.disposition import Disposition
from lockgate.gateway.examination import Examined
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import Ledger, Settling
from lockgate.gateway.report_address import ReportAddress, described
from lockgate.model.clock import Clock
from lockgate.model.envelope import Recipient
from lockgate.model.lifecycle import State
from lockgate.model.trace import RecipientTrace, Step
from lockgate.smtp.protocol.replies import Reply

log = structlog.get_logger()


class Examines(Protocol):
    """Hops 3 to 6; `examination.Examination` is the real one."""

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        """Judge the message and decide for each recipient."""
        ...


class Pipeline:
    """The mail path behind the door."""

    def __init__(
        self,
        examination: Examines,
        disposition: Disposition,
        ledger: Ledger,
        clock: Clock,
        reports: ReportAddress | None = None,
    ) -> None:
        self._examination = examination
        self._disposition = disposition
        self._ledger = ledger
        self._clock = clock
        self._reports = reports

    async def process(self, arrival: Arrival) -> Reply:
        """The final reply for an admitted message; whatever goes wrong unexpectedly is 451."""
        journal = Journal(arrival, self._clock)
        try:
            return await self._carry(arrival, journal)
        except Exception:
            log.exception("message failed", message=arrival.id)
            return replies.TRY_LATER

    async def _carry(self, arrival: Arrival, journal: Journal) -> Reply:
        earlier = await self._ledger.earlier(
            arrival.tenant.id, arrival.direction, arrival.proof.network_message_id, arrival.body_sha256
        )
        todo = [rcpt for rcpt in arrival.envelope.recipients if rcpt.address not in earlier.settled]
        for address, state in earlier.settled.items():
            if state is State.UNLOGGED:
                continue
            journal.note(Step.ALREADY_SETTLED, f"{state} by an earlier try", address)
        todo, taken = await self._take_reports(arrival, todo, journal)
        if not todo:
            reply = replies.accepted(arrival.id)
            unlogged = State.UNLOGGED in earlier.settled.values()  # a retry would be the trace that must not be
            if taken or not unlogged:
                await self._ledger.settle(Settling(journal.close(replies.in_words(reply), taken)))
            return reply
        examined = await self._examination.examine(arrival, todo, earlier.deferrals, journal)
        if examined.content is not None:
            arrival = replace(arrival, content=examined.content)
        return await self._disposition.carry_out(arrival, examined, earlier.settled, journal)

    async def _take_reports(
        self, arrival: Arrival, todo: list[Recipient], journal: Journal
    ) -> tuple[list[Recipient], tuple[RecipientTrace, ...]]:
        """Keep what is for the report address; who is left, and the recipients that are done with it."""
        if self._reports is None:
            return todo, ()
        meant = [one for one in todo if self._reports.is_meant(arrival, one)]
        if not meant:
            return todo, ()
        taken = await self._reports.take(arrival, meant, journal)
        left = [one for one in todo if one not in meant]
        if not left:
            journal.parsed(described(arrival))
        return left, taken
