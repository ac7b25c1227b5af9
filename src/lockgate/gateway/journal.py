"""The notes taken while one message passes; they become its trace."""

from datetime import datetime

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.automatic import sign_of_automatic_mail
from lockgate.gateway.frames import Summary
from lockgate.model.clock import Clock
from lockgate.model.findings import Report
from lockgate.model.trace import MessageTrace, RecipientTrace, Step, TraceEvent

FILES_KEPT = 200  # in the trace


class Journal:
    """Collects steps in order. One per message."""

    def __init__(self, arrival: Arrival, clock: Clock) -> None:
        self._arrival = arrival
        self._clock = clock
        self._events: list[TraceEvent] = []
        self._summary: Summary | None = None
        self._report: Report | None = None
        self.note(
            Step.RECEIVED, f"{len(arrival.content)} bytes from {arrival.peer} over {arrival.peer.tls or 'plain text'}"
        )
        if sign := sign_of_automatic_mail(arrival):
            self.note(Step.AUTOMATIC, sign)

    def note(self, step: Step, detail: str, rcpt_to: str = "") -> None:
        """One step, now."""
        self._events.append(TraceEvent(step, self._clock(), detail[:1000], rcpt_to))

    def parsed(self, summary: Summary) -> None:
        """The message could be parsed."""
        self._summary = summary
        defects = f"; defects: {', '.join(summary.defects)}" if summary.defects else ""
        self.note(Step.PARSED, f"{summary.parts} parts{defects}")

    def judged(self, report: Report) -> None:
        """The inspection ended, complete or not."""
        self._report = report
        gaps = "; ".join(f"{gap.detector} {gap.failure}: {gap.why}" for gap in report.incomplete if gap.essential)
        text = (
            f"{report.verdict}, score {report.score:.2f}, {len(report.findings)} findings, {report.milliseconds:.1f} ms"
        )
        self.note(Step.INSPECTED, f"{text}; incomplete: {gaps}" if gaps else text)

    def close(self, reply: str, recipients: tuple[RecipientTrace, ...]) -> MessageTrace:
        """The finished trace."""
        self.note(Step.ANSWERED, reply)
        arrival, summary, report = self._arrival, self._summary, self._report
        finished: datetime = self._clock()
        return MessageTrace(
            id=arrival.id,
            tenant_id=arrival.tenant.id,
            direction=arrival.direction,
            received_at=arrival.received_at,
            finished_at=finished,
            peer=str(arrival.peer),
            mail_from=arrival.envelope.mail_from,
            header_from=summary.header_from if summary else "",
            subject=summary.subject if summary else "",
            internet_message_id=summary.internet_message_id if summary else "",
            network_message_id=arrival.proof.network_message_id,
            size=len(arrival.content),
            verdict=report.verdict if report else None,
            score=report.score if report else None,
            reply=reply,
            findings=(*report.findings, *report.shadow) if report else (),
            recipients=recipients,
            events=tuple(self._events),
            files=report.files[:FILES_KEPT] if report else (),
        )
