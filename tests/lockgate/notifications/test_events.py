"""What happened is mailed once, together, and not more often than asked for, whatever dies in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from lockgate.model.errors import TemporaryError
from lockgate.model.headers import NOTIFICATION as FIELD
from lockgate.model.notification import Letter, Notification, NotificationKind
from lockgate.notifications.delivery import GIVEN_UP_AFTER, LEASE, Delivery
from lockgate.notifications.events import EventMail
from lockgate.notifications.signature import Signature
from lockgate.notifications.smtp_transport import Security, SmtpTransport
from lockgate.notifications.writing import Mailing, Writer
from lockgate.storage.engine import open_database
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import Notifications
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault, open_vault
from tests.lockgate.notifications.mail_server import MailServer, mail_server

NOW = datetime(2026, 11, 24, 9, 7, tzinfo=UTC)
PAUSE = timedelta(minutes=10)


@dataclass
class Desk:
    """An installation's mail with a clock that is set by hand."""

    database: Database
    vault: Vault
    server: MailServer
    now: datetime = NOW
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def letters(self) -> EventMail:
        mailing = Mailing(
            "gate@example.org", ("ops@example.org", "duty@example.org"), PAUSE, "gw.example.org", "https://c"
        )
        writer = Writer(mailing, Signature(self.vault))
        return EventMail(self.database, writer, lambda: self.now, lambda: f"letter{next(self.numbers)}")

    @property
    def delivery(self) -> Delivery:
        way = SmtpTransport(
            "localhost", self.server.port, Security.STARTTLS, "gw.example.org", authorities=self.server.authority
        )
        return Delivery(self.database, way, "gate@example.org", lambda: self.now, self.letters.write_up)

    def tell(self, key: str, text: str = "It broke.") -> None:
        one = Notification(key, NotificationKind.TASK_FAILED, self.now, text, "Contoso & Söhne", "t1", "a1")
        with self.database.write() as unit:
            Notifications(unit).tell(one)

    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.server.messages]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_database(f"sqlite:///{tmp_path / 'mail.db'}")
    with mail_server(tmp_path, login=False) as server:
        yield Desk(database, open_vault(tmp_path / "vault.key"), server)
    database.close()


async def test_everything_since_the_last_mail_is_in_one_mail_and_nothing_twice(desk: Desk) -> None:
    desk.tell("one", "First <b>line</b>.")
    desk.tell("two")
    desk.tell("two")
    await desk.delivery.deliver_due()
    desk.tell("three")
    await desk.delivery.deliver_due()
    assert desk.subjects() == ["Contoso & Söhne: A task failed, and 1 more"]
    [mail] = desk.server.messages
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "First <b>line</b>." in text and "https://c/service-accounts/a1" in text
    assert "First &lt;b&gt;line&lt;/b&gt;." in page
    assert (mail["Auto-Submitted"], mail["To"]) == ("auto-generated", "ops@example.org, duty@example.org")

    desk.now += PAUSE
    await desk.delivery.deliver_due()
    await desk.delivery.deliver_due()
    assert desk.subjects()[1:] == ["Contoso & Söhne: A task failed"]


async def test_a_process_that_dies_while_sending_loses_nothing(desk: Desk) -> None:
    desk.tell("one")
    desk.letters.write_up()
    with desk.database.write() as unit:  # a controller takes the letter, and dies
        [taken] = Letters(unit).take_due(desk.now, LEASE)
    await desk.delivery.deliver_due()
    assert not desk.server.came, "it may still be sending"
    desk.now += LEASE
    await desk.delivery.deliver_due()
    assert [one["Message-ID"] for one in desk.server.messages] == [f"<{taken.id}@gw.example.org>"]


async def test_a_letter_that_is_refused_is_tried_again_ever_more_slowly_and_given_up(desk: Desk) -> None:
    desk.server.answers += ["451 4.3.0 later", "554 5.7.1 never"]
    desk.tell("one")
    for _ in range(3):
        await desk.delivery.deliver_due()
    [letter] = letters(desk)
    assert letter.problem == "localhost answers 451 4.3.0 later"
    desk.now += timedelta(minutes=1)
    await desk.delivery.deliver_due()
    desk.now += timedelta(minutes=1)
    assert await desk.delivery.deliver_due() == 0, "two minutes now"
    desk.now += timedelta(minutes=1)
    await desk.delivery.deliver_due()
    [letter] = letters(desk)
    assert letter.sent_at == desk.now and letter.problem == "" and letter.content == b"", "not kept longer than needed"

    class Away:
        async def send(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
            raise TemporaryError("away")

    desk.now += PAUSE
    desk.tell("two")
    away = Delivery(desk.database, Away(), "gate@example.org", lambda: desk.now, desk.letters.write_up)
    await away.deliver_due()
    desk.now += GIVEN_UP_AFTER + timedelta(seconds=1)
    await away.deliver_due()
    desk.now += GIVEN_UP_AFTER
    assert await away.deliver_due() == 0
    with desk.database.read() as unit:
        assert len(Notifications(unit).newest()) == 2, "that a letter failed is no notification"


def letters(desk: Desk) -> list[Letter]:
    with desk.database.read() as unit:
        return Letters(unit).newest()


def test_only_what_we_wrote_is_recognised_and_only_unchanged(desk: Desk, tmp_path: Path) -> None:
    desk.tell("one")
    desk.letters.write_up()
    [letter] = letters(desk)
    content = letter.content
    ours = Signature(desk.vault)
    assert ours.recognises(content)
    assert ours.recognises(b"Received: from a by b\r\n" + content.replace(b"\r\n", b"\n")), "line ends and trace fields"
    assert not ours.recognises(content.replace(b"It broke", b"Pay here"))
    assert not ours.recognises(content.replace(b"Subject: ", b"Subject: Urgent "))
    assert not ours.recognises(content.replace(b"letter0@", b"letter1@"))
    assert not ours.recognises(content.replace(FIELD.encode(), b"X-Other"))
    assert not ours.recognises(b"Subject: Another\r\n" + content)
    assert not ours.recognises(b"")
    assert not Signature(open_vault(tmp_path / "another.key")).recognises(content)
