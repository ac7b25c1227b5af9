"""Follows the trace for organisations that have notifications, and keeps what is to be told of it.

Rule: what is kept and how far the trace was read are one unit: a process that dies in between, or two that read at
once, keep nothing twice and leave nothing out. Of our own mail nobody is told. Mail that calls itself automatic makes
nobody answer: administrators are told of such a sender once in REMEMBERED, others never. So two Lockgates that tell of
each other's letters stop after one each, and since anybody can write those fields, nobody hides behind them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.notice import Audience, NoticeFacts
from lockgate.model.trace import MessageTrace
from lockgate.notifications.notices.matching import found, is_automatic, is_ours
from lockgate.notifications.notices.settings import NoticeRule, NoticeSettings, document_name, read
from lockgate.notifications.ports import Knows
from lockgate.storage.feed_positions import SETTLED, FeedPositions
from lockgate.storage.notices import Desk, Notice, Notices
from lockgate.storage.searching import Cursor
from lockgate.storage.settings_store import SettingsCache
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit

PLACE = "notices"
BATCH = 200  # messages read in one unit
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Gathering:
    """Reads the trace. `own_address` is the sender of our letters, lower-case."""

    database: Database
    knows: Knows
    clock: Clock
    own_address: str
    documents: SettingsCache

    def settings(self) -> dict[str, NoticeSettings]:
        """The settings of every organisation with a notification that is switched on. Blocking."""
        self.documents.refresh()
        with self.database.read() as unit:
            organisations = self.knows.organisations(unit)
        everything = {one: read(self.documents.get(document_name(one))) for one in organisations}
        return {one: settings for one, settings in everything.items() if settings.active}

    def gather(self, settings: dict[str, NoticeSettings]) -> bool:
        """Keep what one batch of the trace has to tell; whether there may be more. Blocking."""
        until = self.clock() - SETTLED
        with self.database.read() as unit:
            place = FeedPositions(unit).get(PLACE)
            traces = Traces(unit).finished(place, until, limit=BATCH, scope=frozenset(settings)) if place else []
        if not settings or place is None:
            self._begin(until if settings else None, place)
            return False
        if not traces:
            return False
        with self.database.write() as unit:
            for trace in traces:
                self._keep(unit, trace, settings[trace.tenant_id])
            FeedPositions(unit).move(PLACE, Cursor(traces[-1].finished_at, traces[-1].id))
        return len(traces) == BATCH

    def _begin(self, now: datetime | None, place: Cursor | None) -> None:
        """The first notification begins now; once there is none, the place is forgotten."""
        if now is None and place is None:
            return
        with self.database.write() as unit:
            if now is None:
                FeedPositions(unit).forget(PLACE)
            else:
                FeedPositions(unit).move(PLACE, Cursor(now, ""))

    def _keep(self, unit: Unit, trace: MessageTrace, settings: NoticeSettings) -> None:
        if is_ours(trace):
            return
        for rule in settings.active:
            for known in found(rule, trace):
                administrators = settings.administrators_of(rule)
                for audience, address, language in self._told(unit, rule, administrators, trace, known):
                    desk = Desk(trace.tenant_id, rule.id, address)
                    Notices(unit).keep(Notice(desk, audience, language, self.clock(), known))

    def _told(
        self, unit: Unit, rule: NoticeRule, administrators: Sequence[str], trace: MessageTrace, known: NoticeFacts
    ) -> Iterator[tuple[Audience, str, str]]:
        automatic = is_automatic(trace, self.own_address)
        if automatic and not self._first_of(unit, rule, trace):
            return
        for address in administrators:
            yield Audience.ADMINISTRATORS, address, rule.language
        if not automatic:
            yield from self._people(unit, rule, trace, known)

    def _people(
        self, unit: Unit, rule: NoticeRule, trace: MessageTrace, known: NoticeFacts
    ) -> Iterator[tuple[Audience, str, str]]:
        """Recipients of mail that came in, the sender of mail that went out: who else is named may be invented."""
        audience, named = Audience.RECIPIENT, known.recipients
        if trace.direction is Direction.OUTBOUND:
            audience, named = Audience.SENDER, (trace.mail_from,)
        if not (rule.recipient if audience is Audience.RECIPIENT else rule.sender):
            return
        addresses = {one.lower() for one in named} - {self.own_address}
        for address, language in self.knows.languages(unit, trace.tenant_id, addresses).items():
            yield audience, address, language

    def _first_of(self, unit: Unit, rule: NoticeRule, trace: MessageTrace) -> bool:
        now, sender = self.clock(), parseaddr(trace.header_from)[1] or trace.mail_from
        Notices(unit).forget_senders(now - REMEMBERED)
        return Notices(unit).first_of(rule.id, sender.lower(), now)
