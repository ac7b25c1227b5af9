"""Reviewers are asked once, each in their language; the first decision counts; a sender inside hears of a no."""

import asyncio
import email.policy
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import select

from lockgate.end_users.links import REVIEW, Links
from lockgate.end_users.review_letters import Rejections, ReviewRequests, waits
from lockgate.end_users.reviews import Choice, Reviews, ToReview
from lockgate.end_users.settings import EndUserSettings, save_settings
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.policy import Action, ActionKind, Condition, Policy, Rule, Targets
from lockgate.notifications.signature import Signature
from lockgate.notifications.writing import Mailing, Writer
from lockgate.quarantine.expiry import Expiry
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.service import QuarantineService
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.blobs import open_blobs
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.engine import open_database
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.policies import PolicyStore
from lockgate.storage.schema.notifications import letters
from lockgate.storage.vault import open_vault
from tests.contracts import records
from tests.lockgate.console.desk import NoController

KEN, AGNES, GROUP = "ken@contoso.example", "agnes@contoso.example", "compliance@contoso.example"
GRETA, OUTSIDE = "greta@contoso.example", "nora@outside.example"
AUTHOR = Author("tester", records.NOW)
LINK = re.compile(r"https://console\.example/mine/review/(\S+)")


class Place:
    """A database with people of three languages, a policy that asks all of them, and what is held by it."""

    def __init__(self, folder: Path) -> None:
        self.now = records.NOW
        self.database = open_database(f"sqlite:///{folder / 'd.db'}")
        self.blobs = open_blobs(str(folder / "blobs"))
        self.vault = open_vault(folder / "key")
        people = [
            DirectoryUser("ken", "Ken", KEN, (KEN,), language="ja-JP"),
            DirectoryUser("agnes", "Agnès", AGNES, (AGNES,), language="fr-FR"),
            DirectoryUser("greta", "Greta", GRETA, (GRETA,), language="de-DE"),
        ]
        ask = Rule("Ask", Condition(minimum_score=0.0), (Action(ActionKind.REVIEW, f"{KEN}, {AGNES}, {GROUP}"),))
        asking = Policy("asks", 1, "Asks", Direction.OUTBOUND, 1, True, False, Targets(everyone=True), (ask,))
        with self.database.write() as unit:
            DirectoryStore(unit, records.TENANT).put_users(people, 1)
            PolicyStore(unit).add(records.TENANT, asking, AUTHOR)
        writer = Writer(Mailing("gate@contoso.example", (), timedelta(0), "gw", "https://console.example"),
                        Signature(self.vault))  # fmt: skip
        self.links = Links(self.vault, REVIEW)
        self.requests = ReviewRequests(
            self.database, writer, self.links, self.clock, self.new_id, "https://console.example"
        )
        self.service = QuarantineService(
            self.database, self.blobs, self.clock, self.new_id, ProcessReader(), NoController()
        )
        self.reviews = Reviews(self.database, self.clock, self.service, Rejections(writer, self.clock, self.new_id))

    def clock(self) -> datetime:
        return self.now

    def new_id(self) -> str:
        return uuid.uuid4().hex

    def decide(self, **wanted: object) -> None:
        settings = EndUserSettings.model_validate(wanted)
        save_settings(self.database, records.TENANT, settings.model_dump(mode="json"), AUTHOR, seen=0)

    async def hold(self, direction: Direction = Direction.OUTBOUND, mail_from: str = GRETA) -> str:
        """A message for two people; its id in quarantine."""
        addresses = (OUTSIDE, "olaf@outside.example")
        recipients = tuple(records.a_recipient(one, State.QUARANTINED) for one in addresses)
        trace = records.a_trace(at=self.now, recipients=recipients, direction=direction, subject="The figures")
        blob = self.blobs.put([b"Subject: The figures\r\n\r\nSecret.\r\n"], self.now)
        held = records.a_held(trace, *addresses, blob=blob)
        held = replace(
            held, policy_id="asks", asked=(KEN, AGNES, GROUP), header_from=mail_from,
            envelope=replace(held.envelope, mail_from=mail_from),
        )  # fmt: skip
        ledger = StoredLedger(self.database, self.blobs, self.clock)
        await ledger.settle(records.held_settling(trace, held))
        await ledger.close()
        return held.id

    def letters(self) -> dict[str, EmailMessage]:
        """The newest to each person."""
        with self.database.read() as unit:
            rows = unit.connection.execute(select(letters).order_by(letters.c.made_at)).all()
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        return {row.recipients[0]: parser.parsebytes(row.content) for row in rows}

    def seen_by(self, reviewer: str, held_id: str) -> ToReview:
        found = self.reviews.message(reviewer, held_id)
        assert found is not None
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def text_of(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


async def test_each_reviewer_is_asked_once_in_their_language_with_a_link_of_their_own_that_ends(place: Place) -> None:
    place.decide(language="es", time_zone="Europe/Berlin")
    held_id = await place.hold()
    assert (place.requests.write_up(), place.requests.write_up()) == (3, 0)
    found = place.letters()
    assert {to: str(one["Subject"]) for to, one in found.items()} == {
        KEN: "あなたの判断を待っているメッセージがあります",
        AGNES: "Un message attend votre décision",
        GROUP: "Un mensaje espera su decisión",
    }
    assert all("The figures" in text_of(one) and "Secret" not in text_of(one) for one in found.values())
    for reviewer, letter in found.items():
        [token] = LINK.findall(text_of(letter))
        link = place.links.read(token, place.now)
        assert link is not None and (link.person_id, link.held_id) == (reviewer, held_id)
        assert place.links.read(token, link.expires_at) is None, "its time is over"
    assert place.seen_by(KEN, held_id).who.said.language == "ja"
    assert place.reviews.message("somebody@contoso.example", held_id) is None


async def test_of_two_who_decide_at_once_one_does_and_the_sender_hears_of_a_no_in_their_language(place: Place) -> None:
    held_id = await place.hold()
    seen = place.seen_by(KEN, held_id)
    assert seen.tells_sender
    done = await asyncio.gather(
        place.reviews.decide(KEN, seen.item, Choice.REJECT, "192.0.2.1"),
        place.reviews.decide(AGNES, seen.item, Choice.RELEASE, "192.0.2.2"),
    )
    assert sorted(done) == [False, True]
    again = place.seen_by(GROUP, held_id)
    assert not waits(again.item)
    assert not await place.reviews.decide(GROUP, again.item, Choice.REJECT, "192.0.2.3")
    with place.database.read() as unit:
        acts = {one.act: one.after.get("recipients", []) for one in AuditLog(unit).newest()}
    rejected = done[0]
    did = {act for act, recipients in acts.items() if recipients}
    assert did == {"quarantine.delete" if rejected else "quarantine.release"}
    assert (GRETA in place.letters()) is rejected


async def test_a_sender_inside_is_told_and_nobody_outside_ever(place: Place) -> None:
    held_id = await place.hold()
    assert await place.reviews.decide(KEN, place.seen_by(KEN, held_id).item, Choice.REJECT, "192.0.2.1")
    told = place.letters()[GRETA]
    assert str(told["Subject"]) == "Ihre Nachricht wurde nicht gesendet"
    assert "The figures" in text_of(told) and OUTSIDE in text_of(told) and KEN not in text_of(told)

    others = [(Direction.INBOUND, GRETA), (Direction.OUTBOUND, "unknown@contoso.example"), (Direction.OUTBOUND, "")]
    for direction, mail_from in others:
        held_id = await place.hold(direction, mail_from)
        seen = place.seen_by(KEN, held_id)
        assert not seen.tells_sender
        assert await place.reviews.decide(KEN, seen.item, Choice.REJECT, "192.0.2.1")
    place.decide(tell_rejected=False)
    held_id = await place.hold()
    assert await place.reviews.decide(KEN, place.seen_by(KEN, held_id).item, Choice.REJECT, "192.0.2.1")
    assert list(place.letters()) == [GRETA]
    with place.database.read() as unit:
        assert len(unit.connection.execute(select(letters.c.id)).all()) == 1


async def test_what_has_expired_is_decided_by_nobody_and_a_policy_that_names_somebody_else_takes_the_right_away(
    place: Place,
) -> None:
    held_id = await place.hold()
    item = place.seen_by(KEN, held_id).item
    place.now = item.held.expires_at + timedelta(seconds=1)
    assert Expiry(place.database, place.blobs, place.clock).expire() == 2
    for choice in (Choice.RELEASE, Choice.REJECT):
        assert not await place.reviews.decide(KEN, item, choice, "192.0.2.1")
    with place.database.write() as unit:
        gone = HeldMessages(unit).get(held_id)
        policy = PolicyStore(unit).get("asks")
        assert gone is not None and not waits(gone) and policy is not None
        ask = replace(policy.rules[0], actions=(Action(ActionKind.REVIEW, AGNES),))
        PolicyStore(unit).save(replace(policy, rules=(ask,)), AUTHOR)
    assert place.reviews.message(KEN, held_id) is None and place.reviews.message(AGNES, held_id) is not None
    assert not place.letters(), "nobody is told"
