"""From what waits to letters: one by one, or together after a time or a number; never more in an hour than allowed.

Rule: a letter is kept in the unit that marks what it tells. Whoever has got as many letters in an hour as may be gets
the rest in one that says how many: nothing is left out, and a flood of mail makes no flood of letters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.clock import Clock
from lockgate.notifications.notices.rendering import LISTED, Speaker
from lockgate.notifications.notices.settings import NoticeRule, NoticeSettings
from lockgate.notifications.notices.texts import text_for, words
from lockgate.notifications.ports import Knows
from lockgate.notifications.writing import Writer
from lockgate.storage.branding import brand_of
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Desk, Notice, Notices, Waiting
from lockgate.storage.unit_of_work import Database, Unit

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NoticeMail:
    """Writes letters; somebody else sends them."""

    database: Database
    knows: Knows
    writer: Writer
    clock: Clock
    new_id: Callable[[], str]

    def write_up(self, settings: dict[str, NoticeSettings]) -> int:
        """Write what is due; how many letters. Blocking; safe to repeat after a crash."""
        with self.database.read() as unit:
            waiting = Notices(unit).waiting()
        return sum(self._write(one, settings.get(one.desk.tenant_id)) for one in waiting)

    def _write(self, waiting: Waiting, settings: NoticeSettings | None) -> int:
        rule = settings.rule(waiting.desk.rule_id) if settings else None
        now, desk = self.clock(), waiting.desk
        if settings is None or rule is None or not rule.enabled:  # nobody wants to know any more
            with self.database.write() as unit:
                Notices(unit).drop(desk)
            return 0
        if not is_due(rule, waiting, now):
            return 0
        with self.database.write() as unit:
            room = settings.per_hour - Notices(unit).letters_since(desk.address, now - HOUR)
            if room <= 0:
                return 0
            alone = 0 if rule.minutes else waiting.count if waiting.count <= room else room - 1
            known = Notices(unit).first(desk, min(waiting.count, alone + LISTED))
            for one in known[:alone]:
                self._letter(unit, settings, rule, [one], 1, one.number)
            if waiting.count > alone:
                self._letter(unit, settings, rule, known[alone:], waiting.count - alone, waiting.newest)
            return alone + (waiting.count > alone)

    def _letter(
        self, unit: Unit, settings: NoticeSettings, rule: NoticeRule, known: Sequence[Notice], count: int, newest: int
    ) -> None:
        first, now = known[0], self.clock()
        desk: Desk = first.desk
        home = self.knows.home(unit, desk.tenant_id)
        said = words(first.language)
        text = text_for(settings, rule.template_of(first.audience), first.audience, first.language)
        speaker = Speaker(rule.name, first.audience, home, self.writer.console, said, text)
        told = speaker.say([one.facts for one in known], count)
        foot = said.say("foot", organisation=home.name)
        letter = self.writer.notice(
            self.new_id(), now, desk.address, told, brand_of(unit, desk.tenant_id), said.language, foot
        )
        if Notices(unit).told(desk, first.number - 1, newest, letter.id, now) != count:
            raise RuntimeError("another controller is writing the same letter")  # undoes this unit
        Letters(unit).add(letter)


def is_due(rule: NoticeRule, waiting: Waiting, now: datetime) -> bool:
    """Whether it is time: at once, or after the minutes or the number of the rule, whichever comes first."""
    enough = rule.events > 0 and waiting.count >= rule.events
    return not rule.minutes or enough or now - waiting.since >= timedelta(minutes=rule.minutes)
