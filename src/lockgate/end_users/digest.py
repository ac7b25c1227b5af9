"""Writes digests: one mail per person with what is newly held for them and a signed link for each message.

Rule: the letter is kept in the unit that notes how far its person was told. So a run that dies, or two at once, tell
nobody twice and nobody never. Mail of our own is in no digest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from lockgate.end_users.desk import Waiting, waiting_for
from lockgate.end_users.links import Link, Links
from lockgate.end_users.ports import Writes
from lockgate.end_users.schedule import last_due
from lockgate.end_users.settings import EndUserSettings, expires, settings_of
from lockgate.end_users.texts import Texts, language_of, texts
from lockgate.model.clock import Clock
from lockgate.model.directory import DirectoryUser
from lockgate.model.end_user import ACTS, Person
from lockgate.model.notification import Letter
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import Choice, EndUsers
from lockgate.storage.held_messages import HeldFilter
from lockgate.storage.letters import Letters
from lockgate.storage.unit_of_work import Database, Unit

SETTLED = timedelta(minutes=1)  # what was held so shortly before is in the next one: its commit may still be on its way
NEWS = timedelta(days=8)  # what is older was in a digest, or is none of its business any more
SHOWN = 100  # messages in one mail
LONGEST = 150  # characters of a subject or sender


@dataclass(frozen=True, slots=True)
class Digests:
    """Writes letters; somebody else sends them. `sender` is our own address, whose mail is no news."""

    database: Database
    writes: Writes
    links: Links
    clock: Clock
    new_id: Callable[[], str]
    console: str  # where people reach us
    sender: str

    def write_up(self, tenant_id: str) -> int:
        """Write what is due in an organisation; how many letters. Blocking; safe to repeat after a crash."""
        now = self.clock() - SETTLED
        with self.database.read() as unit:
            settings, _ = settings_of(unit, tenant_id)
            due = [one for kind in settings.in_use if (one := last_due(settings, kind, now))]
            ran = EndUsers(unit, tenant_id).run_until()
            if not due or (ran is not None and max(due) <= ran):
                return 0
            addresses = EndUsers(unit, tenant_id).waiting_addresses(now - NEWS, max(due))
            people = _owners(DirectoryStore(unit, tenant_id).users(), addresses, tenant_id) if addresses else []
            choices = EndUsers(unit, tenant_id).choices([one.id for one in people])
        written = sum(self._tell(one, choices.get(one.id, Choice()), settings, now) for one in people)
        with self.database.write() as unit:
            EndUsers(unit, tenant_id).ran(max(due))
        return written

    def _tell(self, person: Person, choice: Choice, settings: EndUserSettings, now: datetime) -> bool:
        until = last_due(settings, settings.frequency_of(choice.frequency), now)
        if until is None or (choice.told_until is not None and until <= choice.told_until):
            return False
        since = max(choice.told_until or until - NEWS, until - NEWS)
        with self.database.write() as unit:
            if not EndUsers(unit, person.tenant_id).told(person.id, choice.told_until, until):
                return False
            news = self._news(unit, person, settings, since, until)
            if news:
                Letters(unit).add(self._letter(person, choice, settings, news))
        return bool(news)

    def _news(
        self, unit: Unit, person: Person, settings: EndUserSettings, since: datetime, until: datetime
    ) -> list[Waiting]:
        when = HeldFilter(since=since + timedelta(microseconds=1), until=until + timedelta(microseconds=1))
        found = waiting_for(unit, person, settings, when)
        return [one for one in found if parseaddr(one.item.held.header_from)[1].lower() != self.sender.lower()]

    def _letter(self, person: Person, choice: Choice, settings: EndUserSettings, news: Sequence[Waiting]) -> Letter:
        now = self.clock()
        said = texts(language_of(person, choice.language, settings.language))
        values: dict[str, object] = {
            "texts": said,
            "address": person.addresses[0],
            "items": [self._shown(one, person, settings, said, now) for one in news[:SHOWN]],
            "more": said.say("more", count=len(news) - SHOWN) if len(news) > SHOWN else "",
            "ends": said.say("ends", days=settings.link_days),
            "choices": self._address("choices", Link(person.tenant_id, person.id, "", expires(settings, now))),
            "own_page": f"{self.console}/mine" if settings.own_page else "",
        }
        subject = said["subject_one"] if len(news) == 1 else said.say("subject", count=len(news))
        return self.writes.digest(self.new_id(), now, person.addresses[0], subject, values)

    def _shown(
        self, one: Waiting, person: Person, settings: EndUserSettings, said: Texts, now: datetime
    ) -> dict[str, str]:
        held = one.item.held
        link = Link(person.tenant_id, person.id, held.id, expires(settings, now))
        return {
            "sender": (held.header_from or held.envelope.mail_from)[:LONGEST],
            "subject": (held.subject or said["no_subject"])[:LONGEST],
            "reason": said[f"reason_{one.reason}"],
            "at": said.moment(held.held_at, settings.zone),
            "ends": said.say("kept_until", moment=said.moment(held.expires_at, settings.zone)),
            "link": self._address("held", link) if ACTS[one.right] else "",
            "label": said["decide"],
        }

    def _address(self, page: str, link: Link) -> str:
        return f"{self.console}/mine/{page}/{self.links.token(link)}"


def _owners(users: Sequence[DirectoryUser], addresses: set[str], tenant_id: str) -> list[Person]:
    """Whose addresses these are. A group's mail is nobody's own: it is decided by administrators."""
    return [
        Person(tenant_id, one.id, one.display_name, one.addresses, one.language)
        for one in users
        if not addresses.isdisjoint(one.addresses)
    ]
