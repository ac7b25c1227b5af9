"""The administrators' mail: everything that happened since the last one, in one letter.

Rule: a notification goes into one letter, and the letter is kept in the same unit; at most one letter per pause.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.clock import Clock
from lockgate.model.notification import Notification, NotificationKind
from lockgate.notifications.writing import Draft, Writer
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import Notifications
from lockgate.storage.unit_of_work import Database

EVENTS, TEST = "events", "test"
NEWS = timedelta(days=1)  # what is older was seen in the console or never will be
TITLES = {
    NotificationKind.ACCESS_TROUBLE: "Microsoft does not let us in",
    NotificationKind.ACCESS_RESTORED: "Microsoft lets us in again",
    NotificationKind.DRIFT_FOUND: "Changed by others in Exchange",
    NotificationKind.DRIFT_REPAIRED: "As Lockgate left it again",
    NotificationKind.BYPASS_ADOPTED: "Mail passes uninspected",
    NotificationKind.WATCHDOG_BYPASSED: "The watchdog leads mail past the gateway",
    NotificationKind.WATCHDOG_RESUMED: "The watchdog leads mail through the gateway again",
    NotificationKind.TASK_FAILED: "A task failed",
    NotificationKind.CERTIFICATE_ENDS: "A certificate ends",
    NotificationKind.CERTIFICATE_RENEWED: "A certificate was renewed",
    NotificationKind.QUARANTINE_WAITS: "Quarantined mail is about to expire",
    NotificationKind.OUTBOX_WAITS: "Mail waits in the outbox",
    NotificationKind.RELEASE_REQUESTED: "Somebody asks for a held message",
    NotificationKind.LETTING_GO_STOPPED: "A change would let much held mail go",
    NotificationKind.PULL_BACK_STOPPED: "A change would take much mail back",
    NotificationKind.MAIL_REPORTED: "Somebody reports suspicious mail",
}


@dataclass(frozen=True, slots=True)
class EventMail:
    """Writes the letters; somebody else sends them."""

    database: Database
    writer: Writer
    clock: Clock
    new_id: Callable[[], str]

    def write_up(self) -> bool:
        """Put what is new into a letter; whether there was anything, and time for it. Blocking."""
        now = self.clock()
        with self.database.write() as unit:
            told = Notifications(unit).unmailed(now - NEWS)
            last = Letters(unit).last_made(EVENTS)
            if not told or (last is not None and now - last < self.writer.mailing.pause):
                return False
            letter = self.writer.write(draft([one.notification for one in told]), self.new_id(), now)
            if Notifications(unit).mailed([one.number for one in told], letter.id) != len(told):
                raise RuntimeError("another controller is writing the same letter")  # undoes this unit
            Letters(unit).add(letter)
        return True

    def test(self, author: str) -> None:
        """A letter that says nothing but that it arrived. Blocking."""
        made = Draft(TEST, "Test mail from Lockgate", TEST, {"author": author})
        with self.database.write() as unit:
            Letters(unit).add(self.writer.write(made, self.new_id(), self.clock()))


def draft(events: Sequence[Notification]) -> Draft:
    """One letter about all of them."""
    first = events[0]
    subject = f"{first.organisation or 'Lockgate'}: {TITLES[first.kind]}"
    if len(events) > 1:
        subject = f"{subject}, and {len(events) - 1} more"
    return Draft(EVENTS, subject, EVENTS, {"events": [_shown(one) for one in events]})


def _shown(one: Notification) -> dict[str, str | bool | datetime]:
    path = f"/service-accounts/{one.account_id}" if one.account_id else "/notifications"
    return {
        "at": one.at, "organisation": one.organisation, "title": TITLES[one.kind], "text": one.text, "good": one.good,
        "path": path,
    }  # fmt: skip
