"""Delivered mail leaves mailboxes by itself when a new entry or rule would have kept it out, and only then."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.bootstrap.later_verdicts import take_back_later
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Maturity, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.pull_back import Destination
from lockgate.model.reputation import Standing
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace
from lockgate.model.tuning import OwnRule, Tuning
from lockgate.policy.defaults import default_policies
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.settings_store import SettingsStore
from lockgate.tuning.documents import document_name, to_document
from lockgate.tuning.lists import Lists, Whose
from tests.contracts import records
from tests.lockgate.console.desk import NoController
from tests.lockgate.console.test_service_accounts_page import CONTOSO

ADA, SENDER = "ada@contoso.example", "offers@lately-bad.example"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    settings = Settings.model_validate({"data_directory": tmp_path, "pull_back": {"hours": 24, "most": 2}})
    with open_parts(settings) as opened:
        with opened.database.write() as unit:
            ServiceAccounts(unit, opened.vault).add(CONTOSO, author(opened))
            DirectoryStore(unit, records.TENANT).put_users([DirectoryUser("ada", "Ada", ADA, (ADA,))], 1)
            for policy in default_policies(records.TENANT, Direction.INBOUND).policies:
                PolicyStore(unit).add(records.TENANT, policy, author(opened))
        yield opened


def author(parts: Parts) -> Author:
    return Author("ada", parts.clock())


def deliver(parts: Parts, *, hours: float = 2, state: State = State.RELAYED, **about: object) -> MessageTrace:
    """A message that was thought to be clean."""
    made = records.a_trace(
        at=parts.clock() - timedelta(hours=hours), header_from=SENDER, verdict=Verdict.CLEAN, findings=(),
        recipients=(records.a_recipient(ADA, state),),
    )  # fmt: skip
    trace = replace(made, **{"score": 0.02, **about})  # type: ignore[arg-type]

    async def settled() -> None:
        ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
        await ledger.settle(Settling(trace))
        await ledger.close()

    asyncio.run(settled())
    return trace


def block(parts: Parts, what: str = SENDER, *, ago: timedelta = timedelta()) -> None:
    lists = Lists(parts.database, lambda: f"entry-{what}")
    by = replace(author(parts), at=parts.clock() - ago)
    lists.add(what, Standing.BLOCKED, by, whose=Whose(records.TENANT))


def taken(parts: Parts, *traces: MessageTrace) -> list[Destination | None]:
    with parts.database.read() as unit:
        return [next((one.destination for one in PullBacks(unit).of(trace.id)), None) for trace in traces]


def run(parts: Parts) -> str:
    return take_back_later(parts, NoController())


def test_mail_of_a_sender_who_is_blocked_later_goes_to_junk_once_and_older_mail_stays(parts: Parts) -> None:
    young, old, other = deliver(parts), deliver(parts, hours=25), deliver(parts, header_from="tom@partner.example")
    assert run(parts) == "", "nothing is known anew"
    block(parts)
    assert run(parts) == "1 messages taken back by later verdicts"
    assert taken(parts, young, old, other) == [Destination.JUNK, None, None]
    assert run(parts) == "", "what somebody puts back stays"


def test_a_change_that_was_made_while_no_controller_ran_is_not_missed(parts: Parts) -> None:
    trace = deliver(parts, hours=20)
    assert run(parts) == run(parts) == "", "what was known then is considered"
    block(parts, ago=timedelta(hours=9))  # and nobody ran since
    assert run(parts) and taken(parts, trace) == [Destination.JUNK]


def test_mail_that_was_judged_just_before_a_change_reached_the_gateways_is_looked_at_too(parts: Parts) -> None:
    block(parts)
    assert run(parts) == ""
    late = deliver(parts, hours=0)
    assert run(parts) and taken(parts, late) == [Destination.JUNK]
    later = deliver(parts, hours=0)
    assert run(parts) == "" and taken(parts, later) == [None], "by then the gateways know, and decide themselves"


def test_a_new_rule_that_makes_it_dangerous_takes_it_into_quarantine(parts: Parts) -> None:
    trace = deliver(parts, subject="Invoice 4711")
    rule = OwnRule(
        "invoice", "Invoice", "message.subject.startsWith('Invoice')", Category.MALWARE, 12.0, Maturity.ENFORCED
    )
    with parts.database.write() as unit:
        SettingsStore(unit).save(
            document_name(records.TENANT), to_document(Tuning(1, rules=(rule,))), author(parts), seen=0
        )
    assert run(parts) and taken(parts, trace) == [Destination.QUARANTINE]


def test_what_was_released_stays_and_so_does_what_only_a_monitor_would_have_held(parts: Parts) -> None:
    released = deliver(parts, state=State.RELEASED)
    delivered = deliver(parts)
    with parts.database.write() as unit:
        for policy in PolicyStore(unit).current(records.TENANT, Direction.INBOUND).policies:
            PolicyStore(unit).save(replace(policy, monitor_only=True), author(parts))
    block(parts)
    assert run(parts) == "" and taken(parts, released, delivered) == [None, None]


def test_a_change_that_would_take_too_much_takes_nothing_and_administrators_are_told(parts: Parts) -> None:
    traces = [deliver(parts) for _ in range(3)]
    block(parts)
    assert run(parts) == run(parts) == "" and taken(parts, *traces) == [None] * 3
    with parts.database.read() as unit:
        [told] = Notifications(unit).newest()
    assert "3 delivered messages" in told.notification.text


def test_without_the_setting_nothing_is_ever_taken_back(parts: Parts) -> None:
    trace = deliver(parts)
    block(parts)
    off = parts.settings.model_copy(update={"pull_back": Settings().pull_back})
    assert take_back_later(replace(parts, settings=off), NoController()) == ""
    assert taken(parts, trace) == [None]
