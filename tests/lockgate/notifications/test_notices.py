"""An organisation's own notifications: whom they tell, how often, never in a circle, and nothing lost or told twice."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from lockgate.model.decision import Fate
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.report import Brand
from lockgate.notifications.delivery import LEASE
from lockgate.notifications.notices.gathering import REMEMBERED
from lockgate.notifications.notices.settings import MOST_MINUTES
from lockgate.storage.branding import save_brand
from lockgate.storage.feed_positions import FeedPositions
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Notices
from tests.lockgate.gateway.stand_ins import TENANT_ID
from tests.lockgate.notifications.mail_server import mail_server
from tests.lockgate.notifications.office import ADA, ADMIN, AUTHOR, GRETA, HELD, Judge, Office, a_mail, texts


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with mail_server(tmp_path, login=False) as server:
        made = Office(tmp_path / "office", server)
        yield made
        made.database.close()


async def test_each_is_told_in_their_words_and_language_of_what_the_rule_is_about(office: Office) -> None:
    office.want(
        HELD | {"filters": ["phishing"], "recipient": True},
        {"id": "out", "name": "Leaks", "verdicts": ["dlp"], "direction": "outbound", "sender": True},
    )
    await office.comes(a_mail("Pay <b>now</b> https://evil.example"), GRETA, ADA, "list@contoso.example")
    office.judge = Judge(Verdict.DLP, Fate.REJECT)
    await office.comes(a_mail("Cards"), "bob@partner.example", mail_from=GRETA, direction=Direction.OUTBOUND)
    await office.comes(a_mail("Cards"), ADA, mail_from=GRETA)
    letters = {(str(one["To"]), str(one["Subject"])): one for one in await office.tell()}
    first = (ADMIN, "Contoso: phishing, quarantined: Pay <b>now</b> https: //evil.example")
    assert set(letters) == {
        first, (ADA, "A message to you: quarantined"), (GRETA, "Eine Nachricht an Sie: in Quarantäne"),
        (GRETA, "Ihre Nachricht: abgewiesen"),
    }, "a group, and a sender whom a message from outside claims, are not told"  # fmt: skip
    plain, html = texts(letters[first])
    assert "https://console.example/trace/m001" in plain and "Strict, Phishing" in plain
    assert f"{GRETA}, {ADA}, list@contoso.example" in plain and "A link goes elsewhere than it says." in plain
    assert "Pay &lt;b&gt;now" in html and '<a href="https://console.example/trace/m001" ' in html
    assert "https://evil.example" not in plain + html, "no mail program makes a link of a stranger's word"
    assert all(office.signature.recognises(content) for _, _, content in office.server.came)


async def test_letters_bear_the_organisations_brand_and_signature(office: Office) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    save_brand(
        office.database, TENANT_ID, Brand("Contoso", "#aa1155", picture.getvalue(), "Your <desk>\n-1234"), AUTHOR
    )
    office.want(HELD)
    await office.comes(a_mail())
    [letter] = await office.tell()
    plain, html = texts(letter)
    assert "Your <desk>\n-1234" in plain and "Your &lt;desk&gt;<br>-1234" in html and "#aa1155" in html
    [logo] = [part for part in letter.walk() if part.get_content_type() == "image/png"]
    assert logo["Content-ID"] == "<logo>" and 'src="cid:logo"' in html and logo.get_content() == picture.getvalue()


async def test_consolidated_by_time_or_number_whichever_comes_first(office: Office) -> None:
    office.want(HELD | {"minutes": 60, "events": 3})
    await office.comes(a_mail("One"))
    await office.comes(a_mail("Two"))
    assert await office.tell() == []
    await office.comes(a_mail("Three"))
    [letter] = await office.tell()
    assert letter["Subject"] == "Contoso: 3 messages (Held mail)"
    assert [name in texts(letter)[0] for name in ("One", "Two", "Three")] == [True] * 3
    await office.comes(a_mail("Four"))
    assert await office.tell() == []
    office.later(minutes=60)
    [letter] = await office.tell()
    assert letter["Subject"] == "Contoso: phishing, quarantined: Four"
    assert await office.tell() == []


async def test_a_flood_becomes_one_letter_that_says_how_many(office: Office) -> None:
    office.want(HELD, per_hour=3)
    for number in range(60):
        await office.comes(a_mail(f"Number {number}"))
    letters = await office.tell()
    letters.sort(key=lambda one: str(one["Subject"]), reverse=True)
    assert [str(one["Subject"]) for one in letters] == [
        "Contoso: phishing, quarantined: Number 1", "Contoso: phishing, quarantined: Number 0",
        "Contoso: 58 messages (Held mail)",
    ]  # fmt: skip
    plain = texts(letters[2])[0]
    assert "Number 51" in plain and "Number 52" not in plain and "And 8 more messages" in plain
    await office.comes(a_mail("After"))
    assert await office.tell() == [], "three letters in an hour"
    office.later(hours=1)
    assert [str(one["Subject"]) for one in await office.tell()] == ["Contoso: phishing, quarantined: After"]


async def test_what_a_crash_cuts_short_is_told_once(office: Office) -> None:
    both = {"groups": {"The desk": [ADMIN, "second@contoso.example"]}}
    office.want(HELD | {"administrators": ["The desk", ADMIN]}, **both)
    await office.comes(a_mail("One"))
    await office.comes(a_mail("Two"))
    office.later(seconds=50)
    gathering, mail = office.notifying.gathering, office.mail
    settings = gathering.settings()
    with office.database.read() as unit:
        place = FeedPositions(unit).get("notices")
    assert place is not None
    assert gathering.gather(settings) is False
    with office.database.write() as unit:  # another controller, which had read the same batch, comes second
        FeedPositions(unit).move("notices", place)
    gathering.gather(settings)

    class Died(BaseException): ...

    def dies(*_: object) -> str:
        raise Died

    healthy = mail.new_id
    object.__setattr__(mail, "new_id", dies)
    with pytest.raises(Died):
        mail.write_up(settings)
    object.__setattr__(mail, "new_id", healthy)
    with office.database.read() as unit:
        assert sum(one.count for one in Notices(unit).waiting()) == 4, "nothing is marked without its letter"
    assert mail.write_up(settings) == 4 and mail.write_up(settings) == 0
    with office.database.write() as unit:  # a controller takes the letters, and dies
        taken = Letters(unit).take_due(office.now, LEASE)
    assert await office.tell() == []
    office.now += LEASE
    letters = await office.tell()
    assert sorted(str(one["Message-ID"]) for one in letters) == sorted(f"<{one.id}@gw.example>" for one in taken)
    assert len(letters) == 4 and await office.tell() == []


async def test_what_nobody_wants_to_know_any_more_is_told_nobody(office: Office) -> None:
    office.want(HELD | {"minutes": 30})
    await office.comes(a_mail())
    assert await office.tell() == []
    office.want(HELD | {"enabled": False})
    office.later(hours=1)
    assert await office.tell() == []
    await office.comes(a_mail("While it was off"))
    office.later(minutes=1)
    office.want(HELD)
    assert await office.tell() == []


async def test_mail_of_ours_is_never_told_of_and_automatic_mail_once_and_to_administrators_only(office: Office) -> None:
    office.want(HELD | {"outcomes": ["quarantined", "delivered"], "recipient": True})
    await office.comes(a_mail())
    await office.tell()
    letter = next(content for _, to, content in office.server.came if to == [ADMIN])
    await office.comes(letter, mail_from=office.sender)
    assert await office.tell() == [], "proven to be ours, though it was delivered"
    vacation = ("Vacation <bot@outside.example>", "Auto-Submitted: auto-replied (vacation)")
    claims = [
        (a_mail("Away", *vacation), "bot@outside.example"), (a_mail("Bounce", "MAILER-DAEMON@outside.example"), ""),
        (a_mail("Forged", office.sender), "eve@outside.example"),
    ]  # fmt: skip
    for content, mail_from in claims:
        await office.comes(content, mail_from=mail_from)
    told = await office.tell()
    assert sorted((str(one["To"]), str(one["Subject"]).rpartition(": ")[2]) for one in told) == [
        (ADMIN, "Away"), (ADMIN, "Bounce"), (ADMIN, "Forged")
    ]  # fmt: skip
    for content, mail_from in claims:
        await office.comes(content, mail_from=mail_from)
    assert await office.tell() == []
    office.now += REMEMBERED
    await office.comes(claims[0][0], mail_from=claims[0][1])
    assert len(await office.tell()) == 1, "a week later it is news again"
    assert 2 * timedelta(minutes=MOST_MINUTES) < REMEMBERED


async def test_two_lockgates_that_tell_each_other_of_their_letters_stop(tmp_path: Path) -> None:
    """Each holds everything, and tells an administrator in the other's organisation."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with mail_server(tmp_path / "one", login=False) as first, mail_server(tmp_path / "two", login=False) as second:
        offices = Office(tmp_path / "a", first, "gate@a.example"), Office(tmp_path / "b", second, "gate@b.example")
        for office in offices:
            office.want(HELD | {"administrators": ["friend@contoso.example"], "recipient": True})
        await offices[0].comes(a_mail(), "somebody@contoso.example")
        counts = []
        for turn in range(40):
            mine, other = offices[turn % 2], offices[(turn + 1) % 2]
            letters = await mine.tell()
            counts.append(len(letters))
            for content in [one for _, _, one in mine.server.came[-len(letters) :]] if letters else []:
                await other.comes(content, "friend@contoso.example", mail_from=mine.sender)
            for office in offices:
                office.now = max(one.now for one in offices) + timedelta(hours=3)
        for office in offices:
            office.database.close()
    assert counts[:3] == [1, 1, 1] and not any(counts[3:]), counts
