"""The notice list, and the mail that goes with it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lockgate.console.parts import ConsoleParts
from lockgate.model.clock import system_clock
from lockgate.model.notification import Notification, NotificationKind
from lockgate.notifications.events import EventMail
from lockgate.notifications.signature import Signature
from lockgate.notifications.writing import Mailing, Writer
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import Notifications
from lockgate.storage.users import Role
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console

MAILING = Mailing("gate@example.org", ("ops@example.org",), timedelta(minutes=10), "gw.example.org", "https://c")


def with_mail(parts: ConsoleParts) -> ConsoleParts:
    writer = Writer(MAILING, Signature(parts.vault))
    return replace(parts, event_mail=EventMail(parts.database, writer, parts.clock, parts.new_id))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("notifications"), with_mail) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


def test_what_happened_is_listed_and_a_test_mail_can_be_sent_by_administrators(console: Console) -> None:
    with console.database.write() as unit:
        for number in range(102):
            text = f"Number {number} <i>of them</i>"
            one = Notification(f"k{number}", NotificationKind.DRIFT_FOUND, system_clock(), text, "Contoso", "t", "a1")
            Notifications(unit).tell(one)
    with console.client(VIEWER) as client:
        first = client.get("/notifications").text
        assert "Number 101 &lt;i&gt;of them&lt;/i&gt;" in first and "/service-accounts/a1" in first
        assert "Send a test mail" not in first and "Number 1 " not in first
        assert "Number 1 " in client.get("/notifications?before=3").text
        assert console.post(client, "/notifications/test").status_code == 403
    with console.client(ADMIN) as client:
        assert console.post(client, "/notifications/test").status_code == 303
        assert "Test mail from Lockgate" in client.get("/notifications").text
    with console.database.read() as unit:
        [letter] = Letters(unit).newest()
    assert b"ada" in letter.content and letter.recipients == ("ops@example.org",)
