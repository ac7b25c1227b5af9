"""Risky users: what each person's number is made of, that every line leads to its rows, and who may see it."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from lockgate.model.access import Role
from lockgate.model.clicks import ClickOutcome
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.risk import AccountSign, Sign
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace
from lockgate.storage.account_signs import AccountSigns
from lockgate.storage.api_tokens import ApiTokens
from lockgate.storage.audit import Author
from lockgate.storage.clicks import Clicks
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.running import ADMIN, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer

ADA, BEN = "ada@contoso.example", "ben@contoso.example"
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("risk")) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        taken_over(running)
        yield running


def sent(author: str, at: datetime, recipients: int, verdict: Verdict = Verdict.CLEAN) -> MessageTrace:
    outside = tuple(records.a_recipient(f"r{number}@fabrikam.example", State.RELAYED) for number in range(recipients))
    return records.a_trace(
        at=at, direction=Direction.OUTBOUND, header_from=author, verdict=verdict, recipients=outside, findings=()
    )


def taken_over(console: Console) -> None:
    """Ada, who usually writes to ten people at once, does what an account does that others use; Ben writes as ever."""
    now = system_clock()
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    minutes = (hour + timedelta(minutes=one) for one in itertools.count(1))
    mail = [sent(ADA, hour - 2 * WEEK, 10), sent(BEN, hour - 2 * WEEK, 30), sent(BEN, hour, 60)]
    mail += [sent(ADA, next(minutes), 20, Verdict.PHISHING) for _ in range(3)] + [sent(ADA, next(minutes), 1)]
    mail += [sent(BEN, next(minutes), 1, Verdict.BULK)]
    seeding.settle(console, *map(Settling, mail))
    seeding.reported(console)  # of a stranger's mail
    with console.database.write() as unit:
        for number in range(2):
            Clicks(unit).add(records.a_click(number, at=next(minutes), rcpt_to=ADA, outcome=ClickOutcome.BLOCKED))
        detail = "The inbox rule 'x' deletes mail."
        rule = AccountSign("r1", records.TENANT, next(minutes), Sign.INBOX_RULE, ADA, detail)
        assert AccountSigns(unit).add([rule, rule]) == 1
        assert AccountSigns(unit).add([rule]) == 0


def test_each_number_is_the_sum_of_its_signs_and_every_sign_leads_to_its_rows(console: Console) -> None:
    with console.client(ADMIN) as client:
        page = LexborHTMLParser(client.get("/risky-users?period=week").text)
        cards = {card.attributes["id"]: card for card in page.css("section.card")}
        assert list(cards) == [ADA, BEN]
        points = {whose: [one.text(strip=True) for one in card.css("td.figures")] for whose, card in cards.items()}
        assert [one for one in points[ADA] if one] == ["+60", "+30", "+30", "+10"]
        assert [one for one in points[BEN] if one] == ["+5"], "twice his usual is no burst"
        figures = {whose: card.css_first(".figure").text() for whose, card in cards.items()}  # type: ignore[union-attr]
        assert figures == {ADA: "100", BEN: "5"}
        links = {link.text(): link.attributes["href"] or "" for link in cards[ADA].css("th a")}
        rows = {text: len(LexborHTMLParser(client.get(to).text).css("#results tbody tr")) for text, to in links.items()}
        assert rows == {
            "Dangerous messages sent out: 3": 3,
            "Wrote to 61 recipients outside within an hour.": 4,
            "Blocked links followed: 2": 2,
        }
        assert "The inbox rule 'x' deletes mail." in cards[ADA].text()
        dashboard = LexborHTMLParser(client.get("/?period=week").text).css_first("table[aria-label='Risky users']")
        assert dashboard is not None and [one.text() for one in dashboard.css("a")] == ["100", "5"]


def test_programs_are_told_the_same_and_other_periods_and_organisations_nothing(console: Console) -> None:
    with console.client() as client:
        answer = client.get("/api/v1/overview?period=day", headers=bearer(console, Role.VIEWER)).json()
        with console.database.write() as unit:
            author = Author(ADMIN, system_clock())
            made = ApiTokens(unit).make("t", "theirs", Role.VIEWER, WEEK, author, organisation="elsewhere")
        elsewhere = {"Authorization": f"Bearer {made.secret}"}
        assert client.get("/api/v1/overview?period=day", headers=elsewhere).json()["risky"] == []
    ada = answer["risky"][0]
    assert (ada["address"], ada["points"]) == (ADA, 100)
    assert {one["sign"]: one["count"] for one in ada["seen"]} == {
        "dangerous": 3, "burst": 1, "inbox-rule": 1, "blocked-link": 2,
    }  # fmt: skip
