"""Who is told of what: each person once, in their language, of their own mail from outside, whatever dies then."""

import email.policy
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import select

from lockgate.end_users.digest import Digests
from lockgate.end_users.links import Links
from lockgate.end_users.settings import EndUserSettings, save_settings
from lockgate.model.directory import DirectoryUser
from lockgate.model.end_user import DEFAULTS, Frequency, Reason, Right
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.notification import Letter
from lockgate.notifications.signature import Signature
from lockgate.notifications.writing import Mailing, Writer
from lockgate.storage.audit import Author
from lockgate.storage.blobs import open_blobs
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import EndUsers
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.letters import Letters
from lockgate.storage.schema.notifications import letters
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault, open_vault
from tests.contracts import records

MORNING = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
GRETA, ADA = "greta@contoso.example", "ada@contoso.example"
AUTHOR = Author("tester", records.NOW)
SENDER = "gate@contoso.example"


class Place:
    """A database with two people, and digests at a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database: Database = open_database(f"sqlite:///{folder / 'd.db'}")
        self.vault: Vault = open_vault(folder / "key")
        with self.database.write() as unit:
            people = [
                DirectoryUser("greta", "Greta", GRETA, (GRETA, "g@contoso.example"), language="de-DE"),
                DirectoryUser("ada", "Ada", ADA, (ADA,)),
            ]
            DirectoryStore(unit, records.TENANT).put_users(people, 1)

    def decide(self, **wanted: object) -> None:
        settings = EndUserSettings.model_validate({"frequency": "daily", **wanted})
        save_settings(self.database, records.TENANT, settings.model_dump(mode="json"), AUTHOR, seen=0)

    async def hold(self, *addresses: str, at: datetime, **about: str) -> None:
        direction = Direction(about.pop("direction", "inbound"))
        recipients = tuple(records.a_recipient(one, State.QUARANTINED) for one in addresses)
        trace = records.a_trace(
            at=at, recipients=recipients, direction=direction, subject=about.get("subject", "Hello")
        )
        held = replace(records.a_held(trace, *addresses), **about)  # type: ignore[arg-type]
        ledger = StoredLedger(self.database, open_blobs(str(self.folder / "blobs")), lambda: at)
        await ledger.settle(records.held_settling(trace, held))
        await ledger.close()

    def write_up(self, now: datetime) -> int:
        mailing = Mailing(SENDER, (), timedelta(0), "gw.example", "https://console.example")
        writer = Writer(mailing, Signature(self.vault))
        made = Digests(
            self.database, writer, Links(self.vault), lambda: now, lambda: uuid.uuid4().hex, "https://console.example",
            SENDER,
        )  # fmt: skip
        return made.write_up(records.TENANT)

    def letters(self) -> dict[str, Letter]:
        """The newest letter of each person."""
        with self.database.write() as unit:
            number = len(unit.connection.execute(select(letters.c.id)).all())
            found = Letters(unit).take_due(datetime(2027, 1, 1, tzinfo=UTC), timedelta(0), limit=max(number, 1))
        return {one.recipients[0]: one for one in sorted(found, key=lambda one: one.made_at)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def text_of(letter: Letter) -> tuple[EmailMessage, str, str]:
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(letter.content)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return message, str(plain.get_content()), str(html.get_content())


async def test_each_is_told_once_of_their_own_mail_in_their_language(place: Place) -> None:
    place.decide()
    held_at = MORNING - timedelta(hours=3)
    await place.hold("G@contoso.example", ADA, at=held_at, subject="Offer <b>one</b>", verdict="spam")
    await place.hold(ADA, at=held_at, subject="Pay now", verdict="phishing")
    assert place.write_up(MORNING + timedelta(minutes=5)) == 2
    assert place.write_up(MORNING + timedelta(minutes=20)) == 0, "nobody is told twice"
    message, plain, html = text_of(place.letters()[GRETA])
    assert message["Subject"] == "Eine Nachricht an Sie wurde zurückgehalten"
    assert message["Auto-Submitted"] == "auto-generated" and Signature(place.vault).recognises(
        place.letters()[GRETA].content
    )
    assert "unerwünschte Werbung" in plain and "Offer <b>one</b>" in plain and "Pay now" not in plain
    assert "Offer &lt;b&gt;one&lt;/b&gt;" in html and '<html lang="de">' in html
    assert plain.count("https://console.example/mine/held/") == 1 == plain.count("/mine/choices/")
    message, plain, _ = text_of(place.letters()[ADA])
    assert message["Subject"] == "2 messages were held back for you"
    assert "get at your password" in plain


async def test_no_digest_about_outgoing_mail_our_own_mail_strangers_or_what_they_must_not_know(place: Place) -> None:
    place.decide(rights={**DEFAULTS, Reason.FRAUD: Right.NONE, Reason.MALWARE: Right.SEE})
    at = MORNING - timedelta(hours=1)
    await place.hold(ADA, at=at, direction="outbound")
    await place.hold(ADA, at=at, header_from=f"Lockgate <{SENDER}>", verdict="spam")
    await place.hold("all.staff@contoso.example", at=at, verdict="spam")
    await place.hold(ADA, at=at, verdict="fraud")
    await place.hold(ADA, at=at, verdict="spam", tenant_id="another")
    assert place.write_up(MORNING + timedelta(minutes=5)) == 0
    await place.hold(GRETA, at=at + timedelta(days=1), verdict="malware", subject="A virus")
    assert place.write_up(MORNING + timedelta(days=1, minutes=5)) == 1
    _, plain, _ = text_of(place.letters()[GRETA])
    assert "A virus" in plain and "/mine/held/" not in plain, "it is told, and there is nothing to decide"


async def test_what_came_after_the_hour_is_in_the_next_one_and_a_late_run_catches_up(place: Place) -> None:
    place.decide()
    await place.hold(ADA, at=MORNING + timedelta(minutes=10), verdict="spam", subject="Late")
    assert place.write_up(MORNING + timedelta(hours=5)) == 0
    assert place.write_up(MORNING + timedelta(days=1, hours=9)) == 1, "nothing ran at seven"
    assert "Late" in text_of(place.letters()[ADA])[1]


async def test_a_person_chooses_within_what_the_administrator_allows(place: Place) -> None:
    place.decide(choices=["weekly", "off"])
    with place.database.write() as unit:
        EndUsers(unit, records.TENANT).choose("ada", Frequency.OFF, "fr")
        EndUsers(unit, records.TENANT).choose("greta", Frequency.WORKING_HOURS, "fr")  # not allowed: as for everybody
    await place.hold(ADA, GRETA, at=MORNING - timedelta(hours=1), verdict="spam")
    assert place.write_up(MORNING + timedelta(minutes=5)) == 1
    assert text_of(place.letters()[GRETA])[0]["Subject"] == "Un message qui vous est adressé a été retenu"


async def test_a_run_that_died_before_its_end_tells_nobody_twice_and_the_others_still(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.decide()
    await place.hold(ADA, GRETA, at=MORNING - timedelta(hours=1), verdict="spam")
    add, calls = Letters.add, []

    def dying(self: Letters, letter: Letter) -> None:
        calls.append(letter)
        if len(calls) == 2:
            raise OSError("the process dies here")
        add(self, letter)

    monkeypatch.setattr(Letters, "add", dying)
    with pytest.raises(OSError, match="dies"):
        place.write_up(MORNING + timedelta(minutes=5))
    monkeypatch.undo()
    assert len(place.letters()) == 1
    assert place.write_up(MORNING + timedelta(minutes=20)) == 1
    assert set(place.letters()) == {ADA, GRETA}
