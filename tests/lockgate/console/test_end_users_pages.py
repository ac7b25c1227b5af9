"""What a link in a digest can do: nothing when it is opened, one thing for one person when its button is pressed."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from lockgate.end_users.links import Link, Links
from lockgate.end_users.settings import settings_of
from lockgate.model.clock import system_clock
from lockgate.model.directory import DirectoryUser
from lockgate.model.end_user import Frequency, Reason, Right, Wish
from lockgate.model.lifecycle import State
from lockgate.storage.audit import AuditLog
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import EndUsers, Wishes
from lockgate.storage.feedback import FeedbackStore, Origin
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.notifications import Notifications
from lockgate.storage.schema.custody import held as held_table
from lockgate.storage.users import Role
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console, token_in
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put

ADA, BEN = "ada@contoso.example", "ben@contoso.example"
TOO_LATE = "does not wait for you any more"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("links"), with_quarantine) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, CONTOSO)
        with running.database.write() as unit:
            people = [
                DirectoryUser("ada", "Ada", ADA, (ADA, "a@contoso.example")),
                DirectoryUser("ben", "Ben", BEN, (BEN,)),
            ]
            DirectoryStore(unit, CONTOSO.tenant_id).put_users(people, 1)
        yield running


def held_as(console: Console, verdict: str, *addresses: str) -> str:
    """A message in quarantine for both, judged like this; its id."""
    held = seeding.hold(console, *(addresses or (ADA, BEN)))
    with console.database.write() as unit:
        unit.connection.execute(
            update(held_table).where(held_table.c.id == held.id).values(verdict=verdict, reasons=())
        )
    return held.id


def link(console: Console, held_id: str, person: str = "ada", page: str = "held", days: int = 7) -> str:
    ends = system_clock() + timedelta(days=days)
    return f"/mine/{page}/{Links(console.parts.vault).token(Link(records.TENANT, person, held_id, ends))}"


def states(console: Console, held_id: str) -> dict[str, State]:
    with console.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    assert item is not None
    return {one.rcpt_to: one.state for one in item.recipients}


def press(client: httpx.Client, address: str, act: str) -> httpx.Response:
    return client.post(address, data={"csrf_token": token_in(client.get(address)), "act": act})


def test_opening_a_link_releases_nothing_and_its_button_releases_for_its_person_alone(console: Console) -> None:
    held_id = held_as(console, "spam")
    address = link(console, held_id)
    with console.client() as scanner:
        for _ in range(3):
            page = scanner.get(address)
            assert page.status_code == 200 and "Deliver it to me" in page.text
        assert scanner.head(address).status_code in (200, 405)
        assert scanner.get(address, params={"act": "release"}).status_code == 200
        assert set(states(console, held_id).values()) == {State.QUARANTINED}
        assert "on its way to your mailbox" in press(scanner, address, "release").text
        assert states(console, held_id) == {ADA: State.RELEASED, BEN: State.QUARANTINED}
        assert TOO_LATE in scanner.get(address).text
    with console.database.read() as unit:
        [entry] = [one for one in AuditLog(unit).newest() if one.subject == held_id]
    assert (entry.act, entry.actor, entry.peer) == ("quarantine.release", f"{ADA} (digest link)", "127.0.0.1")


def test_a_form_of_another_site_or_browser_presses_no_button(console: Console) -> None:
    held_id = held_as(console, "spam")
    address = link(console, held_id)
    with console.client() as client, console.client() as other:
        token = token_in(client.get(address))
        assert other.post(address, data={"csrf_token": token, "act": "release"}).status_code == 403
        assert client.post(address, data={"act": "release"}).status_code == 403
        elsewhere = {"Origin": "https://evil.example"}
        assert client.post(address, data={"csrf_token": token, "act": "release"}, headers=elsewhere).status_code == 403
    assert states(console, held_id)[ADA] is State.QUARANTINED


@pytest.mark.parametrize("verdict", ["phishing", "fraud"])
def test_phishing_is_asked_for_once_and_an_administrator_sees_by_whom(console: Console, verdict: str) -> None:
    held_id = held_as(console, verdict)
    address = link(console, held_id)
    with console.client() as client:
        assert "Deliver it to me" not in client.get(address).text
        assert "does not allow this" in press(client, address, "release").text
        assert states(console, held_id)[ADA] is State.QUARANTINED
        for _ in range(2):
            press(client, address, "request")
    with console.database.read() as unit:
        assert [(one.rcpt_to, one.wish) for one in Wishes(unit).of(held_id)] == [(ADA, Wish.RELEASE)]
        told = [one.notification for one in Notifications(unit).newest() if held_id in one.notification.text]
    assert len(told) == 1 and told[0].tenant_id == records.TENANT
    with console.client(VIEWER) as viewer:
        assert "asks for it" in viewer.get(f"/quarantine/{held_id}").text


def test_malware_is_not_shown_and_spam_can_be_reported_as_wanted_or_deleted(console: Console) -> None:
    virus, spam = held_as(console, "malware"), held_as(console, "spam")
    with console.client() as client:
        assert TOO_LATE in client.get(link(console, virus)).text
        assert TOO_LATE in press_blindly(client, link(console, virus), link(console, spam), "release").text
        press(client, link(console, spam), "wanted")
        press(client, link(console, spam), "delete")
    assert states(console, virus)[ADA] is State.QUARANTINED
    assert states(console, spam) == {ADA: State.DELETED, BEN: State.QUARANTINED}
    with console.database.read() as unit:
        assert [one.wish for one in Wishes(unit).of(spam)] == [Wish.WANTED]
        said = [one for one in FeedbackStore(unit).all(approved=False) if one.by == f"{ADA} (digest link)"]
    assert Origin.REPORT in {one.origin for one in said}


def press_blindly(client: httpx.Client, address: str, shown: str, act: str) -> httpx.Response:
    """With the token of another page, where the page itself shows no form."""
    return client.post(address, data={"csrf_token": token_in(client.get(shown)), "act": act})


def test_a_link_that_was_changed_is_over_or_is_anothers_shows_nothing(console: Console) -> None:
    held_id = held_as(console, "spam", BEN)
    good = link(console, held_id, "ben")
    with console.client() as client:
        for address in (good[:-3], link(console, held_id, "ben", days=-1), link(console, held_id, "nobody")):
            answer = client.get(address)
            assert answer.status_code == 410 and "cannot be used any more" in answer.text
        german = client.get(good + "x", headers={"Accept-Language": "de-DE,de"})
        assert "gilt nicht mehr" in german.text and '<html lang="de">' in german.text
        others = client.get(link(console, held_id, "ada")).text
        assert TOO_LATE in others and "mallory@evil.example" not in others
        assert "Deliver it to me" in client.get(good).text


def test_somebody_chooses_how_they_are_told(console: Console) -> None:
    address = link(console, "", "ben", "choices")
    with console.client() as client:
        form = {"csrf_token": token_in(client.get(address)), "frequency": "weekly", "language": "ja"}
        assert "選択を保存しました" in client.post(address, data=form).text
    with console.database.read() as unit:
        choice = EndUsers(unit, records.TENANT).choice("ben")
    assert (choice.frequency, choice.language) == (Frequency.WEEKLY, "ja")


def test_an_administrator_decides_and_a_viewer_only_looks(console: Console) -> None:
    place = f"/end-users/{CONTOSO.id}"
    form = {
        "version": "0", "frequency": "working-hours", "choices": ["daily", "off"], "hour": "6", "weekday": "2",
        "working_hours": "8, 12", "time_zone": "Europe/Berlin", "language": "de", "link_days": "3", "own_page": "on",
        "right-spam": "request", "right-phishing": "see",
    }  # fmt: skip
    with console.client(VIEWER) as client:
        assert "Nothing was decided yet" in client.get(place).text
        assert console.post(client, place, form).status_code == 403
    with console.client(ADMIN) as client:
        for wrong in ({"time_zone": "Europe/Nowhere"}, {"right-malware": "release"}, {"hour": "25"}, {"version": "7"}):
            console.post(client, place, {**form, **wrong})
            assert "Not saved" in client.get(place).text, wrong
        console.post(client, place, form)
        assert "Version 1 is in force" in client.get(place).text
    with console.database.read() as unit:
        settings, version = settings_of(unit, CONTOSO.tenant_id)
    assert (version, settings.working_hours, settings.own_page) == (1, (8, 12), True)
    assert settings.rights[Reason.SPAM] is Right.REQUEST
